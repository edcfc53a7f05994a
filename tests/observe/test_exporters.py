"""Export requests in this process and in others: the same rows, and a process that dies loses only its request."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator

import msgspec
import pytest
from tests.observe.otlp.requests import AT_NS, request, wire
from tests.processes import children

from genyard.core.crossed import CrossedError
from genyard.core.errors import InvalidInput, Overloaded, Unreachable
from genyard.observe.export import Accepted, Exported, ExportRequest, export
from genyard.observe.exporters import Exporter, InProcesses, InThisProcess
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policy import DEFAULT
from genyard.observe.masking.sent import sent
from genyard.observe.wire import Refused
from genyard.store.packed import UnpackedBatch

MASKING = sent(Masker(DEFAULT))


@pytest.fixture(params=["this process", "processes"])
def exporter(request: pytest.FixtureRequest) -> Iterator[Exporter]:
    made: Exporter = InThisProcess() if request.param == "this process" else InProcesses(2)
    yield made
    made.close()


def asked(*bodies: bytes) -> ExportRequest:
    return ExportRequest(
        signal="traces", project="acme", encoding="protobuf", bodies=bodies, now_ns=AT_NS, masking=MASKING
    )


async def gathered(exporter: Exporter, *requests: ExportRequest) -> list[Exported]:
    return await asyncio.gather(*map(exporter.export, requests))


def ask(exporter: Exporter, *bodies: bytes) -> list[Exported]:
    return asyncio.run(gathered(exporter, *map(asked, bodies)))


def span_ids(found: Exported) -> list[str]:
    assert found.batch is not None
    return [str(one) for one in UnpackedBatch(found.batch).rows.column("span_id").to_pylist()]


def test_good_spans_are_packed_and_others_named(exporter: Exporter) -> None:
    (found,) = ask(exporter, request(wire(1), wire(2, span_id=b""), wire(3)))
    assert found.batch is not None
    assert (found.batch.project, span_ids(found)) == ("acme", [f"{1:016x}", f"{3:016x}"])
    assert found.answers == [
        Accepted(kept=2, refused=[Refused(name="span 2", reason="its span id has 0 bytes and not 8")])
    ]


def test_a_request_in_json_is_read_as_one_in_protobuf() -> None:
    span = {"traceId": f"{1:032x}", "spanId": f"{7:016x}", "name": "work", "startTimeUnixNano": str(AT_NS)}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, {"name": "bad"}]}]}]}).encode()
    found = export(
        ExportRequest(signal="traces", project="acme", encoding="json", bodies=(body,), now_ns=AT_NS, masking=MASKING)
    )
    assert found.batch is not None
    assert span_ids(found) == [f"{7:016x}"]
    refused = Refused(name="bad", reason="it has neither a start nor an end time")
    assert found.answers == [Accepted(kept=1, refused=[refused])]


def test_what_is_packed_is_masked(exporter: Exporter) -> None:
    (found,) = ask(exporter, request(wire(1, name="AKIA" + "IOSFODNN7EXAMPLE")))
    assert found.batch is not None
    packed = msgspec.msgpack.encode(found.batch)
    assert b"EXAMPLE" not in packed
    assert b"[aws_key]" in packed


def test_nothing_sent_is_nothing_kept(exporter: Exporter) -> None:
    assert ask(exporter, b"")[0] == Exported(batch=None, answers=[Accepted(kept=0, refused=[])])


def test_a_body_that_is_no_request_fails_alone(exporter: Exporter) -> None:
    bodies = (request(wire(1)), b"\xff", request(wire(2, trace_id=b"")), request(wire(3), wire(4, span_id=b"")))
    (found,) = asyncio.run(gathered(exporter, asked(*bodies)))
    first, no_request, no_span, last = found.answers
    assert isinstance(no_request, CrossedError) and isinstance(no_span, CrossedError)
    assert isinstance(no_request.error(), InvalidInput)
    assert "not an ExportTraceServiceRequest" in no_request.message
    assert "none of 1 spans" in no_span.message and "/v1/logs" in no_span.hint
    assert first == Accepted(kept=1, refused=[])
    assert isinstance(last, Accepted) and [one.name for one in last.refused] == ["span 4"]
    assert span_ids(found) == [f"{1:016x}", f"{3:016x}"]


def test_a_row_that_fits_no_table_is_refused_to_who_sent_it() -> None:
    bodies = (request(wire(1)), request(wire(2), wire(3, start_time_unix_nano=2**63, end_time_unix_nano=2**63)))
    (found,) = asyncio.run(gathered(InThisProcess(), asked(*bodies)))
    assert [one.kept for one in found.answers if isinstance(one, Accepted)] == [1, 1]
    assert span_ids(found) == [f"{1:016x}", f"{2:016x}"]


def test_many_requests_are_answered_each_with_its_own(exporter: Exporter) -> None:
    found = ask(exporter, *(request(wire(number)) for number in range(1, 40)))
    assert [span_ids(one) for one in found] == [[f"{number:016x}"] for number in range(1, 40)]


def test_a_killed_process_is_told_as_try_again_and_the_next_request_has_another() -> None:
    exporter = InProcesses(1)
    before = set(children())
    ask(exporter, request(wire(1)))
    (child,) = set(children()) - before
    os.kill(child, signal.SIGKILL)
    with pytest.raises(Unreachable) as told:
        ask(exporter, request(wire(2)))
    assert told.value.hint == "send them again"
    assert ask(exporter, request(wire(3)))[0].batch is not None
    exporter.close()
    assert set(children()) <= before


def test_more_than_the_queue_is_told_to_come_back() -> None:
    exporter = InProcesses(1, queue=1)

    async def three_at_once() -> list[Exported | BaseException]:
        asking = (exporter.export(asked(request(wire(number)))) for number in (1, 2, 3))
        return await asyncio.gather(*asking, return_exceptions=True)

    *kept, late = asyncio.run(three_at_once())
    assert all(isinstance(one, Exported) for one in kept)
    assert isinstance(late, Overloaded)
    exporter.close()


def test_a_clock_that_runs_ahead_is_named() -> None:
    exported = ask(InThisProcess(), request(wire(1, start_time_unix_nano=AT_NS + 3600 * 10**9)))[0]
    assert exported.batch is not None
    assert b"clock_ahead" in exported.batch.stream
