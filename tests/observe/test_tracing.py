"""OpenTelemetry spans of our own code in the lake."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from opentelemetry import trace as otel
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context
from tests.observe.masked import OnePolicy
from tests.store.lake_rows import everything, open_lake

from genyard.core.clock import CountingClock
from genyard.core.errors import GenyardError, InvalidInput, StorageFull, Unreachable
from genyard.core.ids import CountingIds
from genyard.observe.explorer import one_trace
from genyard.observe.tracing import Tracing, context_from
from genyard.store.lake import Lake
from genyard.store.rows import Row

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def trace_id_of(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"


def span_id_of(span: Span) -> str:
    return f"{span.get_span_context().span_id:016x}"


def test_a_trace_is_in_the_lake_once_it_is_committed(lake: Lake, tracing: Tracing) -> None:
    tracer = tracing.tracer("acme")
    with tracer.start_as_current_span("answer") as root, tracer.start_as_current_span("retrieve"):
        pass
    asyncio.run(tracing.committed(span_id_of(root)))
    first, second = one_trace.trace(lake, "acme", trace_id_of(root))
    assert (first["span_name"], second["span_name"]) == ("answer", "retrieve")
    assert second["parent_span_id"] == first["span_id"]
    assert (first["is_root"], second["is_root"]) == (True, None)


def test_times_and_ids_come_from_their_sources(lake: Lake) -> None:
    tracing = Tracing(
        lake, masking=OnePolicy(), clock=CountingClock(start_ns=5_000_000_000, step_ns=7), ids=CountingIds()
    )
    tracing.tracer("acme").start_span("answer").end()
    tracing.close()
    row = everything(lake)[0]
    assert (row["start_ns"], row["duration_ns"]) == (5_000_000_000, 7)
    assert (row["trace_id"], row["span_id"]) == (f"{1:032x}", f"{2:016x}")


def test_spans_that_ended_are_committed_while_their_root_goes_on(lake: Lake, tracing: Tracing) -> None:
    tracer = tracing.tracer("acme")
    with tracer.start_as_current_span("answer") as root:
        tracer.start_span("retrieve").end()
        asyncio.run(tracing.committed(span_id_of(root)))
        assert [row["span_name"] for row in everything(lake)] == ["retrieve"]


def test_stamps_become_columns_and_an_own_release_is_attested(lake: Lake, tracing: Tracing) -> None:
    stamps = {"genyard.project": "acme", "genyard.release": "sha256:r", "genyard.chunk_digests": ["c1", "c2"]}
    tracing.tracer().start_span("answer", attributes=stamps | {"my.own": (1, 2)}).end()
    tracing.close()
    row = everything(lake)[0]
    assert (row["release"], row["release_attested"], row["chunk_digests"]) == ("sha256:r", True, ["c1", "c2"])
    assert row["attributes"] == '{"my.own":[1,2]}'


def test_an_error_has_its_kind_and_its_text(lake: Lake, tracing: Tracing) -> None:
    span = tracing.tracer("acme").start_span("chat")
    span.set_attribute("error.type", "provider_timeout")
    span.set_status(Status(StatusCode.ERROR, "no answer in 60 s"))
    span.end()
    tracing.close()
    row = everything(lake)[0]
    assert (row["status"], row["error_type"], row["error_message"]) == (
        "error",
        "provider_timeout",
        "no answer in 60 s",
    )


def test_an_exception_is_an_event_of_its_span(lake: Lake, tracing: Tracing) -> None:
    with pytest.raises(ZeroDivisionError), tracing.tracer("acme").start_as_current_span("compute") as span:
        _ = 1 // 0
    asyncio.run(tracing.committed(span_id_of(span)))
    row = one_trace.trace(lake, "acme", trace_id_of(span))[0]
    assert (row["status"], row["error_type"]) == ("error", "ZeroDivisionError")
    assert "integer division or modulo by zero" in str(row["events"])


def test_a_span_keeps_what_was_said_of_it_until_it_ended(lake: Lake, tracing: Tracing) -> None:
    tracer = tracing.tracer("acme")
    other = tracer.start_span("earlier")
    span = tracer.start_span("draft", links=[otel.Link(other.get_span_context(), {"why": "retry"})])
    span.update_name("answer")
    span.add_event("found", {"hits": 2}, timestamp=7)
    span.set_status(StatusCode.OK)
    span.set_status(StatusCode.ERROR, "too late: it went well")
    span.end()
    span.set_attribute("genyard.endpoint", "late")
    span.end()
    assert not span.is_recording()
    row = queries_after(tracing, lake, span)
    assert (row["span_name"], row["status"], row["endpoint"]) == ("answer", "ok", None)
    assert row["events"] == [{"at_ns": 7, "attributes": {"hits": 2}, "name": "found"}]
    assert row["links"] == [
        {"attributes": {"why": "retry"}, "span_id": span_id_of(other), "trace_id": trace_id_of(other)}
    ]


def test_a_callers_traceparent_is_the_parent_and_the_span_is_still_where_the_trace_enters(
    lake: Lake, tracing: Tracing
) -> None:
    span = tracing.tracer("acme").start_span("answer", context=context_from({"TraceParent": PARENT}))
    span.end()
    row = queries_after(tracing, lake, span)
    assert (row["trace_id"], row["parent_span_id"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert row["is_root"] is True


@pytest.mark.parametrize("header", ["", "rubbish", f"00-{'0' * 32}-{'0' * 16}-01"])
def test_a_traceparent_that_is_none_begins_a_new_trace(lake: Lake, tracing: Tracing, header: str) -> None:
    span = tracing.tracer("acme").start_span("answer", context=context_from({"traceparent": header}))
    span.end()
    assert queries_after(tracing, lake, span)["parent_span_id"] is None


def queries_after(tracing: Tracing, lake: Lake, span: Span) -> one_trace.Row:
    asyncio.run(tracing.committed(span_id_of(span)))
    return one_trace.trace(lake, "acme", trace_id_of(span))[0]


def test_a_span_without_a_project_is_told_of_when_the_trace_is_committed(tracing: Tracing) -> None:
    span = tracing.tracer().start_span("answer")
    span.end()
    with pytest.raises(InvalidInput, match="project is missing"):
        asyncio.run(tracing.committed(span_id_of(span)))


def test_a_tail_that_is_full_does_not_hold_up_the_answer_and_is_told_of(tmp_path: Path) -> None:
    lake = open_lake(tmp_path, tail_bytes=0)
    tracing = Tracing(lake, masking=OnePolicy(), clock=CountingClock(), ids=CountingIds())
    span = tracing.tracer("acme").start_span("answer")
    span.end()
    with pytest.raises(StorageFull):
        asyncio.run(tracing.committed(span_id_of(span)))
    lake.close()


def test_secrets_are_masked_before_the_lake_has_a_span(lake: Lake, tracing: Tracing) -> None:
    asked = '[{"role": "user", "parts": [{"type": "text", "content": "my key is AKIAIOSFODNN7EXAMPLE"}]}]'
    tracing.tracer("acme").start_span("answer", attributes={"gen_ai.input.messages": asked}).end()
    tracing.close()
    row = everything(lake)[0]
    assert row["input_messages"] == asked.replace("AKIAIOSFODNN7EXAMPLE", "[aws_key]")
    assert row["intake_flags"] == ["masked:aws_key"]


def test_a_span_whose_policy_cannot_be_read_is_not_kept(lake: Lake) -> None:
    tracing = Tracing(lake, masking=_Unreadable(), clock=CountingClock(), ids=CountingIds())
    span = tracing.tracer("acme").start_span("answer")
    span.end()
    with pytest.raises(Unreachable):
        asyncio.run(tracing.committed(span_id_of(span)))
    assert everything(lake) == []


class _Unreadable:
    def mask_rows(self, project: str, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:
        raise Unreachable(f"the catalog does not say how {len(rows)} rows of {project} are masked ({flag})")


def test_an_answer_is_not_acknowledged_by_another_of_its_trace(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    tracing = Tracing(lake, masking=OnePolicy(), clock=CountingClock(), ids=CountingIds())
    own, stranger = tracing.tracer("acme"), tracing.tracer()  # what names no project is refused by the lake
    first, second = (own.start_span("answer", context=context_from({"traceparent": PARENT})) for _ in range(2))
    stranger.start_span("retrieve", context=set_span_in_context(first)).end()
    second.end()
    asyncio.run(tracing.committed(span_id_of(second)))
    assert [row["span_id"] for row in everything(lake)] == [span_id_of(second)]
    first.end()
    with pytest.raises(InvalidInput, match="project is missing"):
        asyncio.run(tracing.committed(span_id_of(first)))
    tracing.close()
    lake.close()


def test_a_span_below_a_step_belongs_to_the_answer_too(lake: Lake, tracing: Tracing) -> None:
    tracer = tracing.tracer("acme")
    root = tracer.start_span("answer")
    step = tracer.start_span("retrieve", context=set_span_in_context(root))
    below = tracer.start_span("search", context=set_span_in_context(step))
    step.end()
    below.end()
    root.end()
    asyncio.run(tracing.committed(span_id_of(root)))
    assert len(everything(lake)) == 3


def test_the_process_keeps_its_own_provider(tracing: Tracing) -> None:
    before = otel.get_tracer_provider()
    tracing.tracer("acme").start_span("answer").end()
    assert otel.get_tracer_provider() is before


def test_settings_meant_for_the_application_change_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    tracing = Tracing(lake, masking=OnePolicy(), clock=CountingClock(), ids=CountingIds())
    tracing.tracer("acme").start_span("answer", attributes={"genyard.endpoint": "helpdesk@prod"}).end()
    tracing.close()
    assert everything(lake)[0]["endpoint"] == "helpdesk@prod"


class Paused(OnePolicy):
    """A masking that waits in its first call until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = threading.Event(), threading.Event()

    def mask_rows(self, project: str, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go.wait(30)
        return super().mask_rows(project, rows, flag=flag)


def test_spans_that_another_thread_hands_over_belong_to_the_answer_too(lake: Lake) -> None:
    masking = Paused()
    tracing = Tracing(lake, masking=masking, clock=CountingClock(), ids=CountingIds())
    root = tracing.tracer("acme").start_span("answer")
    ending = threading.Thread(target=root.end)
    ending.start()
    assert masking.reached.wait(30)
    committing = threading.Thread(target=lambda: asyncio.run(tracing.committed(span_id_of(root))))
    committing.start()
    assert everything(lake) == []
    masking.go.set()
    committing.join(30)
    assert [row["span_name"] for row in everything(lake)] == ["answer"]
    ending.join(30)
    tracing.close()


def test_a_fault_of_ours_in_reading_spans_is_told_when_they_are_to_be_durable(lake: Lake) -> None:
    class Broken(OnePolicy):
        def mask_rows(self, project: str, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:  # noqa: ARG002
            raise ValueError("a fault")

    tracing = Tracing(lake, masking=Broken(), clock=CountingClock(), ids=CountingIds())
    root = tracing.tracer("acme").start_span("answer")
    root.end()
    with pytest.raises(GenyardError, match="spans were not kept: ValueError"):
        asyncio.run(tracing.committed(span_id_of(root)))
    tracing.close()
