"""The explorer through the HTTP API, over a lake of many spans: medians of warm questions on one connection.

``GENYARD_BENCH_SPANS`` and ``GENYARD_BENCH_DAYS`` say how many; a million over 30 days unless given. The lake is
made in a folder that is removed afterwards, or kept in ``GENYARD_BENCH_FOLDER`` and taken from there the next time.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2

from bench.commands import Served, memory_mb, processor_s, served
from bench.lake import HUGE_TRACE, NEEDLE, PROJECT, write_lake

SPANS = int(os.environ.get("GENYARD_BENCH_SPANS", "1000000"))
DAYS = int(os.environ.get("GENYARD_BENCH_DAYS", "30"))
RUNS = 9
BIG_DAY = 500_000
"""The spans of the one day over which text is searched."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(os.environ.get("GENYARD_BENCH_FOLDER") or folder)
        measure(place / f"{SPANS}-{DAYS}", place, spans=SPANS, days=DAYS)
        text(place / "day", place)


def measure(home: Path, place: Path, *, spans: int, days: int) -> None:
    """Ask what the pages and the command line ask, of ``spans`` over ``days``."""
    _filled(home, spans=spans, days=days)
    print(f"{spans:,} spans over {days} days, {_size_mb(home):.0f} MB")
    with served(home, cwd=place, environment={"GENYARD_PROJECT": PROJECT}) as server, _Client(home, server.url) as ask:
        traces, month = f"/api/projects/{PROJECT}/traces", {"hours": 24 * days}
        newest = ask(traces, {})["traces"][20]
        day = {"hours": 24}
        _say(server, "latest 50 traces of all days", lambda: ask(traces, month))
        _say(server, "one trace by its id", lambda: ask(f"{traces}/{newest['trace_id']}", {}))
        _say(server, "a day by a column", lambda: ask(traces, day | {"q": "model:gpt-4o"}))
        _say(server, "a day by an attribute", lambda: ask(traces, day | {"q": "attributes.http.route:/r7"}))
        _say(server, "a day by cost", lambda: ask(traces, day | {"sort": "cost"}))
        _say(server, "a day, two conditions", lambda: ask(traces, day | {"q": "status:error model:gpt-4o"}))
        _say(server, "all days by latency", lambda: ask(traces, month | {"sort": "latency"}))
        _say(server, "figures by day, all days", lambda: ask(f"/api/projects/{PROJECT}/stats", month))
        _say(server, "figures by day and model", lambda: ask(f"/api/projects/{PROJECT}/stats", month | {"by": "model"}))
        _say(
            server,
            "values of a column, a day",
            lambda: ask(f"/api/projects/{PROJECT}/facets", day | {"column": "model"}),
        )
        _say(server, "sessions of a day", lambda: ask(f"/api/projects/{PROJECT}/sessions", day))
        _say(server, "a trace of 50,000 spans, its page", lambda: ask(f"/p/{PROJECT}/traces/{HUGE_TRACE}", {}))
        print(f"{'memory of the server':38} {memory_mb(server.pid):8.0f} MB")


def text(home: Path, place: Path) -> None:
    """Look for a rare word in a day of many spans."""
    _filled(home, spans=BIG_DAY, days=1)
    print(f"{BIG_DAY:,} spans in a day, {_size_mb(home):.0f} MB")
    with served(home, cwd=place, environment={"GENYARD_PROJECT": PROJECT}) as server, _Client(home, server.url) as ask:
        traces = f"/api/projects/{PROJECT}/traces"
        _say(server, "a rare word in a day", lambda: ask(traces, {"hours": 24, "q": NEEDLE}))
        _say(server, "two words in a day", lambda: ask(traces, {"hours": 24, "q": f"{NEEDLE} kalo"}))


Ask = Callable[[str, Mapping[str, object]], dict[str, list[dict[str, str]]]]


class _Client:
    """A client that acts as the person at this computer."""

    def __init__(self, home: Path, url: str) -> None:
        token = json.loads((home / "server.json").read_text())["token"]
        self._http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120)
        # The lake was written beside the server: with its first key the project comes into being.
        self._http.post(f"/api/projects/{PROJECT}/keys", json={"name": "bench"}).raise_for_status()

    def __enter__(self) -> Ask:
        return self._ask

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _ask(self, path: str, query: Mapping[str, object]) -> dict[str, list[dict[str, str]]]:
        reply = self._http.get(path, params={name: str(value) for name, value in query.items()})
        reply.raise_for_status()
        is_json = reply.headers["content-type"].startswith("application/json")
        found: dict[str, list[dict[str, str]]] = reply.json() if is_json else {}
        return found


def _filled(home: Path, *, spans: int, days: int) -> None:
    if not (home / "lake").exists():
        write_lake(home / "lake", spans=spans, days=days, until_ns=time.time_ns())


def _say(server: Served, what: str, ask: Callable[[], object]) -> None:
    """Print wall time and processor time, which a busy machine does not stretch."""
    ask()
    taken, before = [], processor_s(server.pid)
    for _ in range(RUNS):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    spent = (processor_s(server.pid) - before) / RUNS * 1000
    spread = f"min {min(taken):.0f}, max {max(taken):.0f}, n {RUNS}"
    print(f"{what:38} {statistics.median(taken):7.0f} ms ({spread}), {spent:5.0f} ms of processor", flush=True)


def _size_mb(home: Path) -> float:
    return sum(one.stat().st_size for one in home.rglob("*.parquet")) / 1e6
