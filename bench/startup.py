"""Start-up: ``import genyard``, ``genyard --help``, ``genyard up`` until it answers, and its memory at rest."""

import sys
import tempfile
import time
from pathlib import Path

from bench.commands import GENYARD, memory_mb, seconds, served, spread

REST_S = 5


def main() -> None:
    bare = seconds([sys.executable, "-c", "pass"])
    print("python -c pass   ", spread(bare))
    print("import genyard   ", spread(seconds([sys.executable, "-c", "import genyard"])))
    print("genyard --help   ", spread(seconds([GENYARD, "--help"])))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ready = []
        for _ in range(5):
            with served(place / "home", cwd=place) as server:
                ready.append(server.ready_s)
                time.sleep(REST_S)
                resting = memory_mb(server.pid)
    print("server ready     ", spread(ready))
    print(f"memory at rest    {resting:.0f} MB (PSS of all processes, {REST_S} s after the start)")
