"""What this process counts for whoever watches it, in Prometheus's text format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector

from genyard.store.lake import Lake

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Meters:
    """Counters of one process. Each has its own registry, so that two homes in one process do not add up."""

    def __init__(self, lake: Lake) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._records = Counter(
            "genyard_records",
            "Spans and log records that applications sent, kept or refused.",
            ["signal", "outcome"],
            registry=self._registry,
        )
        self._exports = Counter(
            "genyard_exports",
            "OTLP requests: ok, or the code of their error.",
            ["signal", "outcome"],
            registry=self._registry,
        )
        self._answers = Histogram(
            "genyard_answer_seconds",
            "Seconds until an answer of an endpoint was whole; of a stream, until its first piece.",
            ["endpoint", "outcome"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        rows = Gauge(
            "genyard_log_rows", "Rows that are durable in the log and in no table yet.", registry=self._registry
        )
        rows.set_function(lambda: lake.unflushed_rows)

    def exported(self, signal: str, *, kept: int, refused: int) -> None:
        """Count an OTLP request that was answered with success."""
        self._exports.labels(signal, "ok").inc()
        self._records.labels(signal, "kept").inc(kept)
        self._records.labels(signal, "refused").inc(refused)

    def export_failed(self, signal: str, code: str) -> None:
        """Count an OTLP request of which nothing is kept."""
        self._exports.labels(signal, code).inc()

    def answered(self, endpoint: str, outcome: str, *, seconds: float) -> None:
        """Count an answer of an endpoint: ``ok``, or the code of its error."""
        self._answers.labels(endpoint, outcome).observe(seconds)

    def text(self) -> bytes:
        """Return everything counted so far."""
        return generate_latest(self._registry)
