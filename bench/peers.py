"""MLflow and Phoenix beside Genyard in one run: the same spans by the same client, then the same questions.

The harness is that of ``../shared/bench`` (``b1_ingest.py``, ``targets.py``), which talks to each through its own API.
Each peer lives in an environment of its own, whose folder ``GENYARD_BENCH_MLFLOW`` and ``GENYARD_BENCH_PHOENIX`` name;
one that is not named is left out.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.commands import served
from bench.intake import SHARED, new_key

SPANS = int(os.environ.get("GENYARD_BENCH_PEER_SPANS", "8192"))
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "PHOENIX_TELEMETRY_ENABLED": "false", "DO_NOT_TRACK": "true"}
TARGET = Path(__file__).with_name("peer_target.py")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / ".genyard", cwd=Path(folder)) as server:
        os.environ["GENYARD_BENCH_KEY"] = new_key(Path(folder))
        _measure("Genyard", f"{TARGET}:Genyard", server.url, server.pid, Path(folder) / ".genyard")
    for name, kind, command in (("MLflow", "mlflow", _mlflow), ("Phoenix", "phoenix", _phoenix)):
        place = os.environ.get(f"GENYARD_BENCH_{name.upper()}")
        if not place:
            print(f"{name} is left out: GENYARD_BENCH_{name.upper()} names no environment")
            continue
        with tempfile.TemporaryDirectory() as folder, _peer(command, Path(place), Path(folder)) as (url, pid):
            _measure(name, kind, url, pid, Path(folder))


def _measure(name: str, kind: str, url: str, pid: int, disk: Path) -> None:
    asked = ["--kind", kind, "--url", url, "--pid", str(pid), "--disk", str(disk), "--spans", str(SPANS)]
    # The first run is not counted: what is started with the first spans is no part of the rate.
    for counted in (False, True):
        done = subprocess.run(
            [sys.executable, str(SHARED / "b1_ingest.py"), *asked], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
            return
        if counted:
            row = json.loads(done.stdout.strip().splitlines()[-1])
            print(
                f"{name}: {row['accepted_sps']:,} spans/s acknowledged, {row['queryable_sps']:,} until all are counted,"
                f" {row['cpu_s_per_1k']} s of processor for 1,000, {row['mem_mb']} MB,"
                f" {row['disk_B_per_span']:,} bytes a span, {row['failed']} failed",
                flush=True,
            )
    _ask(kind, url)


def _ask(kind: str, url: str) -> None:
    """Time each question that the harness has for a target, over spans that were just sent."""
    sys.path.insert(0, str(SHARED))
    from targets import make  # type: ignore[import-not-found]

    target = make(kind, url)
    target.setup("questions")
    _send(url + target.ingest_path, target)
    questions: dict[str, Callable[[], int]] = target.queries()
    for what, ask in questions.items():
        print(f"  {what:20} {_median_ms(ask):8.0f} ms, median of 5")


def _send(url: str, target: Any) -> None:
    from otlpgen import batches  # type: ignore[import-not-found]

    before = target.count()
    for body, _ in batches(SPANS // 512, 512, project=getattr(target, "name", None)):
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/x-protobuf"})
        for header, value in target.headers().items():
            request.add_header(header, value)
        urllib.request.urlopen(request, timeout=300).read()
    while target.count() - before < SPANS // 512 * 512:
        time.sleep(0.5)


def _median_ms(ask: Callable[[], int]) -> float:
    ask()
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _mlflow(place: Path, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    store = f"sqlite:///{folder}/mlflow.db"
    asked = ["--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", store]
    return [str(place / "bin" / "mlflow"), "server", *asked], {}


def _phoenix(place: Path, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    settings = {"PHOENIX_WORKING_DIR": str(folder), "PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(_free_port())}
    return [str(place / "bin" / "phoenix"), "serve"], settings | {"PHOENIX_HOST": "127.0.0.1"}


Command = Callable[[Path, Path, int], tuple[list[str], dict[str, str]]]


@contextmanager
def _peer(command: Command, place: Path, folder: Path) -> Iterator[tuple[str, int]]:
    port = _free_port()
    started, settings = command(place, folder, port)
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, **QUIET, **settings, "PATH": path}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(started, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(url: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.5)
    raise SystemExit(f"{url} did not come up")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main()
