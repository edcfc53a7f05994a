"""OTLP in protobuf as spans: every kind of value, what is repaired, what is refused, and no bytes that break it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.observe.otlp.requests import AT_NS, request, wire

from genyard.core.errors import InvalidInput
from genyard.observe.otlp.protobuf import read_traces
from genyard.observe.wire import WireSpan


def only(body: bytes) -> WireSpan:
    decoded = read_traces(body)
    assert decoded.refused == []
    (span,) = decoded.spans
    return span


def test_a_span_is_read_whole() -> None:
    span = only(
        request(
            wire(
                1,
                parent_span_id=(9).to_bytes(8),
                kind=3,
                trace_state="a=b",
                flags=0x301,
                dropped_attributes_count=2,
                attributes={"gen_ai.operation.name": "chat"},
                status={"code": 2, "message": "no"},
                events=[{"name": "e", "time_unix_nano": 5}],
                links=[{"trace_id": (7).to_bytes(16), "span_id": (8).to_bytes(8)}],
            )
        )
    )
    assert (span.trace_id, span.span_id, span.parent_span_id) == (f"{1:032x}", f"{1:016x}", f"{9:016x}")
    assert (span.kind, span.status, span.status_message, span.trace_state) == (3, 2, "no", "a=b")
    assert (span.start_ns, span.end_ns, span.parent_is_remote, span.dropped_attributes) == (
        AT_NS + 1,
        AT_NS + 1_000_001,
        True,
        2,
    )
    assert (span.attributes, span.resource) == ({"gen_ai.operation.name": "chat"}, {"service.name": "shop"})
    assert (span.scope.name, span.events[0].name, span.links[0].span_id) == ("test", "e", f"{8:016x}")
    assert span.flags == []


_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=6,
)


@given(_values)
def test_every_kind_of_value_comes_back_as_it_was_sent(value: Any) -> None:
    assert only(request(wire(1, attributes={"k": value}))).attributes == {"k": value}


def test_bytes_are_base64_text() -> None:
    assert only(request(wire(1, attributes={"k": b"\x00\xff"}))).attributes == {"k": "AP8="}


def test_of_a_repeated_key_the_last_is_kept_and_it_is_said() -> None:
    span = wire(1, attributes={"a": 1})
    span.attributes.add(key="a").value.int_value = 2
    read = only(request(span))
    assert (read.attributes, read.flags) == ({"a": 2}, ["duplicate_key"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": b""}, "its trace id has 0 bytes and not 16"),
        ({"trace_id": bytes(16)}, "its trace id is all zeros"),
        ({"span_id": b"\x01"}, "its span id has 1 bytes and not 8"),
        ({"span_id": bytes(8)}, "its span id is all zeros"),
        ({"start_time_unix_nano": 0, "end_time_unix_nano": 0}, "it has neither a start nor an end time"),
        ({"start_time_unix_nano": 2**63}, "it starts after the year 2262"),
        ({"start_time_unix_nano": 2**63 - 1}, "it starts after the year 2262"),
    ],
)
def test_a_span_that_cannot_be_kept_is_refused_alone(fields: dict[str, Any], reason: str) -> None:
    decoded = read_traces(request(wire(1), wire(2, **fields), wire(3)))
    assert [one.name for one in decoded.spans] == ["span 1", "span 3"]
    assert [(one.name, one.reason) for one in decoded.refused] == [("span 2", reason)]


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"start_time_unix_nano": 0}, "start_missing"),
        ({"end_time_unix_nano": 2**64 - 1}, "end_out_of_range"),
        ({"parent_span_id": b"\x01\x02"}, "bad_parent_id"),
    ],
)
def test_what_can_be_repaired_is_and_is_named(fields: dict[str, Any], flag: str) -> None:
    span = only(request(wire(1, **fields)))
    assert span.flags == [flag]
    assert span.end_ns >= span.start_ns > 0
    assert span.parent_span_id is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    try:
        read_traces(body)
    except InvalidInput as error:
        assert "\n" not in error.message


@given(st.data())
def test_a_flipped_bit_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(request(wire(1, attributes={"a": "b", "n": [1, {"k": 2.5}]}), wire(2)))
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    body[place // 8] ^= 1 << place % 8
    try:
        decoded = read_traces(bytes(body))
    except InvalidInput:
        return
    assert all(len(one.trace_id) == 32 and one.start_ns < 2**63 for one in decoded.spans)


@given(st.data())
def test_a_cut_body_is_read_in_part_or_refused(data: st.DataObject) -> None:
    body = request(wire(1, attributes={"a": "b"}), wire(2))
    try:
        assert len(read_traces(body[: data.draw(st.integers(0, len(body)))]).spans) <= 2
    except InvalidInput as error:
        assert error.hint
