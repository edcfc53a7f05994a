"""OpenTelemetry spans of our own code, kept in the lake.

The tracer is ours and never the process's global one: an application that traces itself keeps its own. It has
OpenTelemetry's interface and not its SDK, which checks and copies each attribute several times, behind locks, and takes
its limits from environment variables that are meant for the application: half of what an answer cost beside its model.
"""

import logging
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import cast

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes, AttributeValue

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.errors import GenyardError
from genyard.core.ids import IdSource
from genyard.observe.conventions.row import rows_of
from genyard.observe.masking.port import RowMasking
from genyard.observe.wire import SPAN_KINDS, STATUSES, WireEvent, WireLink, WireScope, WireSpan
from genyard.store.lake import Lake
from genyard.store.rows import Row
from genyard.store.wal import Commit

log = logging.getLogger(__name__)

OWN_SERVICE = "genyard"
"""The service that our own spans name."""
_RESOURCE: dict[str, Json] = {"service.name": OWN_SERVICE}
_SCOPE = WireScope(name=OWN_SERVICE)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_PLAIN = frozenset({str, int, float, bool})
_UNSET = Status()
_SPANS_AT_ONCE = 64
_ROOTS_REMEMBERED = 4096


class Tracing:
    """Makes tracers whose spans end in the lake."""

    def __init__(self, lake: Lake, *, masking: RowMasking, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._outlet = _Outlet(lake, masking=masking)

    def tracer(self, project: str | None = None) -> Tracer:
        """Return a tracer. Its spans belong to ``project``, or to the one that their ``genyard.project`` names."""
        return _OwnTracer(self._outlet, clock=self._clock, ids=self._ids, project=project)

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


class _OwnSpan(Span):
    """A span that is being recorded. For one task at a time, as the code that makes it is."""

    __slots__ = (
        "_attributes",
        "_context",
        "_end",
        "_end_ns",
        "_events",
        "_kind",
        "_links",
        "_name",
        "_now_ns",
        "_parent",
        "_start_ns",
        "_status",
        "root_id",
    )

    def __init__(
        self,
        name: str,
        *,
        context: SpanContext,
        parent: SpanContext | None,
        root_id: str,
        kind: SpanKind,
        attributes: Mapping[str, AttributeValue],
        links: Sequence[Link],
        start_ns: int,
        now_ns: Callable[[], int],
        end: Callable[["_OwnSpan"], None],
    ) -> None:
        """``root_id`` is the id of the root span of the answer that it belongs to; ``end`` is called at its end."""
        self.root_id = root_id
        self._name = name
        self._context = context
        self._parent = parent
        self._kind = kind
        self._attributes = _json(attributes)
        self._links = links
        self._start_ns = start_ns
        self._end_ns: int | None = None
        self._now_ns = now_ns
        self._end = end
        self._status = _UNSET
        self._events: list[WireEvent] = []

    @property
    def is_root(self) -> bool:
        return self.root_id == _hex(self._context)

    @property
    def project(self) -> Json:
        """The project that its stamp names; None where it has none."""
        return self._attributes.get("genyard.project")

    def wire(self, *, resource: dict[str, Json], scope: WireScope) -> WireSpan:
        """Return it as it would arrive from somebody else, once it ended."""
        assert self._end_ns is not None
        attributes = dict(self._attributes)
        # From anybody else the project is only an attribute: there a key says it.
        attributes.pop("genyard.project", None)
        return WireSpan(
            trace_id=f"{self._context.trace_id:032x}",
            span_id=_hex(self._context),
            parent_span_id=_hex(self._parent) if self._parent else None,
            name=self._name,
            kind=SPAN_KINDS.index(self._kind.name.lower()),
            start_ns=self._start_ns,
            end_ns=self._end_ns,
            status=STATUSES.index(self._status.status_code.name.lower()),
            status_message=self._status.description or "",
            attributes=attributes,
            resource=resource,
            scope=scope,
            events=self._events,
            links=[_link(one) for one in self._links],
            parent_is_remote=bool(self._parent and self._parent.is_remote),
        )

    def end(self, end_time: int | None = None) -> None:
        if self._end_ns is None:
            self._end_ns = self._now_ns() if end_time is None else end_time
            self._end(self)

    def get_span_context(self) -> SpanContext:
        return self._context

    def is_recording(self) -> bool:
        return self._end_ns is None

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        if self.is_recording():
            self._attributes.update(_json(attributes))

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self.set_attributes({key: value})

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        if self.is_recording():
            at_ns = self._now_ns() if timestamp is None else timestamp
            self._events.append(WireEvent(name=name, at_ns=at_ns, attributes=_json(attributes or {})))

    def update_name(self, name: str) -> None:
        if self.is_recording():
            self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        wanted = status if isinstance(status, Status) else Status(status, description)
        # As OpenTelemetry has it: what is well stays well, and nobody unsets a status.
        if self.is_recording() and self._status.status_code != StatusCode.OK and not wanted.is_unset:
            self._status = wanted

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        kind = type(exception)
        told: dict[str, AttributeValue] = {
            "exception.type": kind.__qualname__
            if kind.__module__ == "builtins"
            else f"{kind.__module__}.{kind.__qualname__}",
            "exception.message": str(exception),
            "exception.stacktrace": "".join(traceback.format_exception(exception)),
            "exception.escaped": str(escaped),
        }
        self.add_event("exception", {**told, **(attributes or {})}, timestamp)


class _OwnTracer(Tracer):
    """Starts spans at our clock's time, with ids of our source and their project."""

    def __init__(self, outlet: "_Outlet", *, clock: Clock, ids: IdSource, project: str | None) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ids = ids
        self._stamps = {"genyard.project": project} if project else {}

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002 (the API's form)
        set_status_on_exception: bool = True,  # noqa: ARG002
    ) -> Span:
        above = get_current_span(context)
        parent = above.get_span_context()
        own = self._context(parent)
        return _OwnSpan(
            name,
            context=own,
            parent=parent if parent.is_valid else None,
            root_id=above.root_id if isinstance(above, _OwnSpan) else _hex(own),
            kind=kind,
            attributes={**self._stamps, **(attributes or {})},
            links=links or (),
            start_ns=self._clock.now_ns() if start_time is None else start_time,
            now_ns=self._clock.now_ns,
            end=self._outlet.take,
        )

    def _context(self, parent: SpanContext) -> SpanContext:
        """Return the ids of a new span: of the trace of its parent, or of a new one."""
        trace_id = parent.trace_id if parent.is_valid else int(self._ids.trace_id(), 16)
        span_id = int(self._ids.span_id(), 16)
        state = parent.trace_state if parent.is_valid else None
        return SpanContext(trace_id, span_id, is_remote=False, trace_flags=_SAMPLED, trace_state=state)

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


class _Outlet:
    """Gathers an answer's spans and hands them to the lake together, masked: when its root ends, or there are many.

    They are kept apart by their root's id and not by the trace's: of two answers in one trace, each has its own
    commits, so that neither is acknowledged by the other's. Ending a span never waits and never raises: what the lake
    refuses is told by ``hand_over``.
    """

    def __init__(self, lake: Lake, *, masking: RowMasking) -> None:
        self._lake = lake
        self._masking = masking
        # Held only to change these: spans of one answer are read and masked beside those of another.
        self._changing = threading.Condition()
        self._spans: defaultdict[str, list[_OwnSpan]] = defaultdict(list)
        self._commits: defaultdict[str, list[Commit]] = defaultdict(list)
        self._under_way: Counter[str] = Counter()
        """Spans of a root that a thread has taken and not handed over yet."""

    def take(self, span: _OwnSpan) -> None:
        """Take a span that ended."""
        with self._changing:
            gathered = self._spans[span.root_id]
            gathered.append(span)
        if span.is_root or len(gathered) >= _SPANS_AT_ONCE:
            self._append(span.root_id)

    def hand_over(self, root_id: str) -> list[Commit]:
        """Hand over what was gathered below a root; return every commit of it that was not returned before."""
        self._append(root_id)
        with self._changing:
            # Another thread may be at some of its spans: their commits belong to this answer too.
            self._changing.wait_for(lambda: not self._under_way[root_id])
            del self._under_way[root_id]
            return self._commits.pop(root_id, [])

    def shutdown(self) -> None:
        with self._changing:
            left = list(self._spans)
        for root_id in left:
            self._append(root_id)
        with self._changing:
            self._changing.wait_for(lambda: not self._under_way.total())
            commits = [commit for of_root in self._commits.values() for commit in of_root]
            self._commits.clear()
        for commit in commits:
            _warn_unless_kept(commit.outcome())

    def _append(self, root_id: str) -> None:
        with self._changing:
            spans = self._spans.pop(root_id, [])
            if not spans:
                return
            self._under_way[root_id] += 1
        commit = self._appended(spans)
        with self._changing:
            self._under_way[root_id] -= 1
            if not self._under_way[root_id]:
                del self._under_way[root_id]
            self._changing.notify_all()
            self._commits[root_id].append(commit)
            if len(self._commits) > _ROOTS_REMEMBERED:
                self._forget_oldest()

    def _appended(self, spans: Sequence[_OwnSpan]) -> Commit:
        try:
            return self._lake.append("spans", self._rows(spans), patience_s=0)
        except GenyardError as error:
            return Commit.refused(error)
        except Exception as error:
            log.exception("spans of our own could not be read")
            return Commit.refused(GenyardError(f"spans were not kept: {type(error).__name__}"))

    def _rows(self, spans: Sequence[_OwnSpan]) -> list[Row]:
        """Return the rows of spans, made as everybody's are, and masked. Our own code stamped them: attested."""
        rows: list[Row] = []
        for project, some in groupby(spans, key=lambda one: one.project):
            wires = [one.wire(resource=_RESOURCE, scope=_SCOPE) for one in some]
            made = rows_of(wires, project=str(project), own=True)
            if project is None:
                for row in made:
                    del row["project"]
            rows += self._masking.mask_rows(str(project), made)
        return rows

    def _forget_oldest(self) -> None:
        """Let go of what nobody asked for: these commits are long done."""
        for root_id in list(self._commits)[: _ROOTS_REMEMBERED // 2]:
            for commit in self._commits.pop(root_id):
                if commit.failed:
                    _warn_unless_kept(commit.outcome())


def _warn_unless_kept(error: GenyardError | None) -> None:
    if error is not None:
        log.warning("spans were not kept: %s (%s)", error, error.hint)


def _hex(context: SpanContext) -> str:
    """Return a span's id as text."""
    return f"{context.span_id:016x}"


def _link(link: Link) -> WireLink:
    context = link.context
    return WireLink(trace_id=f"{context.trace_id:032x}", span_id=_hex(context), attributes=_json(link.attributes or {}))


def _json(attributes: Mapping[str, AttributeValue]) -> dict[str, Json]:
    return {
        name: cast("Json", value) if type(value) in _PLAIN else _plain(value)
        for name, value in attributes.items()
        if value is not None
    }


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else cast("Json", value)
