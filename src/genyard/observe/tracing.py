"""OpenTelemetry spans of our own code, kept in the lake.

The provider is ours and never the process's global one: an application that traces itself keeps its own.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NoOpTracer, Span, SpanKind, Tracer, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.errors import GenyardError, InvalidInput
from genyard.core.ids import IdSource
from genyard.observe.spans import is_root, row_of
from genyard.store.lake import Lake
from genyard.store.wal import Commit

log = logging.getLogger(__name__)

_SPANS_AT_ONCE = 64
_TRACES_REMEMBERED = 4096


class Tracing:
    """A tracer provider whose spans end in the lake."""

    def __init__(self, lake: Lake, *, clock: Clock, ids: IdSource) -> None:
        """Raises InvalidInput where the environment switches OpenTelemetry off: lineage would be lost silently."""
        self._clock = clock
        self._outlet = _Outlet(lake, clock=clock)
        provider = TracerProvider(
            # All of these are given, because their defaults come from environment variables meant for the application.
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": "genyard"}),
            span_limits=_limits(),
            id_generator=_Ids(ids),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._outlet)
        self._tracer = provider.get_tracer("genyard")
        if isinstance(self._tracer, NoOpTracer):
            raise InvalidInput("OTEL_SDK_DISABLED switches tracing off", hint="unset it for Genyard's own process")

    def tracer(self, project: str | None = None) -> Tracer:
        """Return a tracer. Its spans belong to ``project``, or to the one that their ``genyard.project`` names."""
        return _ClockedTracer(self._tracer, clock=self._clock, project=project)

    async def committed(self, trace_id: str) -> None:
        """Wait until the spans of a trace that ended so far are durable; call it before acknowledging the answer.

        Raises StorageFull, Unreachable or InvalidInput when some of them could not be kept, once.
        """
        for commit in self._outlet.hand_over(trace_id):
            await commit.done()

    def close(self) -> None:
        """Hand over everything, and wait until it is durable or refused."""
        self._outlet.shutdown()


def context_from(headers: Mapping[str, str]) -> Context:
    """Return the context that W3C ``traceparent`` and ``tracestate`` headers carry; an empty one without them."""
    carrier = {name.lower(): value for name, value in headers.items()}
    return TraceContextTextMapPropagator().extract(carrier, context=Context())


class _ClockedTracer(Tracer):
    """Starts spans at our clock's time, with their project."""

    def __init__(self, inner: Tracer, *, clock: Clock, project: str | None) -> None:
        self._inner = inner
        self._clock = clock
        self._stamps = {"genyard.project": project} if project else {}

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        return self._inner.start_span(
            name,
            context=context,
            kind=kind,
            attributes={**self._stamps, **(attributes or {})},
            links=links,
            start_time=self._clock.now_ns() if start_time is None else start_time,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        )

    @contextmanager  # The API's own kind of context manager is private to it.
    def start_as_current_span(  # type: ignore[override]
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[Span]:
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span


class _Ids(IdGenerator):
    """Trace and span ids from the one source of ids."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids

    def generate_trace_id(self) -> int:
        return int(self._ids.trace_id(), 16)

    def generate_span_id(self) -> int:
        return int(self._ids.span_id(), 16)

    def is_trace_id_random(self) -> bool:
        return True


class _Outlet(SpanProcessor):
    """Gathers a trace's spans and hands them to the lake together: when its root ends, or there are many.

    Ending a span never waits and never raises: what the lake refuses is told by ``hand_over``.
    """

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._changing = threading.Lock()
        self._rows: defaultdict[str, list[dict[str, Json]]] = defaultdict(list)
        self._commits: defaultdict[str, list[Commit]] = defaultdict(list)

    def on_end(self, span: ReadableSpan) -> None:
        # The SDK stamps the end with the machine's clock; ours is read here, in the same call.
        row = row_of(span, end_ns=self._clock.now_ns())
        trace_id = str(row["trace_id"])
        with self._changing:
            self._rows[trace_id].append(row)
            if is_root(span) or len(self._rows[trace_id]) >= _SPANS_AT_ONCE:
                self._append(trace_id)

    def hand_over(self, trace_id: str) -> list[Commit]:
        """Hand over what was gathered of a trace; return every commit of it that was not returned before."""
        with self._changing:
            self._append(trace_id)
            return self._commits.pop(trace_id, [])

    def shutdown(self) -> None:
        with self._changing:
            for trace_id in list(self._rows):
                self._append(trace_id)
            commits = [commit for of_trace in self._commits.values() for commit in of_trace]
            self._commits.clear()
        for commit in commits:
            _warn_unless_kept(commit.outcome())

    def _append(self, trace_id: str) -> None:
        rows = self._rows.pop(trace_id, [])
        if not rows:
            return
        try:
            commit = self._lake.append("spans", rows, patience_s=0)
        except GenyardError as error:
            commit = Commit.refused(error)
        self._commits[trace_id].append(commit)
        if len(self._commits) > _TRACES_REMEMBERED:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Let go of traces that nobody asked for: their commits are long done."""
        for trace_id in list(self._commits)[: _TRACES_REMEMBERED // 2]:
            for commit in self._commits.pop(trace_id):
                if commit.failed:
                    _warn_unless_kept(commit.outcome())


def _warn_unless_kept(error: GenyardError | None) -> None:
    if error is not None:
        log.warning("spans were not kept: %s (%s)", error, error.hint)


def _limits() -> SpanLimits:
    """Return no limits: our own spans are bounded by what makes them, and a dropped attribute would lose lineage."""
    return SpanLimits(
        max_attributes=SpanLimits.UNSET,
        max_events=SpanLimits.UNSET,
        max_links=SpanLimits.UNSET,
        max_span_attributes=SpanLimits.UNSET,
        max_event_attributes=SpanLimits.UNSET,
        max_link_attributes=SpanLimits.UNSET,
        max_attribute_length=SpanLimits.UNSET,
        max_span_attribute_length=SpanLimits.UNSET,
    )
