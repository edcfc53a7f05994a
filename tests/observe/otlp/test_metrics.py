"""Metrics are counted in both encodings, whatever else is in the request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from genyard.core.errors import InvalidInput
from genyard.observe.otlp.metrics import count_points


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


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b'{"resourceMetrics": 1}', b'{"resourceMetrics": [1]}'])
def test_what_is_no_request_is_one_line(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="ExportMetricsServiceRequest"):
        count_points(body, "json")


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    for encoding in ("protobuf", "json"):
        try:
            assert count_points(body, encoding) >= 0
        except InvalidInput as error:
            assert error.hint
