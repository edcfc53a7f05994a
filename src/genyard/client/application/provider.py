"""OpenTelemetry set up to send here. The host's own provider stays: then ours is one more processor of it."""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from requests import Session

from genyard.client.application.quiet import within
from genyard.client.application.refusals import Refusals
from genyard.client.application.session import current
from genyard.client.application.tally import Tally

_GIVE_UP_S = 5.0
"""After which a batch is dropped: the host may be waiting for it at its end."""


def send_spans_to(url: str, *, key: str, resource: dict[str, str], tally: Tally) -> SpanProcessor:
    """Send every span of this process to the server at ``url`` and return the processor that does.

    A process that has a provider of OpenTelemetry's SDK keeps it and its resource; ``resource`` is for a new one.
    """
    session = Session()
    session.hooks["response"].append(Refusals().hear)
    exporter = OTLPSpanExporter(
        f"{url.rstrip('/')}/v1/traces",
        headers={"Authorization": f"Bearer {key}"},
        compression=Compression.Gzip,
        timeout=_GIVE_UP_S,
        session=session,
    )
    sending = _Bounded(BatchSpanProcessor(_Counted(exporter, tally)))
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        # Its end is ours to see to: the SDK's would wait half a minute for a server that hangs.
        provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
        trace.set_tracer_provider(provider)
    provider.add_span_processor(_Marks())
    provider.add_span_processor(sending)
    return sending


class _Marks(SpanProcessor):
    """Writes the session around it on each span that starts."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK asks
        marks = current()
        if marks:
            span.set_attributes(marks)


class _Bounded(SpanProcessor):
    """Waits no longer than it is told: the SDK's own waits until the server took or refused every batch."""

    def __init__(self, inner: SpanProcessor) -> None:
        self._inner = inner

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._inner.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        self._inner.on_end(span)

    def shutdown(self) -> None:
        within(_GIVE_UP_S, self._inner.shutdown)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return within(timeout_millis / 1000, lambda: self._inner.force_flush(timeout_millis))


class _Counted(SpanExporter):
    """Counts what reached the server and what did not."""

    def __init__(self, inner: SpanExporter, tally: Tally) -> None:
        self._inner = inner
        self._tally = tally

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        kept = result is SpanExportResult.SUCCESS
        self._tally.add("spans" if kept else "spans_dropped", len(spans))
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)
