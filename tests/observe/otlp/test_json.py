"""OTLP/JSON: what is read exactly, what is refused and why, and that no body breaks the decoder."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from tests.observe.otlp.requests import pairs, wire
from tests.observe.otlp.requests import request as protobuf_request

from genyard.core.errors import InvalidInput
from genyard.observe.otlp import protobuf
from genyard.observe.otlp.json import read_logs, read_traces
from genyard.observe.wire import WireLog, WireSpan

Object = dict[str, Any]

SPAN: Object = {
    "traceId": "5B8EFFF798038103D269B633813FC60C",
    "spanId": "eee19b7ec3c1b174",
    "name": "work",
    "kind": 3,
    "startTimeUnixNano": "1795398602401507703",
    "endTimeUnixNano": 1795398602401507705,
}


def request(*spans: object, scope: object = None, resource: object = None) -> bytes:
    scopes = [{"scope": scope, "spans": list(spans)}]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).encode()


def one(**fields: object) -> WireSpan:
    """Return the one span of a request."""
    decoded = read_traces(request(SPAN | fields))
    assert decoded.refused == []
    return decoded.spans[0]


def reason(**fields: object) -> str:
    """Return why the one span of a request was refused."""
    decoded = read_traces(request(SPAN, SPAN | fields))
    assert [span.name for span in decoded.spans] == ["work"]
    assert [refused.name for refused in decoded.refused] == ["work"]
    return decoded.refused[0].reason


def attribute(value: object) -> object:
    return one(attributes=[{"key": "a", "value": value}]).attributes["a"]


def test_ids_are_hex_in_either_case_and_times_are_exact() -> None:
    span = one()
    assert (span.trace_id, span.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (span.start_ns, span.end_ns) == (1795398602401507703, 1795398602401507705)


@pytest.mark.parametrize("parent", ["", None, "0000000000000000"])
def test_a_parent_of_nothing_is_none(parent: object) -> None:
    assert one(parentSpanId=parent).parent_span_id is None


@pytest.mark.parametrize("parent", ["12", "x" * 16])
def test_a_parent_that_is_no_id_is_left_out_and_is_a_flag(parent: object) -> None:
    span = one(parentSpanId=parent)
    assert (span.parent_span_id, span.flags) == (None, ["bad_parent_id"])


def test_a_start_that_is_missing_is_the_end() -> None:
    span = one(startTimeUnixNano=0)
    assert (span.start_ns, span.end_ns, span.flags) == (1795398602401507705, 1795398602401507705, ["start_missing"])


def test_a_remote_parent_is_known_by_the_flags() -> None:
    assert one(flags=0x301, parentSpanId="00000000000000aa").parent_is_remote
    assert not one(flags=0x101).parent_is_remote


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"stringValue": "x"}, "x"),
        ({"stringValue": ""}, ""),
        ({"boolValue": False}, False),
        ({"intValue": "9007199254740993"}, 9007199254740993),
        ({"intValue": -5}, -5),
        ({"intValue": 5.0}, 5),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "1.5"}, 1.5),
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": None}, None),
        ({"bytesValue": "AAEC"}, "AAEC"),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}, {}]}}, [1, "a", None]),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
        ({"kvlistValue": {"values": [{"key": "__proto__", "value": {"intValue": 1}}]}}, {"__proto__": 1}),
        ({}, None),
        (None, None),
        ({"newKindOfValue": 1}, None),
    ],
)
def test_values_of_every_kind_are_read(value: object, read: object) -> None:
    found = attribute(value)
    assert (found, type(found)) == (read, type(read))


def test_of_a_key_that_comes_twice_the_last_counts_and_it_is_a_flag() -> None:
    pairs = [{"key": "a", "value": {"intValue": number}} for number in (1, 2, 3)]
    span = one(attributes=[*pairs, {"key": "", "value": {"intValue": 9}}, {"value": {"intValue": 9}}, None])
    assert (span.attributes, span.flags) == ({"a": 3}, ["duplicate_key"])


def test_names_of_enums_are_understood_and_unknown_ones_are_unset() -> None:
    span = one(kind="SPAN_KIND_SERVER", status={"code": "STATUS_CODE_ERROR", "message": "no"})
    assert (span.kind, span.status, span.status_message) == (2, 2, "no")
    assert one(kind="SPAN_KIND_ODD").kind == 0


def test_events_and_links_are_read_and_a_link_to_nowhere_is_left_out() -> None:
    event = {"name": "e", "timeUnixNano": "7", "attributes": [{"key": "a", "value": {"intValue": "1"}}]}
    span = one(events=[event, None], links=[SPAN, {"traceId": "00", "spanId": "1"}, None])
    assert [(found.name, found.at_ns, found.attributes) for found in span.events] == [("e", 7, {"a": 1})]
    assert [found.span_id for found in span.links] == ["eee19b7ec3c1b174"]


def test_spans_share_one_resource_and_one_scope() -> None:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "app"}}]}
    first, second = read_traces(request(SPAN, SPAN, scope={"name": "s", "version": "1"}, resource=resource)).spans
    assert first.resource is second.resource
    assert first.scope is second.scope
    assert (first.resource, first.scope.name, first.scope.version) == ({"service.name": "app"}, "s", "1")


def test_a_span_in_json_is_the_span_in_protobuf() -> None:
    attributes: Object = {
        "t": "x",
        "i": 2**60,
        "f": 1.5,
        "b": True,
        "n": None,
        "l": [1, "a"],
        "o": {"k": 0.5},
        "y": b"ab",
    }
    span = wire(7, attributes=attributes, kind=3, parent_span_id=b"\x01" * 8, flags=0x300, trace_state="a=b")
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="no"))
    span.events.add(name="e", time_unix_nano=5).attributes.extend(pairs({"a": 1}))
    span.links.add(trace_id=b"\x02" * 16, span_id=b"\x03" * 8)
    body = protobuf_request(span)
    written = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    assert read_traces(json.dumps(in_hex(written)).encode()) == protobuf.read_traces(body)


def in_hex(value: Any) -> Any:
    """Return OTLP/JSON of protobuf's own JSON, which has ids in base64."""
    if isinstance(value, list):
        return [in_hex(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(held).hex() if name.endswith(("traceId", "spanId", "SpanId")) else in_hex(held)
        for name, held in value.items()
    }


def test_unknown_fields_are_left_out_and_snake_case_is_understood() -> None:
    snake = {"trace_id": SPAN["traceId"], "span_id": SPAN["spanId"], "start_time_unix_nano": "5", "odd_field": {"x": 1}}
    body = json.dumps({"resource_spans": [{"scope_spans": [{"spans": [snake]}]}]}).encode()
    assert [(span.trace_id[:4], span.start_ns) for span in read_traces(body).spans] == [("5b8e", 5)]
    assert one(oddField={"x": [1]}).name == "work"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"traceId": None}, "it has no trace id"),
        ({"traceId": ""}, "it has no trace id"),
        ({"traceId": "0" * 32}, "its trace id is all zeros"),
        ({"traceId": "5b8e"}, "its trace id has 4 hex digits and not 32"),
        ({"traceId": "x" * 32}, "its trace id is not hex"),
        ({"traceId": "W47/95gDgQPSabYzgT/GDA=="}, "ids are hex in OTLP/JSON, not base64"),
        ({"spanId": "0" * 16}, "its span id is all zeros"),
        ({"spanId": "1" * 17}, "its span id has 17 hex digits and not 16"),
        ({"startTimeUnixNano": 0, "endTimeUnixNano": None}, "it has neither a start nor an end time"),
        ({"startTimeUnixNano": "soon"}, "its start is no time"),
        ({"startTimeUnixNano": "-5"}, "its start is no time"),
        ({"startTimeUnixNano": str(2**63)}, "it starts after the year 2262"),
        ({"startTimeUnixNano": str(2**63 - 1)}, "it starts after the year 2262"),
        ({"attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "an integer attribute is no 64-bit integer"),
        ({"attributes": [{"key": "a", "value": {"intValue": 1.5}}]}, "an integer attribute is no 64-bit integer"),
        ({"attributes": [{"key": "a", "value": {"doubleValue": "x"}}]}, "a double attribute is no number"),
        ({"attributes": [{"key": "a", "value": {"stringValue": 5}}]}, "Expected `str | null`"),
        ({"attributes": {"a": 1}}, "Expected `array | null`"),
    ],
)
def test_a_span_that_cannot_be_read_is_refused_alone_and_with_its_reason(fields: Object, said: str) -> None:
    assert said in reason(**fields)


