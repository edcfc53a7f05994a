"""A process that keeps a server busy: spans at a steady rate, and one text search after another. For bench.endpoint.

Started as ``python -m bench.pressure URL KEY SECONDS``. It says ``ready`` once its requests are made, begins when a
line comes, and says in the end what it saw.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench.intake import answer, bodies

RATE = 10_000
BATCH = 512
CLIENTS = 4
SEARCH = "/api/projects/bench/traces?hours=24&q=zweibr%C3%BCcken"
"""A word that is in no span: every prompt and answer is read."""


def main() -> None:
    url, key, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    made = list(bodies(BATCH, int(seconds * RATE)))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    asyncio.run(_press(url, key, made))


async def _press(url: str, key: str, made: list[bytes]) -> None:
    started = time.perf_counter()
    due = iter([(started + place * BATCH / RATE, body) for place, body in enumerate(made)])
    searching = asyncio.create_task(_search(url, key))
    late = [one for some in await asyncio.gather(*(_send(url, key, due) for _ in range(CLIENTS))) for one in some]
    taken = time.perf_counter() - started
    searching.cancel()
    searches = await asyncio.gather(searching, return_exceptions=True)
    found = searches[0]
    if isinstance(found, BaseException):
        raise found
    late.sort()
    print(
        f"{len(made) * BATCH / taken:,.0f} spans/s acknowledged,"
        f" p50 {late[len(late) // 2] * 1000:.0f} ms and p99 {late[int(len(late) * 0.99)] * 1000:.0f} ms after due;"
        f" {len(found)} text searches, median {statistics.median(found or [0]) * 1000:.0f} ms"
    )


async def _send(url: str, key: str, due: Iterator[tuple[float, bytes]]) -> list[float]:
    """Send what is due, one at a time; return how long after that each was acknowledged."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 20)
    late = []
    for at, body in due:
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        while True:
            head = _head("POST /v1/traces", place.netloc, key) + f"Content-Length: {len(body)}\r\n\r\n"
            writer.writelines((head.encode(), body))
            status, _ = await answer(reader)
            if status == 200:
                break
            await asyncio.sleep(0.05)
        late.append(time.perf_counter() - at)
    writer.close()
    return late


async def _search(url: str, key: str) -> list[float]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 20)
    taken = []
    try:
        while True:
            started = time.perf_counter()
            writer.write((_head(f"GET {SEARCH}", place.netloc, key) + "\r\n").encode())
            status, told = await answer(reader)
            assert status == 200, told
            taken.append(time.perf_counter() - started)
    except asyncio.CancelledError:
        writer.close()
        return taken


def _head(request: str, host: str, key: str) -> str:
    return (
        f"{request} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/x-protobuf\r\n"
    )


if __name__ == "__main__":
    main()
