"""Addresses of lists of traces."""

import shlex

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


def test_a_time_of_its_own_stands_in_an_address_and_gives_way_to_the_last_hours() -> None:
    own = explored("/t", q="a", window="", since="2026-11-23", until="2026-11-24T09:00:30Z")
    assert own.href() == "/t?q=a&since=2026-11-23&until=2026-11-24T09%3A00%3A30Z"
    assert own.picked() == ("2026-11-23T00:00", "2026-11-24T09:00")
    assert [one.text for one in own.windows() if one.chosen] == ["2026-11-23 to 2026-11-24 09:00:30Z"]
    assert own.options() == "--since 2026-11-23 --until 2026-11-24T09:00:30Z"
    assert explored("/t", q="a", window="30d", since="2026-11-23").href() == "/t?q=a&w=30d"
    assert explored("/t", q="", window="", since="3d").picked() == ("", "")


def test_a_time_that_somebody_made_up_is_one_word_of_the_command() -> None:
    asked = explored("/t", q="", window="", since="7d; reboot", until="$(reboot)")
    assert shlex.split(asked.options()) == ["--since", "7d; reboot", "--until", "$(reboot)"]


def test_columns_that_narrow_screens_leave_out_are_said_until_they_are_chosen() -> None:
    usual, chosen = explored("/t", q="", window=""), explored("/t", q="", window="", columns=["endpoint"])
    assert "Endpoint (on wide screens)" in [one.text for one in usual.choices()]
    assert "Endpoint" in [one.text for one in chosen.choices()]
