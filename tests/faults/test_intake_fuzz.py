"""Whatever bytes come to the intake: an answer that is no fault of ours, and what it acknowledges is read back."""

import gzip
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient
from tests.homes import opened
from tests.observe.otlp.requests import AT_NS, pairs, request
from tests.observe.pictures import data_url, png

from genyard.app import App
from genyard.server.checks import loopback_hosts
from genyard.server.web import create

NUMBERS = count(1)
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\x1b[31m\x1b]0;t\x07\u202e",
        "\x00",
        "\ud7ff\U0010ffff",
        "[" * 500,
        '{"a":1e999,"b":"\\ud800","c":NaN}',
        '[{"role":"user","parts":[{"type":"text","content":"\\u0000 ann@example.com"}]}]',
        '{"a":' * 120 + "1" + "}" * 120,
        "9" * 400,
        "-----BEGIN PRIVATE KEY-----",
        data_url(png(), "image/png"),
        '{"mime_type": "image/png", "data": "' + "A" * 5_000 + "\\" * 9,
        f"genyard:media/sha256:{'a' * 64};type=image/png;size=5",
    ]
)
NAMES = st.sampled_from(
    [
        "gen_ai.operation.name",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.usage.input_tokens",
        "gen_ai.response.finish_reasons",
        "gen_ai.conversation.id",
        "genyard.input",
        "genyard.release",
        "genyard.endpoint",
        "genyard.run_id",
        "input.value",
        "llm.input_messages.0.message.content",
        "openinference.span.kind",
        "traceloop.span.kind",
        "traceloop.entity.input",
        "ai.prompt",
        "langfuse.observation.input",
        "user.id",
    ]
)
PLAIN = st.one_of(
    HOSTILE, st.text(max_size=30), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.binary(max_size=9)
)
VALUES = st.recursive(
    PLAIN | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(NAMES | st.text(min_size=1, max_size=8) | HOSTILE, VALUES, max_size=5)
TIMES = st.sampled_from([1, AT_NS, AT_NS + 1, 2**62, 2**63 - 1]) | st.integers(1, 2**63 - 1)
SPAN_IDS = st.integers(1, 4)
EVENTS = st.lists(st.tuples(st.text(max_size=9) | HOSTILE, ATTRIBUTES), max_size=2)
SPANS = st.lists(
    st.fixed_dictionaries(
        {
            "id": SPAN_IDS,
            "parent": st.none() | SPAN_IDS,
            "start": TIMES,
            "end": TIMES,
            "name": HOSTILE | st.text(max_size=20),
            "attributes": ATTRIBUTES,
            "events": EVENTS,
            "kind": st.integers(0, 9),
        }
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(tmp_path_factory.mktemp("home")) as app:
        yield app


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with TestClient(create(app, hosts=loopback_hosts()), base_url="http://127.0.0.1:8321") as client:
        local = {"Authorization": f"Bearer {app.local.token}"}
        made = client.post("/api/projects/acme/keys", json={"name": "fuzz"}, headers=local)
        assert made.status_code == 201, made.text
        client.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        yield client


def sent(drawn: list[dict[str, Any]], trace_id: bytes) -> list[Span]:
    return [
        Span(
            trace_id=trace_id,
            span_id=one["id"].to_bytes(8),
            parent_span_id=b"" if one["parent"] is None else one["parent"].to_bytes(8),
            name=one["name"],
            kind=one["kind"],
            start_time_unix_nano=one["start"],
            end_time_unix_nano=one["end"],
            attributes=pairs(one["attributes"]),
            events=[Span.Event(name=name, attributes=pairs(held)) for name, held in one["events"]],
        )
        for one in drawn
    ]


def post(client: TestClient, path: str, body: bytes, **headers: str) -> int:
    status = client.post(path, content=body, headers={"Content-Type": "application/x-protobuf"} | headers).status_code
    assert status in (200, 400, 413, 415)
    return status


def shown(client: TestClient, trace_id: str) -> list[dict[str, Any]]:
    """Return the spans of a trace with their payloads; its page is there too."""
    reply = client.get(f"/api/projects/acme/traces/{trace_id}", params={"payloads": "true"})
    assert reply.status_code == 200, reply.text
    page = client.get(f"/p/acme/traces/{trace_id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    found: list[dict[str, Any]] = reply.json()["spans"]
    return found


@EXAMPLES
@given(drawn=SPANS, resource=ATTRIBUTES)
def test_a_request_of_any_spans_is_kept_whole(
    client: TestClient, drawn: list[dict[str, Any]], resource: dict[str, Any]
) -> None:
    trace_id = next(NUMBERS).to_bytes(16)
    good = sorted({(f"{one['id']:016x}", one["start"]) for one in drawn if one["start"] < 2**63 - 1})
    status = post(client, "/v1/traces", request(*sent(drawn, trace_id), resource=resource))
    assert status == (200 if good else 400)
    if good:
        assert sorted((one["span_id"], one["start_ns"]) for one in shown(client, trace_id.hex())) == good


@EXAMPLES
@given(drawn=SPANS, cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4))
def test_a_damaged_request_is_refused_or_read_as_it_stands(
    client: TestClient, drawn: list[dict[str, Any]], cut: float, flips: list[tuple[float, int]]
) -> None:
    body = bytearray(request(*sent(drawn, (2**64 + next(NUMBERS)).to_bytes(16))))
    for place, mask in flips:
        body[int(place * (len(body) - 1))] ^= mask
    damaged = bytes(body[: int(cut * len(body)) or len(body)])
    reply = client.post("/v1/traces", content=damaged, headers={"Content-Type": "application/x-protobuf"})
    assert reply.status_code in (200, 400)
    if reply.status_code == 200 and not reply.content:
        read = ExportTraceServiceRequest.FromString(damaged)
        spans = [one for held in read.resource_spans for scope in held.scope_spans for one in scope.spans]
        assert all(shown(client, trace_id) for trace_id in {one.trace_id.hex() for one in spans})


@EXAMPLES
@given(
    body=st.binary(max_size=200)
    | st.recursive(
        PLAIN.filter(lambda one: not isinstance(one, bytes)), lambda inner: st.lists(inner), max_leaves=5
    ).map(lambda value: json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [value]}]}]}).encode()),
    path=st.sampled_from(["/v1/traces", "/v1/logs", "/v1/metrics"]),
    kind=st.sampled_from(
        ["application/json", "application/x-protobuf", "text/plain", "application/json; charset=x", ""]
    ),
    packed=st.sampled_from(["", "gzip", "deflate", "damaged"]),
)
def test_bytes_that_are_no_request_are_refused(
    client: TestClient, body: bytes, path: str, kind: str, packed: str
) -> None:
    encoded = gzip.compress(body) if packed == "gzip" else gzip.compress(body)[:-3] if packed == "damaged" else body
    coding = {"gzip": "gzip", "damaged": "gzip", "deflate": "deflate"}.get(packed)
    post(client, path, encoded, **{"Content-Type": kind}, **({"Content-Encoding": coding} if coding else {}))


def test_the_list_and_the_figures_stand_after_all_that(client: TestClient) -> None:
    for path in ("traces", "stats", "sessions"):
        assert client.get(f"/api/projects/acme/{path}", params={"q": "-attributes.x:1"}).status_code == 200
    assert client.get("/p/acme/traces").status_code == 200
