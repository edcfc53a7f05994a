"""Addresses of lists of traces."""

from hypothesis import example, given
from hypothesis import strategies as st

from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.query_text import read_query
from genyard.server.pages.explored import explored, term


def test_defaults_are_left_out_and_what_is_not_known_falls_back() -> None:
    assert explored("/p", q=" ", window="9y").href() == "/p"
    assert explored("/p", q="a b", window="1h", sort="cost").href(after="9-a") == "/p?q=a+b&w=1h&sort=cost&after=9-a"


@given(st.text(min_size=1, max_size=20))
@example("gpt-4*")
def test_a_term_made_of_any_value_is_read_as_that_value(value: str) -> None:
    assert read_query(term("endpoint", value)).filters == (Filter(column="endpoint", operator="is", value=value),)


def test_columns_that_narrow_screens_leave_out_are_said_until_they_are_chosen() -> None:
    usual, chosen = explored("/t", q="", window=""), explored("/t", q="", window="", columns=["endpoint"])
    assert "Endpoint (on wide screens)" in [one.text for one in usual.choices()]
    assert "Endpoint" in [one.text for one in chosen.choices()]
