"""What the benchmarks share: commands timed as whole processes, a served home, memory of a process tree."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GENYARD = str(Path(sys.executable).with_name("genyard"))


def seconds(command: Sequence[str], *, runs: int = 7, cwd: Path | None = None) -> list[float]:
    """Return the wall-clock seconds of each run, sorted, after one run that is not counted."""
    taken = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=cwd, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return sorted(taken[1:])


def spread(values: Sequence[float], unit: str = "s", digits: int = 3) -> str:
    """Return median and range as text."""
    ordered = sorted(values)
    least, median, most = (f"{value:.{digits}f}" for value in (ordered[0], statistics.median(ordered), ordered[-1]))
    return f"median {median} {unit} (min {least}, max {most}, n {len(ordered)})"


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    pid: int
    ready_s: float


@contextmanager
def served(home: Path, *, cwd: Path, environment: dict[str, str] | None = None) -> Iterator[Served]:
    """Serve ``home`` on a free port for as long as the block lasts."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [GENYARD, "up", "--port", "0", "--json"],
        cwd=cwd,
        env=os.environ | {"GENYARD_HOME": str(home)} | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = json.loads(process.stdout.readline())
    try:
        yield Served(url=said["url"], pid=process.pid, ready_s=time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def memory_mb(pid: int) -> float:
    """Return the proportional set size of a process and its children in MB."""
    total = 0.0
    for one in _tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    return total


def processor_s(pid: int) -> float:
    """Return the seconds of processor that a process and its children have used."""
    ticks = 0
    for one in _tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        for task in Path(f"/proc/{one}/task").iterdir():
            waiting += [int(child) for child in (task / "children").read_text().split()]
