"""Reading a span into a row, and OTLP/JSON into spans: CPU a span, one thread, on agent traces of eight spans."""

import json
import random
import time
from collections.abc import Callable

from genyard.core.canonical import Json
from genyard.observe.conventions.row import rows_of
from genyard.observe.otlp.json import read_traces
from genyard.store.columns import SPANS
from genyard.store.rows import batch_of

SPANS_AT_ONCE = 512
REPEATS = 60
START_NS = 1_750_000_000_000_000_000


def main() -> None:
    body = request(random.Random(7))
    spans = read_traces(body).spans
    rows = rows_of(spans, project="bench")
    print(f"{len(spans)} spans of {len(body) / len(spans):.0f} bytes as JSON")
    for what, run in (
        ("OTLP/JSON to spans", lambda: read_traces(body)),
        ("spans to rows", lambda: rows_of(spans, project="bench")),
        ("rows to a batch", lambda: batch_of(SPANS, rows)),
    ):
        print(f"{what}: {cpu_us(run) / len(spans):.2f} us of CPU a span (best of {REPEATS})")


def cpu_us(run: Callable[[], object]) -> float:
    """Return the CPU time of the quickest run in microseconds."""
    taken = []
    for _ in range(REPEATS):
        started = time.process_time_ns()
        run()
        taken.append(time.process_time_ns() - started)
    return min(taken) / 1000


def request(rng: random.Random) -> bytes:
    """Return an OTLP/JSON request: an agent, an embedding, a retrieval, two model calls and three tools a trace."""
    spans = [span for _ in range(SPANS_AT_ONCE // 8) for span in trace(rng)]
    resource = {"attributes": pairs({"service.name": "bench", "telemetry.sdk.language": "python"})}
    scopes = [{"scope": {"name": "bench", "version": "1"}, "spans": spans}]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).encode()


def trace(rng: random.Random) -> list[Json]:
    trace_id = f"{rng.getrandbits(128) | 1:032x}"
    chat: dict[str, Json] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.usage.input_tokens": 400,
        "gen_ai.usage.output_tokens": 120,
        "gen_ai.response.finish_reasons": '["stop"]',
        "server.address": "api.example.com",
    }
    tool: dict[str, Json] = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    agent: dict[str, Json] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "bot", "user.id": "u"}
    found: dict[str, Json] = {"gen_ai.operation.name": "retrieval", "db.system.name": "faiss", "retrieval.k": 5}
    embedding: dict[str, Json] = {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 30}
    spans = [agent | spoken(rng, 120, 500), embedding, found]
    spans += [chat | spoken(rng, 1500, 500) for _ in range(2)]
    spans += [tool | {"gen_ai.tool.call.arguments": json.dumps({"q": words(rng, 60)})} for _ in range(3)]
    root = f"{rng.getrandbits(64) | 1:016x}"
    return [span(rng, trace_id, "" if at == 0 else root, attributes) for at, attributes in enumerate(spans)]


def spoken(rng: random.Random, asked: int, answered: int) -> dict[str, Json]:
    sent = [{"role": "user", "parts": [{"type": "text", "content": words(rng, asked)}]}]
    said = [
        {"role": "assistant", "parts": [{"type": "text", "content": words(rng, answered)}], "finish_reason": "stop"}
    ]
    return {"gen_ai.input.messages": json.dumps(sent), "gen_ai.output.messages": json.dumps(said)}


def words(rng: random.Random, size: int) -> str:
    return "".join(rng.choice("aeiou klmnprst") for _ in range(size))


def span(rng: random.Random, trace_id: str, parent: str, attributes: dict[str, Json]) -> Json:
    return {
        "traceId": trace_id,
        "spanId": f"{rng.getrandbits(64) | 1:016x}",
        "parentSpanId": parent,
        "name": str(attributes["gen_ai.operation.name"]),
        "kind": 3,
        "startTimeUnixNano": str(START_NS + rng.getrandbits(30)),
        "endTimeUnixNano": str(START_NS + 2**31),
        "attributes": pairs(attributes),
        "status": {"code": 1},
    }


def pairs(attributes: dict[str, Json]) -> list[Json]:
    return [{"key": name, "value": any_value(value)} for name, value in attributes.items()]


def any_value(value: Json) -> Json:
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


if __name__ == "__main__":
    main()
