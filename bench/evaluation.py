"""Evaluation, results and traces stored: 5,000 cases of a free model, and 500 of one that takes 100 ms."""

import json
import os
import subprocess
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench.commands import GENYARD
from bench.upstream import upstream
from genyard.client.connect import connect
from genyard.core.settings import read_settings

MANIFEST = """\
project: bench
systems:
  bench: {model: "%s", prompt: prompt.md}
datasets: {cases: cases.jsonl}
metrics: [exact_match, contains, latency_s, cost_usd]
gates: [{metric: contains, on: cases, at_least: 0.5}]
"""
PROMPT = "---\nname: bench\nvariables:\n  question: {type: string}\n---\n{{ question }}\n"


def main() -> None:
    _report("5,000 cases, scripted/fixed", "scripted/fixed:yes", count=5000)
    with upstream(delay_s=0.1) as url:
        ideal = 500 * 0.1 / 50
        _report(f"500 cases, 100 ms model, 50 at once (ideal {ideal:.1f} s)", f"{url}/v1#slow", count=500)


def _report(title: str, model: str, *, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "genyard.yaml").write_text(MANIFEST % model, encoding="utf-8")
        (place / "prompt.md").write_text(PROMPT, encoding="utf-8")
        rows = ({"inputs": {"question": f"Is {i} a number?"}, "expected": {"answers": ["yes"]}} for i in range(count))
        (place / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        first, whole = _evaluate(place)
        print(f"{title}: run {first:.2f} s, whole command {whole:.2f} s; again {_evaluate(place)[1]:.2f} s")


def _evaluate(place: Path) -> tuple[float, float]:
    """Return the seconds of the run, by its own record, and of the whole command."""
    started = time.perf_counter()
    environment = os.environ | {"GENYARD_EVAL_CONCURRENCY": "50"}
    done = subprocess.run([GENYARD, "eval", "--json"], cwd=place, env=environment, check=True, capture_output=True)
    whole = time.perf_counter() - started
    run_id = json.loads(done.stdout)["evaluations"][0]["run"]
    with connect(read_settings({"project": "bench"}), start=place) as client:
        run = client.get(client.of_project("runs", run_id))
    taken = datetime.fromisoformat(run["ended"]) - datetime.fromisoformat(run["started"])
    return taken.total_seconds(), whole
