"""Real arrival times as load on the intake: when production systems were asked, and the tokens that it took.

Every request of a trace is one call of a model, a span with its tokens, with the trace's time pressed into
``BENCH_SECONDS``. Spans go each by itself, as a host sends them that exports at once, and then collected for half a
second, as OpenTelemetry's batching does by default for up to five. A latency counts from the time at which a request
was due, so a queue is seen.
"""

import asyncio
import csv
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.commands import Served, memory_mb, processor_s, served
from bench.intake import answer, new_key

DATA = Path(os.environ.get("GENYARD_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
COLLECTED_S = tuple(float(one) for one in os.environ.get("BENCH_COLLECTED_S", "0,0.5").split(","))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
CONNECTIONS = 32
_PAUSE_S = 0.05
_IDLE_S = 2.0
"""After which a connection is made anew: the server closes those that rest."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request of a trace: its time since the first, and its tokens."""

    at_s: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes that are due at a time."""

    at_s: float
    body: bytes


@dataclass(slots=True)
class Tally:
    """What the clients saw."""

    latencies_s: list[float] = field(default_factory=list)
    retries: int = 0


def main() -> None:
    for name, read in (("mooncake_trace", _mooncake), ("azure_llm_trace_2023", _azure)):
        arrivals = _pressed(list(read(DATA / name)))
        for collected_s in COLLECTED_S:
            with tempfile.TemporaryDirectory() as folder:
                _measure(name, arrivals, collected_s, Path(folder))


def _mooncake(folder: Path) -> Iterator[Arrival]:
    with (folder / "conversation_first_half.jsonl").open() as file:
        for one in map(json.loads, file):
            yield Arrival(one["timestamp"] / 1000, one["input_length"], one["output_length"])


def _azure(folder: Path) -> Iterator[Arrival]:
    with (folder / "code.csv").open() as file:
        for one in csv.DictReader(file):
            # Seven digits of a second, of which the standard reader takes six.
            at_s = datetime.fromisoformat(f"{one['TIMESTAMP'][:26]}+00:00").timestamp()
            yield Arrival(at_s, int(one["ContextTokens"]), int(one["GeneratedTokens"]))


def _pressed(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return the arrivals in the order of time, the first at 0 and the last at ``SECONDS``."""
    ordered = sorted(arrivals, key=lambda one: one.at_s)
    first, length = ordered[0].at_s, ordered[-1].at_s - ordered[0].at_s
    return [Arrival((one.at_s - first) / length * SECONDS, one.input_tokens, one.output_tokens) for one in ordered]


def _measure(name: str, arrivals: Sequence[Arrival], collected_s: float, place: Path) -> None:
    with served(place / ".genyard", cwd=place) as server:
        key = new_key(place)
        requests = list(_requests(name, arrivals, collected_s))
        # The processes that read spans start with the first request; that is no part of the rate.
        asyncio.run(_replay(server.url, key, list(_requests("warm", arrivals[:1], 0))))
        before = processor_s(server.pid)
        tally = asyncio.run(_replay(server.url, key, requests))
        used, memory = processor_s(server.pid) - before, memory_mb(server.pid)
        kept = _kept(server, key)
        wanted = [len(arrivals), *(sum(getattr(one, column) for one in arrivals) for column in _TOKENS)]
        assert kept == wanted, (kept, wanted)
        cuts = statistics.quantiles(tally.latencies_s, n=100, method="inclusive")
        print(
            f"{name}: {len(arrivals):,} spans in {SECONDS:.0f} s, at most {_most_in_a_second(arrivals):,} in one,"
            f" {f'collected for {collected_s} s' if collected_s else 'each by itself'}\n"
            f"  {len(requests):,} requests, {len(tally.latencies_s):,} accepted, {tally.retries} retried; acknowledged"
            f" after {cuts[49] * 1000:.1f} ms (p50), {cuts[98] * 1000:.1f} ms (p99),"
            f" {max(tally.latencies_s) * 1000:.0f} ms at most\n"
            f"  the lake has {kept[0]:,} calls with {kept[1]:,} + {kept[2]:,} tokens, as the trace;"
            f" {used / len(arrivals) * 1000:.2f} ms of processor a span; {memory:.0f} MB",
            flush=True,
        )


_TOKENS = ("input_tokens", "output_tokens")


def _most_in_a_second(arrivals: Sequence[Arrival]) -> int:
    counts: dict[int, int] = {}
    for one in arrivals:
        counts[int(one.at_s)] = counts.get(int(one.at_s), 0) + 1
    return max(counts.values())


def _requests(name: str, arrivals: Sequence[Arrival], collected_s: float) -> Iterator[Request]:
    """Yield each arrival by itself; with ``collected_s`` those of so many seconds together, due at their end."""
    if not collected_s:
        for number, one in enumerate(arrivals):
            yield Request(one.at_s, _body(name, number, [one]))
        return
    numbered = enumerate(arrivals)
    for tick, held in groupby(numbered, key=lambda one: int(one[1].at_s / collected_s)):
        found = list(held)
        yield Request((tick + 1) * collected_s, _body(name, found[0][0], [one for _, one in found]))


def _body(name: str, number: int, arrivals: Sequence[Arrival]) -> bytes:
    now_ns = time.time_ns()
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = name
    scope = resource.scope_spans.add()
    for place, one in enumerate(arrivals, number):
        digest = hashlib.sha256(f"{name} {place}".encode()).digest()
        span = scope.spans.add(
            trace_id=digest[:16],
            span_id=digest[16:24],
            name="chat m",
            kind=3,
            start_time_unix_nano=now_ns,
            end_time_unix_nano=now_ns + 1_000_000,
        )
        for key, text in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m")):
            span.attributes.add(key=key).value.string_value = text
        for column in _TOKENS:
            span.attributes.add(key=f"gen_ai.usage.{column}").value.int_value = getattr(one, column)
    return bytes(request.SerializeToString())


async def _replay(url: str, key: str, requests: Sequence[Request]) -> Tally:
    tally, waiting = Tally(), asyncio.Queue[tuple[float, bytes]]()
    clients = [asyncio.create_task(_client(url, key, waiting, tally)) for _ in range(CONNECTIONS)]
    started_s = time.perf_counter()
    for one in requests:
        due_s = started_s + one.at_s
        if (left_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(left_s)
        waiting.put_nowait((due_s, one.body))
    while len(tally.latencies_s) < len(requests):
        done = next((one for one in clients if one.done()), None)
        if done is not None:
            done.result()
        await asyncio.sleep(0.01)
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    return tally


async def _client(url: str, key: str, waiting: asyncio.Queue[tuple[float, bytes]], tally: Tally) -> None:
    place, used_s, writer = urlsplit(url), -_IDLE_S, None
    while True:
        due_s, body = await waiting.get()
        if time.perf_counter() - used_s >= _IDLE_S or writer is None:
            if writer is not None:
                writer.close()
            reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 20)
        head = (
            f"POST /v1/traces HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/x-protobuf\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        while True:
            writer.write(head + body)
            status, _ = await answer(reader)
            if status == 200:
                break
            assert status in (429, 503), status
            tally.retries += 1
            await asyncio.sleep(_PAUSE_S)
        used_s = time.perf_counter()
        tally.latencies_s.append(used_s - due_s)


def _kept(server: Served, key: str) -> list[int]:
    """Return how many calls the lake has, and their tokens."""
    select = "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM spans WHERE service_name <> 'warm'"
    reply = httpx2.post(
        f"{server.url}/api/projects/default/sql",
        json={"sql": select},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    reply.raise_for_status()
    return [int(one) for one in reply.json()["rows"][0]]


if __name__ == "__main__":
    main()
