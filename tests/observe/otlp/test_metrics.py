"""Metrics are counted in both encodings, whatever else is in the request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from genyard.core.errors import InvalidInput, TooLarge
from genyard.observe.otlp.metrics import MOST_BYTES, count_points
from genyard.observe.otlp.replies import Encoding


def test_points_of_every_kind_are_counted_in_protobuf() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    metrics.add().gauge.data_points.add()
    metrics.add().sum.data_points.add()
    metrics.add().histogram.data_points.extend([metrics[-1].histogram.data_points.add()])
    metrics.add(name="empty")
    assert count_points(request.SerializeToString(), "protobuf") == 4


def test_points_are_counted_in_json() -> None:
    metrics = [{"name": "a", "sum": {"dataPoints": [{}, {}]}}, {"gauge": {"dataPoints": [{}]}}, {"name": "b"}]
    request = {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}, {}], "unknown": 1}
    assert count_points(json.dumps(request).encode(), "json") == 3


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"1", b'{"resourceMetrics": 1}', b'{"resourceMetrics": [1]}', b'{"a": "\xff"}']
)
def test_what_is_no_request_is_one_line(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="ExportMetricsServiceRequest"):
        count_points(body, "json")


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_more_than_an_exporter_sends_is_refused_before_it_is_read(encoding: Encoding) -> None:
    with pytest.raises(TooLarge, match="none is kept"):
        count_points(b"[" * (MOST_BYTES + 1), encoding)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    for encoding in ("protobuf", "json"):
        try:
            assert count_points(body, encoding) >= 0
        except InvalidInput as error:
            assert error.hint