def test_an_attribute_that_is_nested_too_deep_is_refused() -> None:
    value: Object = {"intValue": 1}
    for _ in range(70):
        value = {"arrayValue": {"values": [value]}}
    assert "nested deeper than 64 levels" in reason(attributes=[{"key": "a", "value": value}])


def test_a_resource_that_cannot_be_read_refuses_its_spans() -> None:
    decoded = read_traces(request(SPAN, SPAN, resource={"attributes": 5}))
    assert decoded.spans == []
    assert all("its resource cannot be read" in refused.reason for refused in decoded.refused)
    assert len(decoded.refused) == 2


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"resourceSpans": 5}', b"\xff\xfe", b'{"resourceSpans":' + b"[" * 100_000]
)
def test_a_body_that_is_no_otlp_is_refused_whole(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_traces(body)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\udE00 first", "\ufffd first"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud83d \ud7ff", "\\ud83d \ud7ff"),
        (r"\\\ud83d\"", '\\\ufffd"'),
    ],
)
def test_half_a_character_costs_that_character_and_no_span(written: str, read: str) -> None:
    body = request(SPAN, {**SPAN, "attributes": [{"key": "said", "value": {"stringValue": "@"}}, CUT]})
    found = read_traces(body.replace(b"@", written.encode())).spans
    assert [span.attributes.get("said") for span in found] == [None, read]
    snake = body.replace(b"@", written.encode()).replace(b"traceId", b"trace_id")
    assert read_traces(snake).spans == found


