"""The endpoint: latency that it adds to a model, one connection, plain answers; asked straight and through, in turn.

First at rest, then while 10,000 spans a second arrive and one text search after another runs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from bench.commands import GENYARD, served, spread
from bench.upstream import upstream

MANIFEST = """\
project: bench
systems:
  bench: {model: "%s/v1#m", prompt: prompt.md}
datasets: {cases: cases.jsonl}
metrics: [contains]
gates: [{metric: contains, on: cases, at_least: 0.5}]
"""
PROMPT = "---\nname: bench\nvariables:\n  question: {type: string}\n---\n{{ question }}\n"
ROUNDS = 400
WARM_UP = 50
PRESSED_S = float(os.environ.get("BENCH_PRESSED_S", "20"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, upstream(delay_s=0.0) as model:
        place = Path(folder)
        _write(place, model)
        with served(place / ".genyard", cwd=place) as server:
            key = _deploy(place)
            _report("at rest", *_in_turn(model, server.url, key, count=ROUNDS))
            with _pressed(server.url, key):
                _report("under load", *_in_turn(model, server.url, key, seconds=PRESSED_S * 0.8))


def _report(title: str, straight: list[float], through: list[float]) -> None:
    added = sorted(b - a for a, b in zip(straight, through, strict=True))
    print(f"{title}: straight to the model", spread(straight, "ms"))
    print(f"{title}: through the endpoint ", spread(through, "ms"))
    median, p90, p99 = (added[int(len(added) * share)] for share in (0.5, 0.9, 0.99))
    print(f"{title}: added                 median {median:.3f} ms, p90 {p90:.3f} ms, p99 {p99:.3f} ms")


@contextmanager
def _pressed(url: str, key: str) -> Iterator[None]:
    """Keep the server busy while the block runs, from a process of its own."""
    command = [sys.executable, "-m", "bench.pressure", url, key, str(PRESSED_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(1.0)  # the processes that read spans start with the first of them
        yield
        print("the load:", process.stdout.readline().strip())


def _write(place: Path, model: str) -> None:
    rows = ({"inputs": {"question": f"Is {i} a number?"}, "expected": {"answers": ["yes"]}} for i in range(40))
    (place / "genyard.yaml").write_text(MANIFEST % model, encoding="utf-8")
    (place / "prompt.md").write_text(PROMPT, encoding="utf-8")
    (place / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _deploy(place: Path) -> str:
    def run(*arguments: str) -> dict[str, str]:
        done = subprocess.run(
            [GENYARD, *arguments, "--json"], cwd=place, env=os.environ, check=True, capture_output=True
        )
        said: dict[str, str] = json.loads(done.stdout)
        return said

    run("release")
    run("deploy", "bench", "--to", "prod")
    return run("keys", "create", "bench")["secret"]


def _in_turn(
    model: str, endpoint: str, key: str, *, count: int | None = None, seconds: float = 60.0
) -> tuple[list[float], list[float]]:
    """Ask in turn ``count`` times, or for ``seconds``."""
    straight, through = [], []
    until = time.monotonic() + seconds
    with httpx2.Client() as client:
        while time.monotonic() < until and (count is None or len(through) < count + WARM_UP):
            straight.append(_ask(client, f"{model}/v1", "m", ""))
            through.append(_ask(client, f"{endpoint}/v1", "bench", key))
    skipped = WARM_UP if count else 0
    return straight[skipped:], through[skipped:]


def _ask(client: httpx2.Client, base: str, model: str, key: str) -> float:
    body = {"model": model, "messages": [{"role": "user", "content": "Is 7 a number?"}]}
    started = time.perf_counter()
    answer = client.post(f"{base}/chat/completions", json=body, headers={"Authorization": f"Bearer {key or chr(45)}"})
    taken = time.perf_counter() - started
    answer.raise_for_status()
    return taken * 1000
