"""Log records that carry what belongs to a span: kept in any order, joined when the trace is read."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.observe.kept import exported, keep, refused
from tests.observe.otlp.requests import AT_NS, any_value, pairs, request, wire
from tests.store.lake_rows import open_lake

from genyard.observe.explorer import one_trace
from genyard.store.lake import Lake

TRACE = f"{1:032x}"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = open_lake(tmp_path)
    yield opened
    opened.close()


def logs(*records: tuple[str, Any], span: int = 1) -> bytes:
    message = ExportLogsServiceRequest()
    found = message.resource_logs.add().scope_logs.add().log_records
    for number, (name, body) in enumerate(records):
        found.add(
            observed_time_unix_nano=AT_NS + number,
            event_name=name,
            trace_id=(1).to_bytes(16),
            span_id=span.to_bytes(8) if span else b"",
            body=any_value(body),
            attributes=pairs({"gen_ai.provider.name": "openai"}),
        )
    return message.SerializeToString()


def spans() -> bytes:
    return request(wire(1, attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}))


SAID = logs(
    ("gen_ai.user.message", {"content": "Why?"}),
    ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Because."}}),
)


@pytest.mark.parametrize(
    "order", list(itertools.permutations([("traces", spans()), ("logs", SAID), ("logs", SAID)], 3))
)
def test_whatever_comes_first_and_however_often_the_trace_reads_the_same(lake: Lake, order: Any) -> None:
    for position, (signal, body) in enumerate(order):
        keep(lake, signal, body)
        if position == 1:
            lake.flush()
    span: Any = one_trace.trace(lake, "acme", TRACE)[0]
    assert span["input_messages"] == [{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]
    (answer,) = span["output_messages"]
    assert answer["parts"] == [{"type": "text", "content": "Because."}]
    assert span["finish_reasons"] == ["stop"]


def test_records_of_another_span_or_project_are_not_joined(lake: Lake) -> None:
    keep(lake, "traces", spans())
    keep(lake, "logs", logs(("gen_ai.user.message", {"content": "Why?"}), span=2))
    (span,) = one_trace.trace(lake, "acme", TRACE)
    assert span["input_messages"] is None


def test_a_secret_in_a_record_is_masked_before_it_is_kept(lake: Lake) -> None:
    keep(lake, "traces", spans())
    secret = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"
    keep(lake, "logs", logs(("gen_ai.user.message", {"content": f"my key is {secret}"})))
    assert secret not in str(one_trace.trace(lake, "acme", TRACE))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (logs(("http.access", "GET /")), "none of the events of generative AI"),
        (logs(("gen_ai.user.message", {"content": "Why?"}), span=0), "it names no span"),
    ],
)
def test_other_logs_are_refused_and_it_is_said(body: bytes, told: str) -> None:
    found = exported("logs", body)
    assert found.batch is None
    assert told in refused(found)[0].reason