CUT = {"key": "cut", "value": {"stringValue": "half \ud83d"}}
"""``json.dumps`` writes it as JavaScript does."""


def test_an_empty_request_holds_nothing() -> None:
    assert read_traces(b"{}").spans == []
    assert read_logs(b'{"resourceLogs": null}').logs == []


def test_an_empty_scope_holds_nothing() -> None:
    body = {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": "a"}, "spans": []}]}]}
    assert read_traces(json.dumps(body).encode()).spans == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"resourceSpan": [{"scopeSpans": [{"spans": [SPAN]}]}]}, "resourceSpan"),
        ({"spans": []}, "spans"),
        ({"resourceSpans": [{"spans": [SPAN]}]}, "spans"),
        ({"resourceSpans": [{"scopeSpans": [{"span": [SPAN]}]}]}, "span"),
        ({"resource_spans": [{"scope_span": [{"spans": [SPAN]}]}]}, "scopeSpan"),
    ],
)
def test_a_misspelt_name_around_all_spans_is_not_an_empty_request(body: Object, name: str) -> None:
    with pytest.raises(InvalidInput, match=repr(name)) as caught:
        read_traces(json.dumps(body).encode())
    assert "resourceSpans" in caught.value.hint


def test_a_misspelt_name_around_all_log_records_is_not_an_empty_request() -> None:
    with pytest.raises(InvalidInput, match="'logRecord'"):
        read_logs(b'{"resourceLogs": [{"scopeLogs": [{"logRecord": [{}]}]}]}')


def logs(*records: Object) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def one_log(**fields: object) -> WireLog:
    return read_logs(logs(fields)).logs[0]


def test_a_log_record_is_read_with_its_body_and_either_time() -> None:
    body = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "hi"}}]}}
    log = one_log(traceId=SPAN["traceId"], spanId=SPAN["spanId"], observedTimeUnixNano="9", eventName="e", body=body)
    assert (log.span_id, log.at_ns, log.event_name, log.body) == (SPAN["spanId"], 9, "e", {"content": "hi"})
    assert one_log(timeUnixNano=3, observedTimeUnixNano=9).at_ns == 3


def test_the_name_of_an_older_event_is_an_attribute() -> None:
    named = {"key": "event.name", "value": {"stringValue": "gen_ai.choice"}}
    assert one_log(attributes=[named]).event_name == "gen_ai.choice"


@pytest.mark.parametrize("trace_id", [None, "", "0" * 32])
def test_a_log_record_outside_of_a_trace_is_taken(trace_id: object) -> None:
    assert one_log(traceId=trace_id).trace_id is None


def test_what_was_sent_to_the_wrong_path_says_so() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_traces(logs({}))
    assert "/v1/logs" in caught.value.hint
    with pytest.raises(InvalidInput):
        read_logs(request(SPAN))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def mutated(value: object, path: list[int], new: object) -> object:
    """Return ``value`` with ``new`` in place of what is under ``path``, a number a level."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    keys = list(value) if isinstance(value, Mapping) else list(range(len(value)))
    at = keys[path[0] % len(keys)]
    copied: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copied[at] = mutated(copied[at], path[1:], new)
    return copied


WHOLE: Object = SPAN | {
    "attributes": [{"key": "a", "value": {"arrayValue": {"values": [{"kvlistValue": {"values": [{"key": "b"}]}}]}}}],
    "events": [{"name": "e", "timeUnixNano": "1", "attributes": []}],
    "links": [{"traceId": SPAN["traceId"], "spanId": SPAN["spanId"]}],
    "status": {"code": 2, "message": "m"},
}


@settings(deadline=None, max_examples=200)
@given(path=st.lists(st.integers(0, 9), max_size=12), new=anything)
def test_a_field_of_any_kind_is_read_or_refused(path: list[int], new: object) -> None:
    body = json.loads(request(WHOLE, WHOLE, scope={"name": "s"}, resource={"attributes": []}))
    try:
        decoded = read_traces(json.dumps(mutated(body, path, new)).encode())
    except InvalidInput:
        return
    assert len(decoded.spans) + len(decoded.refused) <= 2 or isinstance(new, list)
    assert all(len(span.trace_id) == 32 and span.start_ns > 0 for span in decoded.spans)


@settings(deadline=None, max_examples=200)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_body_is_read_or_refused(at: int, byte: int, cut: bool) -> None:
    body = bytearray(request(WHOLE))
    body[at % len(body)] = byte
    with suppress(InvalidInput):
        read_traces(bytes(body[: at % len(body)] if cut else body))
