"""The time of a question."""

from typing import Any

import pytest

from genyard.client.when import parameters


def test_a_beginning_takes_the_place_of_the_last_hours() -> None:
    assert parameters({}) == {"hours": 168, "since": None, "until": None}
    assert parameters({"until": "1d"}, hours=720) == {"hours": 720, "since": None, "until": "1d"}
    assert parameters({"hours": 5, "since": "7d"}) == {"hours": None, "since": "7d", "until": None}


def test_a_keyword_that_is_none_is_refused() -> None:
    misspelt: Any = {"hour": 5}
    with pytest.raises(TypeError, match="'hour'"):
        parameters(misspelt)
