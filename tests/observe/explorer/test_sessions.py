"""Sessions, facets and what arrives."""

import pytest
from tests.store.lake_rows import Fields, keep, span

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.observe.explorer.arrivals import arrived, newest_arrival
from genyard.observe.explorer.facets import facets
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.sessions import sessions, traces_of
from genyard.observe.explorer.window import Window
from genyard.store.lake import EVER_NS, Lake


def turn(number: int, session: str | None, /, **columns: Json) -> list[Fields]:
    """Return a trace of a session whose model call does not carry the session's name."""
    trace = f"{number:032x}"
    first = span(2 * number, trace_id=trace, is_root=True, conversation_id=session, **columns)
    usage: Fields = {"usage_scope": "self", "total_tokens": 10, "cost_usd": 0.1, "request_model": f"m{number % 2}"}
    return [first, span(2 * number + 1, trace_id=trace, **usage)]


def ever(lake: Lake) -> Window:
    return Window(lake=lake, project="acme", since_ns=0, until_ns=EVER_NS)


@pytest.fixture
def talked(lake: Lake) -> Lake:
    keep(lake, *turn(1, "a", preview="hello", user_id="u"), *turn(2, "b/c"), *turn(3, "a", status="error"))
    keep(lake, *turn(4, None), *turn(5, "d", preview="bye"))
    return lake


def test_sessions_are_listed_by_their_last_trace_with_their_sums(talked: Lake) -> None:
    found = sessions(ever(talked)).sessions
    assert [one.id for one in found] == ["d", "a", "b/c"]
    assert (found[1].traces, found[1].errors, found[1].user, found[1].preview) == (2, 1, "u", "hello")
    assert (found[1].tokens, found[1].cost_usd) == (20, 0.2)


def test_pages_of_sessions(talked: Lake) -> None:
    first = sessions(ever(talked), limit=2)
    assert [one.id for one in sessions(ever(talked), limit=2, after=first.next).sessions] == ["b/c"]
    with pytest.raises(InvalidInput, match="not a place"):
        sessions(ever(talked), after="x")


def test_sessions_of_traces_that_a_query_chooses(talked: Lake) -> None:
    assert [one.id for one in sessions(ever(talked), read_query("status:error")).sessions] == ["a"]


def test_the_traces_of_a_session_in_order(talked: Lake) -> None:
    rows = traces_of(ever(talked), "a").rows
    assert [str(row["trace_id"])[-1] for row in rows] == ["1", "3"]
    assert traces_of(ever(talked), "nobody").rows == []


def test_facets_count_traces(talked: Lake) -> None:
    keep(talked, span(90, tags=["x", "y"], attributes={"http.route": "/a"}), span(91, tags=["x"]))
    assert [(one.value, one.traces) for one in facets(ever(talked), "model")] == [("m1", 3), ("m0", 2)]
    assert [(one.value, one.traces) for one in facets(ever(talked), "tags")] == [("x", 1), ("y", 1)]
    assert [one.value for one in facets(ever(talked), "attributes.http.route")] == ["/a"]
    assert [one.value for one in facets(ever(talked), "model", read_query("session:a"), limit=1)] == ["m1"]
    with pytest.raises(InvalidInput, match="'output'"):
        facets(ever(talked), "output")


def test_what_arrives_is_listed_once_whenever_it_started(talked: Lake) -> None:
    before = newest_arrival(ever(talked))
    assert arrived(ever(talked), after=before).rows == []
    keep(talked, *turn(6, "e"), *turn(7, "f"))
    keep(talked, span(1, trace_id="9" * 32, is_root=True, start_ns=5))
    first = arrived(ever(talked), after=before, limit=2)
    second = arrived(ever(talked), after=first.next)
    assert [str(row["trace_id"])[-1] for row in first.rows + second.rows] == ["7", "6", "9"]
    assert arrived(ever(talked), read_query("session:f"), after=before).rows[0]["conversation_id"] == "f"


def test_a_trace_of_a_session_that_enters_a_second_service_counts_once(talked: Lake) -> None:
    again: Fields = {"is_root": True, "conversation_id": "a", "parent_span_id": f"{2:016x}", "status": "error"}
    before = newest_arrival(ever(talked))
    keep(talked, span(80, trace_id=f"{1:032x}", **again), span(81, trace_id=f"{3:032x}", **again))
    found = next(one for one in sessions(ever(talked)).sessions if one.id == "a")
    assert (found.traces, found.errors, found.tokens) == (2, 2, 20)
    assert [str(row["trace_id"])[-1] for row in traces_of(ever(talked), "a").rows] == ["1", "3"]
    assert arrived(ever(talked), after=before).rows == []
