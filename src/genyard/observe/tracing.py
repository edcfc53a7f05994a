"""OpenTelemetry spans of our own code, kept in the lake.

The provider is ours and never the process's global one: an application that traces itself keeps its own.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NoOpTracer, Span, SpanContext, SpanKind, Tracer, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.errors import GenyardError, InvalidInput
from genyard.core.ids import IdSource
from genyard.observe.conventions.row import row_of
from genyard.observe.masking.port import RowMasking
from genyard.observe.wire import SPAN_KINDS, STATUSES, WireEvent, WireLink, WireScope, WireSpan
from genyard.store.lake import Lake
from genyard.store.wal import Commit

log = logging.getLogger(__name__)

OWN_SERVICE = "genyard"
"""The service that our own spans name."""
_SPANS_AT_ONCE = 64
_ROOTS_REMEMBERED = 4096


class Tracing:
    """A tracer provider whose spans end in the lake."""

    def __init__(self, lake: Lake, *, masking: RowMasking, clock: Clock, ids: IdSource) -> None:
        """Raises InvalidInput where the environment switches OpenTelemetry off: lineage would be lost silently."""
        self._clock = clock
        self._outlet = _Outlet(lake, masking=masking, clock=clock)
        provider = TracerProvider(
            # All of these are given, because their defaults come from environment variables meant for the application.
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": OWN_SERVICE}),
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

    async def committed(self, root_id: str) -> None:
        """Wait until the spans of one answer that ended so far are durable; call it before acknowledging the answer.

        ``root_id`` is the id of its root span: a caller's trace may hold several answers.
        Raises StorageFull, Unreachable or InvalidInput when some of them could not be kept, once.
        """
        for commit in self._outlet.hand_over(root_id):
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
    """Gathers an answer's spans and hands them to the lake together, masked: when its root ends, or there are many.

    They are kept apart by their root's id and not by the trace's: of two answers in one trace, each has its own
    commits, so that neither is acknowledged by the other's. Ending a span never waits and never raises: what the lake
    refuses is told by ``hand_over``.
    """

    def __init__(self, lake: Lake, *, masking: RowMasking, clock: Clock) -> None:
        self._lake = lake
        self._masking = masking
        self._clock = clock
        self._changing = threading.Lock()
        self._root_of: dict[str, str] = {}  # of the spans that are open
        self._rows: defaultdict[str, list[dict[str, Json]]] = defaultdict(list)
        self._commits: defaultdict[str, list[Commit]] = defaultdict(list)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 (the SDK's form)
        assert isinstance(span, ReadableSpan)
        own, parent = _hex(span.get_span_context()), span.parent
        above = own if parent is None or parent.is_remote else _hex(parent)
        with self._changing:
            self._root_of[own] = self._root_of.get(above, above)

    def on_end(self, span: ReadableSpan) -> None:
        # The SDK stamps the end with the machine's clock; ours is read here, in the same call.
        row = _row_of(span, end_ns=self._clock.now_ns())
        with self._changing:
            root_id = self._root_of.pop(str(row["span_id"]))
            self._rows[root_id].append(row)
            if span.parent is None or span.parent.is_remote or len(self._rows[root_id]) >= _SPANS_AT_ONCE:
                self._append(root_id)

    def hand_over(self, root_id: str) -> list[Commit]:
        """Hand over what was gathered below a root; return every commit of it that was not returned before."""
        with self._changing:
            self._append(root_id)
            return self._commits.pop(root_id, [])

    def shutdown(self) -> None:
        with self._changing:
            for root_id in list(self._rows):
                self._append(root_id)
            commits = [commit for of_root in self._commits.values() for commit in of_root]
            self._commits.clear()
        for commit in commits:
            _warn_unless_kept(commit.outcome())

    def _append(self, root_id: str) -> None:
        rows = self._rows.pop(root_id, [])
        if not rows:
            return
        try:
            masked = [one for row in rows for one in self._masking.mask_rows(str(row.get("project")), [row])]
            commit = self._lake.append("spans", masked, patience_s=0)
        except GenyardError as error:
            commit = Commit.refused(error)
        self._commits[root_id].append(commit)
        if len(self._commits) > _ROOTS_REMEMBERED:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Let go of what nobody asked for: these commits are long done."""
        for root_id in list(self._commits)[: _ROOTS_REMEMBERED // 2]:
            for commit in self._commits.pop(root_id):
                if commit.failed:
                    _warn_unless_kept(commit.outcome())


def _row_of(span: ReadableSpan, *, end_ns: int) -> dict[str, Json]:
    """Return the row of a span that ended at ``end_ns``, made as everybody's is. Our own code stamped it: attested."""
    found = _wire_of(span, end_ns=end_ns)
    # From anybody else the project is only an attribute: there a key says it.
    project = found.attributes.pop("genyard.project", None)
    row = row_of(found, project=str(project), own=True)
    if project is None:
        del row["project"]
    return row


def _wire_of(span: ReadableSpan, *, end_ns: int) -> WireSpan:
    """Return a span as it would arrive from somebody else."""
    own = span.get_span_context()
    assert own is not None
    scope = span.instrumentation_scope
    return WireSpan(
        trace_id=f"{own.trace_id:032x}",
        span_id=_hex(own),
        parent_span_id=_hex(span.parent) if span.parent else None,
        name=span.name,
        kind=SPAN_KINDS.index(span.kind.name.lower()),
        start_ns=span.start_time or end_ns,
        end_ns=end_ns,
        status=STATUSES.index(span.status.status_code.name.lower()),
        status_message=span.status.description or "",
        attributes=_json(span.attributes),
        resource=_json(span.resource.attributes),
        scope=WireScope(name=scope.name, version=scope.version or "") if scope else WireScope(),
        events=[_event(one) for one in span.events],
        links=[_link(one) for one in span.links],
        parent_is_remote=bool(span.parent and span.parent.is_remote),
    )


def _event(event: Event) -> WireEvent:
    return WireEvent(name=event.name, at_ns=event.timestamp, attributes=_json(event.attributes))


def _link(link: Link) -> WireLink:
    context = link.context
    return WireLink(trace_id=f"{context.trace_id:032x}", span_id=_hex(context), attributes=_json(link.attributes))


def _hex(context: SpanContext) -> str:
    return f"{context.span_id:016x}"


def _json(attributes: Attributes) -> dict[str, Json]:
    """Return attributes as JSON values: the SDK has checked their types, and holds lists as tuples."""
    return {name: _plain(value) for name, value in (attributes or {}).items()}


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else cast("Json", value)


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
