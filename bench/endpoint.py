"""The endpoint: latency that it adds to a model, one connection, plain answers; asked straight and through, in turn."""

import json
import os
import subprocess
import tempfile
import time
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, upstream(delay_s=0.0) as model:
        place = Path(folder)
        _write(place, model)
        with served(place / ".genyard", cwd=place) as server:
            key = _deploy(place)
            straight, through = _in_turn(model, server.url, key)
    print("straight to the model", spread(straight, "ms"))
    print("through the endpoint ", spread(through, "ms"))
    added = sorted(b - a for a, b in zip(straight, through, strict=True))
    print(f"added                 median {added[len(added) // 2]:.3f} ms, p99 {added[int(len(added) * 0.99)]:.3f} ms")


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


def _in_turn(model: str, endpoint: str, key: str) -> tuple[list[float], list[float]]:
    straight, through = [], []
    with httpx2.Client() as client:
        for _ in range(ROUNDS + WARM_UP):
            straight.append(_ask(client, f"{model}/v1", "m", ""))
            through.append(_ask(client, f"{endpoint}/v1", "bench", key))
    return straight[WARM_UP:], through[WARM_UP:]


def _ask(client: httpx2.Client, base: str, model: str, key: str) -> float:
    body = {"model": model, "messages": [{"role": "user", "content": "Is 7 a number?"}]}
    started = time.perf_counter()
    answer = client.post(f"{base}/chat/completions", json=body, headers={"Authorization": f"Bearer {key or chr(45)}"})
    taken = time.perf_counter() - started
    answer.raise_for_status()
    return taken * 1000
