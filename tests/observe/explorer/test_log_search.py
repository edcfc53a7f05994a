"""Words, users and sessions that only log records carry: found by lists, carried by exports."""

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.observe.kept import keep
from tests.observe.otlp.requests import AT_NS, any_value, pairs, request, wire

from genyard.core.errors import TooLarge
from genyard.observe.explorer import log_search, sessions
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.traces import count, listing
from genyard.observe.explorer.whole_traces import whole_traces
from genyard.observe.explorer.window import HOUR_NS, Window
from genyard.store.lake import EVER_NS, Lake

DETAILS = "gen_ai.client.inference.operation.details"


def answer(lake: Lake, number: int, **attributes: Any) -> None:
    named = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"} | attributes
    keep(lake, "traces", request(wire(number, trace_id=number.to_bytes(16), attributes=named)))


def record(lake: Lake, number: int, event: str, *, body: Any = None, attributes: Any = None, after_ns: int = 0) -> None:
    """Keep a log record of the only span of trace ``number``."""
    message = ExportLogsServiceRequest()
    message.resource_logs.add().scope_logs.add().log_records.add(
        observed_time_unix_nano=AT_NS + after_ns,
        event_name=event,
        trace_id=number.to_bytes(16),
        span_id=number.to_bytes(8),
        body=any_value(body),
        attributes=pairs(attributes or {"gen_ai.system": "openai"}),
    )
    keep(lake, "logs", message.SerializeToString())


def ever(lake: Lake) -> Window:
    return Window(lake=lake, project="acme", since_ns=0, until_ns=EVER_NS)


def listed(lake: Lake, text: str) -> list[int]:
    return sorted(int(str(row["trace_id"]), 16) for row in listing(ever(lake), read_query(text)).rows)


@pytest.fixture
def four(lake: Lake) -> Lake:
    """Four answers, of which records say what was asked; the fourth says it itself."""
    for number in (1, 2, 3):
        answer(lake, number)
    answer(lake, 4, **{"gen_ai.input.messages": '[{"role": "user", "content": "A lost badge"}]', "user.id": "u-2"})
    record(lake, 1, "gen_ai.user.message", body={"content": 'Where is the "lost" badge? Zürich'})
    record(lake, 1, "gen_ai.choice", body={"index": 0, "message": {"role": "assistant", "content": "At the desk."}})
    messages = '[{"role": "user", "parts": [{"type": "text", "content": "Say \\"hello\\" in Z\\u00fcrich"}]}]'
    record(lake, 2, DETAILS, attributes={"gen_ai.input.messages": messages, "user.id": "u-1", "session.id": "s-1"})
    asked = [{"role": "user", "parts": [{"type": "text", "content": 'So-called "hello"'}]}]
    record(lake, 3, DETAILS, attributes={"gen_ai.input.messages": asked, "user.id": "u-3"})
    return lake


@pytest.mark.parametrize("place", ["tail", "files"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("badge", [1, 4]),
        ("BADGE desk", [1]),
        ('"the \\"lost\\" badge"', [1]),
        ("zürich", [1, 2]),
        ('"\\"hello\\""', [2, 3]),
        ("-badge", [2, 3]),
        ("-hello -desk", [4]),
        ("openai", []),
        ("user:u-1", [2]),
        ("user:u-1,u-3", [2, 3]),
        ("user~u-", [2, 3, 4]),
        ("user:u-1 hello", [2]),
        ("-user:u-1", [1, 3, 4]),
        ("session:s-1", [2]),
        ("user!=u-3 hello", [2]),
    ],
)
def test_what_only_records_say_is_found(four: Lake, place: str, query: str, found: list[int]) -> None:
    if place == "files":
        four.flush()
    assert listed(four, query) == found
    assert count(ever(four), read_query(query)) == len(found)


def test_what_a_span_says_itself_stays(four: Lake) -> None:
    record(four, 4, DETAILS, attributes={"user.id": "u-9"})
    assert listed(four, "user:u-9") == []


def test_a_record_that_is_written_long_after_its_span_is_not_found(lake: Lake) -> None:
    answer(lake, 1)
    record(lake, 1, "gen_ai.user.message", body={"content": "soon"}, after_ns=HOUR_NS // 2)
    record(lake, 1, "gen_ai.user.message", body={"content": "late"}, after_ns=3 * HOUR_NS)
    window = Window(lake=lake, project="acme", since_ns=AT_NS - 1, until_ns=AT_NS + 2)
    assert [len(listing(window, read_query(word)).rows) for word in ("soon", "late")] == [1, 0]


def test_records_of_too_many_spans_are_refused(four: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "MOST_SPANS", 1)
    with pytest.raises(TooLarge, match="over 1 spans"):
        listed(four, "hello")


def test_an_export_carries_what_records_say(four: Lake) -> None:
    spans: dict[int, Any] = {
        int(str(row["trace_id"]), 16): row
        for part in whole_traces(ever(four), read_query(""), limit=10)
        for row in part
    }
    assert "At the desk." in str(spans[1]["output_messages"])
    assert [spans[number]["user_id"] for number in (1, 2, 3, 4)] == [None, "u-1", "u-3", "u-2"]
    assert "lost badge" in str(spans[4]["input_messages"])


def test_a_session_that_only_records_name_is_chosen_by_its_words(four: Lake) -> None:
    answer(four, 5, **{"session.id": "s-5"})
    record(four, 5, "gen_ai.user.message", body={"content": "a parking place"})
    found = sessions.sessions(ever(four), read_query("parking"))
    assert [one.id for one in found.sessions] == ["s-5"]
