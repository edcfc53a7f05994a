"""The columns of a list of traces that people choose."""

import pytest

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.list_columns import CHOICES, USUAL, chosen, read_columns
from genyard.observe.explorer.traces import MORE, SHOWN


def test_columns_stand_in_their_order_and_the_usual_ones_are_none() -> None:
    assert read_columns("tags, user,,tags") == ("user", "tags")
    assert read_columns("") == read_columns(",".join(reversed(USUAL))) == ()
    assert chosen(["user", "beauty", ""]) == ("user",)


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="'usr'") as told:
        read_columns("usr")
    assert "user" in told.value.hint


def test_each_column_is_one_that_a_list_can_show() -> None:
    assert set(CHOICES.values()) <= {*SHOWN, *MORE}
