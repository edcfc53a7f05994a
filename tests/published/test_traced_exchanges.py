"""Recorded exchanges, replayed through the real client and the field's instrumentors: the lake has their tokens."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as Traceloop
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tests.observe.pictures import data_url, encoded, png, wav
from tests.processes import Served, up
from tests.projects import Project
from tests.published.replayed import INPUT_NAMES, OUTPUT_NAMES, Exchange, count, read_exchanges, replaying
from tests.waiting import DEADLINE_S

from genyard.core.digest import digest_of_bytes
from genyard.core.media import references_in
from genyard.observe.conventions.usage import usage_of

Span = Mapping[str, Any]
CHAT, RESPONSES = "/chat/completions", "/responses"
DETAILS = {
    "cache_read_tokens": ("prompt_tokens_details", "input_tokens_details", "cached_tokens"),
    "cache_write_tokens": ("prompt_tokens_details", "input_tokens_details", "cache_write_tokens"),
    "reasoning_tokens": ("completion_tokens_details", "output_tokens_details", "reasoning_tokens"),
}
UNTOLD_BY_TRACELOOP = (
    "test_mistral/test_mistral_model_thinking_part_iter#0",
    "test_openai_responses/test_openai_previous_response_id#0",
    "test_openai_responses/test_openai_previous_response_id#1",
    "test_openai_responses/test_openai_previous_response_id_auto_mode#0",
    "test_openai_responses/test_openai_responses_verbosity#0",
)
"""What its instrumentor itself fails on: a stream whose content is a list, and usage without ``cache_write_tokens``."""


@pytest.fixture(scope="module")
def exchanges(shared_data: Path) -> list[Exchange]:
    return read_exchanges(shared_data)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(root=tmp_path_factory.mktemp("exchanges"))


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Served]:
    with up(project) as served:
        yield served


@pytest.fixture(scope="module")
def key(served: Served, project: Project) -> str:
    assert served.process.poll() is None
    return str(project.ok("keys", "create", "app")["secret"])


def ask(client: openai.OpenAI, exchange: Exchange) -> None:
    """Ask as the recorded application did, and read the answer to its end."""
    call = call_of(client, exchange)
    with suppress(openai.APIError, json.JSONDecodeError, TypeError):  # the last is Traceloop's own
        answer = call()
        if isinstance(answer, openai.Stream):
            for _ in answer:
                pass


def call_of(client: openai.OpenAI, exchange: Exchange) -> Callable[[], Any]:
    """Return the call of the client that sends the recorded request."""
    if exchange.method == "GET":
        response_id = exchange.path.rpartition("/")[2]
        stream = exchange.text is not None
        return lambda: client.responses.retrieve(response_id, stream=stream)
    if exchange.path.endswith(CHAT):
        return called(client.chat.completions.create, exchange.request)
    if exchange.path.endswith("/compact"):
        return called(client.responses.compact, exchange.request)
    return called(client.responses.create, exchange.request)


def called(create: Callable[..., Any], request: Mapping[str, Any]) -> Callable[[], Any]:
    """Give what the client has no argument for in the body, as applications do."""
    known = inspect.signature(create).parameters
    given = {name: value for name, value in request.items() if name in known}
    extra = {name: value for name, value in request.items() if name not in known}
    return lambda: create(**given, extra_body=extra or None)


def drivable(exchange: Exchange) -> bool:
    """Whether the OpenAI client sends such a request."""
    if exchange.method == "GET":
        return "/responses/" in exchange.path
    return exchange.method == "POST" and exchange.path.endswith((CHAT, RESPONSES, "/responses/compact"))


def is_counted(exchange: Exchange) -> bool:
    """Whether an exchange is among those whose usage the source of the recordings sums up."""
    return exchange.text is None and count(exchange.usage, INPUT_NAMES) is not None


def traced(served: Served, key: str, instrumentor: Any, exchanges: list[Exchange]) -> dict[int, list[Span]]:
    """Replay ``exchanges`` under an instrumentor; return the spans of each that the server keeps."""
    headers, service = {"Authorization": f"Bearer {key}"}, type(instrumentor).__module__.partition(".")[0]
    exporter = OTLPSpanExporter(f"{served.url}/v1/traces", headers=headers, compression=Compression.Gzip)
    tracing = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    tracing.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=4096))
    tracer = tracing.get_tracer("replay")
    roots: dict[str, int] = {}
    instrumentor.instrument(tracer_provider=tracing)
    try:
        with replaying(exchanges) as url, openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
            for one in exchanges:
                forget_responses()
                with tracer.start_as_current_span("exchange") as root:
                    roots[f"{root.get_span_context().trace_id:032x}"] = one.number
                    ask(client.with_options(base_url=f"{url}/{one.number}"), one)
    finally:
        instrumentor.uninstrument()
    tracing.shutdown()
    found: dict[int, list[Span]] = {number: [] for number in roots.values()}
    with httpx2.stream(
        "GET",
        f"{served.url}/api/projects/default/traces/export?limit=1000&q=service:{service}",
        headers=headers,
        timeout=DEADLINE_S,
    ) as reply:
        for span in map(json.loads, reply.iter_lines()):
            if span["trace_id"] in roots and span["parent_span_id"]:
                found[roots[span["trace_id"]]].append(span)
    return found


def forget_responses() -> None:
    """Let Traceloop's instrumentor forget the responses that it keeps by id: the recordings' ids were made alike."""
    from opentelemetry.instrumentation.openai.v1 import responses_wrappers  # importing it warns

    responses_wrappers.responses.clear()


def detail(usage: Mapping[str, Any], column: str) -> int | None:
    *outer, inner = DETAILS[column]
    found: int | None = next((usage[name].get(inner) for name in outer if usage.get(name)), None)
    return found


def check(exchange: Exchange, spans: list[Span]) -> None:
    """The lake has one call of a model, with the tokens that the provider counted."""
    assert [one["operation"] for one in spans] == ["chat"], exchange.id
    (span,) = spans
    assert (span["usage_scope"], span["input_tokens"], span["output_tokens"]) == (
        "self",
        count(exchange.usage, INPUT_NAMES),
        count(exchange.usage, OUTPUT_NAMES),
    ), exchange.id
    for column in DETAILS:
        recorded = detail(exchange.usage, column)
        assert span[column] in (None, 0 if recorded is None else recorded), (exchange.id, column)


def test_the_exchanges_are_those_that_their_source_counts(exchanges: list[Exchange]) -> None:
    counted = [one for one in exchanges if is_counted(one)]
    assert (len(exchanges), len(counted)) == (383, 277)
    assert sum(count(one.usage, INPUT_NAMES) or 0 for one in counted) == 333_383
    assert sum(count(one.usage, OUTPUT_NAMES) or 0 for one in counted) == 49_065


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize(
    ("instrumentor", "untold", "counted"),
    [(OpenInference(), (), 208), (Traceloop(), UNTOLD_BY_TRACELOOP, 196)],
    ids=["openinference", "traceloop"],
)
def test_the_tokens_of_a_traced_call_are_those_that_were_recorded(
    served: Served,
    key: str,
    exchanges: list[Exchange],
    instrumentor: Any,
    untold: tuple[str, ...],
    counted: int,
) -> None:
    asked = [one for one in exchanges if drivable(one)]
    found = traced(served, key, instrumentor, asked)
    told = [one for one in asked if one.usage and one.id not in untold]
    if untold:  # Traceloop's writes no span for a call of ``compact``
        told = [one for one in told if not one.path.endswith("/compact")]
    assert len(told) == counted
    for one in told:
        check(one, found[one.number])
    for one in asked:
        if one not in told:
            assert all(span["input_tokens"] is None for span in found[one.number]), one.id


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")
@pytest.mark.parametrize(
    ("instrumentor", "is_heard"),
    [(OpenInference(), False), (Traceloop(upload_base64_image=None), True)],
    ids=["openinference", "traceloop"],
)
def test_a_picture_and_a_recording_of_a_traced_call_are_kept_apart_from_its_span(
    served: Served, key: str, exchanges: list[Exchange], instrumentor: Any, is_heard: bool
) -> None:
    """OpenInference's writes no recording into its messages. Traceloop's, made otherwise, loses them with a picture."""
    picture, recording = png(), wav()
    content = [
        {"type": "text", "text": "What do you see and hear?"},
        {"type": "image_url", "image_url": {"url": data_url(picture, "image/png")}},
        {"type": "input_audio", "input_audio": {"data": encoded(recording), "format": "wav"}},
    ]
    answered = next(one for one in exchanges if one.path.endswith(CHAT) and one.usage and one.text is None)
    asked = replace(answered, request={"model": "gpt-4o", "messages": [{"role": "user", "content": content}]})
    (span,) = traced(served, key, instrumentor, [asked])[asked.number]
    assert not any(encoded(one)[:80] in json.dumps(span) for one in (picture, recording))
    assert "What do you see" in json.dumps(span["input_messages"])
    told = {one.digest: one.media_type for one in references_in(json.dumps(span["input_messages"]))}
    heard = {digest_of_bytes(recording): "audio/wav"} if is_heard else {}
    assert told == {digest_of_bytes(picture): "image/png"} | heard
    headers = {"Authorization": f"Bearer {key}"}
    for digest, media_type in told.items():
        reply = httpx2.get(
            f"{served.url}/api/projects/default/traces/{span['trace_id']}/media/{digest}", headers=headers
        )
        assert (reply.headers["Content-Type"], digest_of_bytes(reply.content)) == (media_type, digest)


def test_usage_that_a_tracer_keeps_as_the_provider_wrote_it_is_read_alike(exchanges: list[Exchange]) -> None:
    """Anthropic's and Google's clients are not driven here: their usage objects are read as tracers hand them on."""
    others = [one for one in exchanges if is_counted(one) and not drivable(one)]
    assert len(others) == 90
    for one in others:
        read, usage = usage_of(one.usage), one.usage
        cached = sum(usage.get(name) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
        assert read["input_tokens"] == (count(usage, INPUT_NAMES) or 0) + cached, one.id
        assert read.get("output_tokens") == count(usage, OUTPUT_NAMES), one.id
