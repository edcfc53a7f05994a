"""The intake: spans a second durable when acknowledged, until they are found, processor time, memory, bytes on disk.

The spans are those of ``../shared/bench/otlpgen.py``, agent traces of 8 spans of 1.2 kB, with which the peers' figures
were measured too. Bodies are made before the clock starts. Clients are bare connections, which leave the cores to
the server.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.commands import GENYARD, Served, memory_mb, processor_s, served

SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"
SPANS = int(os.environ.get("BENCH_SPANS", "98304"))
CLIENTS = 4
BATCHES = (512, 64)
MASKING = ("off", "mask")
"""Without, and with the rules that every project has from the start."""


@dataclass(frozen=True)
class Sent:
    """What the clients saw."""

    seconds: float
    retries: int
    last_trace: str


def main() -> None:
    for masking, batch in itertools.product(MASKING, BATCHES):
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), batch, masking)


def _measure(place: Path, batch: int, masking: str) -> None:
    made = list(bodies(batch, SPANS))
    home = place / ".genyard"
    with served(home, cwd=place) as server:
        key = new_key(place)
        command = [GENYARD, "masking", "set", "--mode", masking, "--json"]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        # The processes that read spans start with the first request; that is no part of the rate.
        asyncio.run(_send(server, key, made[:CLIENTS]))
        rest = made[CLIENTS:]
        before = processor_s(server.pid)
        sent = asyncio.run(_send(server, key, rest))
        waited = _until_found(server, key, sent.last_trace)
        used = processor_s(server.pid) - before
        count = len(rest) * batch
        print(
            f"masking {masking}, {CLIENTS} clients, {batch} spans a request:"
            f" {count / sent.seconds:,.0f} spans/s acknowledged"
            f" ({count:,} spans, {sent.retries} retries), the last found {waited:.2f} s after its acknowledgement;"
            f" {used / count * 1000:.4f} s of processor for 1,000 spans; {memory_mb(server.pid):.0f} MB"
        )
    total = len(made) * batch
    on_disk = sum(one.stat().st_size for one in (home / "lake" / "spans").rglob("*.parquet"))
    print(f"  after the server ended: {on_disk / total:.0f} bytes a span in the lake")


def bodies(batch: int, spans: int) -> Iterator[bytes]:
    sys.path.insert(0, str(SHARED))
    from otlpgen import batches  # type: ignore[import-not-found]

    for body, _ in batches(spans // batch, batch, days=1.0):
        yield body


def new_key(place: Path) -> str:
    done = subprocess.run([GENYARD, "keys", "create", "load", "--json"], cwd=place, check=True, capture_output=True)
    return str(json.loads(done.stdout)["secret"])


async def _send(server: Served, key: str, bodies: list[bytes]) -> Sent:
    waiting = iter(bodies)
    started = time.perf_counter()
    retries = sum(await asyncio.gather(*(_client(server.url, key, waiting) for _ in range(CLIENTS))))
    return Sent(time.perf_counter() - started, retries, _last_trace(bodies[-1]))


async def _client(url: str, key: str, bodies: Iterator[bytes]) -> int:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 20)
    retries = 0
    for body in bodies:
        while True:
            head = (
                f"POST /v1/traces HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n"
                f"Content-Type: application/x-protobuf\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.writelines((head.encode(), body))
            status, _ = await answer(reader)
            if status == 200:
                break
            assert status in (429, 503), status
            retries += 1
            await asyncio.sleep(0.05)
    writer.close()
    return retries


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
    length = next(int(line.split(":")[1]) for line in head if line.startswith("content-length:"))
    return int(head[0].split()[1]), await reader.readexactly(length)


def _until_found(server: Served, key: str, trace: str) -> float:
    import httpx2

    started = time.perf_counter()
    with httpx2.Client(headers={"Authorization": f"Bearer {key}"}) as client:
        while client.get(f"{server.url}/api/projects/default/traces/{trace}").status_code != 200:
            time.sleep(0.02)
    return time.perf_counter() - started


def _last_trace(body: bytes) -> str:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(body)
    return request.resource_spans[-1].scope_spans[-1].spans[-1].trace_id.hex()


if __name__ == "__main__":
    main()
