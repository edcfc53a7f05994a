"""OTLP metrics: counted, so that the answer can say honestly how many are not kept."""

from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from genyard.core.errors import InvalidInput, TooLarge
from genyard.observe.otlp.replies import Encoding

MOST_BYTES = 4 * 1024 * 1024
"""Counting takes thirty times as much memory, for something that is thrown away."""
NOT_KEPT = "Genyard keeps no metrics: it computes its own from spans"

_KINDS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def count_points(body: bytes, encoding: Encoding) -> int:
    """Return the number of data points of an ``ExportMetricsServiceRequest``.

    Raises InvalidInput when it is none, and TooLarge for more than any exporter sends at once.
    """
    if len(body) > MOST_BYTES:
        raise TooLarge(f"over {MOST_BYTES >> 20} MB of metrics, of which none is kept", hint="send fewer at once")
    try:
        return _in_protobuf(body) if encoding == "protobuf" else _in_json(body)
    except (DecodeError, msgspec.DecodeError, UnicodeError, RecursionError, AttributeError, TypeError) as error:
        raise InvalidInput(
            "the body is not an ExportMetricsServiceRequest", hint="send OTLP, in protobuf or in JSON"
        ) from error


def _in_protobuf(body: bytes) -> int:
    request = ExportMetricsServiceRequest.FromString(body)
    metrics = (
        metric
        for of_resource in request.resource_metrics
        for of_scope in of_resource.scope_metrics
        for metric in of_scope.metrics
    )
    kinds = ((metric, metric.WhichOneof("data")) for metric in metrics)
    return sum(len(getattr(metric, kind).data_points) for metric, kind in kinds if kind)


def _in_json(body: bytes) -> int:
    request: dict[str, Any] = msgspec.json.decode(body)
    metrics = (
        metric
        for of_resource in request.get("resourceMetrics", ())
        for of_scope in of_resource.get("scopeMetrics", ())
        for metric in of_scope.get("metrics", ())
    )
    return sum(len(metric[kind].get("dataPoints", ())) for metric in metrics for kind in _KINDS if kind in metric)
