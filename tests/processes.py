"""``genyard`` in processes of their own, for what only a process shows: signals, and a server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from tests.projects import Project
from tests.waiting import DEADLINE_S

ROOT = Path(__file__).parents[1]
GENYARD = (sys.executable, "-c", "from genyard.cli.main import main; main()")


def begin(project: Project, *arguments: str, program: tuple[str, ...] = GENYARD) -> subprocess.Popen[str]:
    """Start ``genyard ARGUMENTS`` in the project's folder. The path is ours, so that it finds the tests too."""
    return subprocess.Popen(
        [*program, *arguments],
        cwd=project.root,
        env=project.outside() | {"PYTHONPATH": ":".join([str(ROOT), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process; return how it ended and what it said."""
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running ``genyard up``."""

    url: str
    sign_in: str
    """The one-time link for a browser."""
    process: subprocess.Popen[str]

    def chat(self, endpoint: str, question: str, *, key: str, stream: bool = False) -> httpx2.Response:
        """Ask an endpoint as any HTTP client would."""
        return httpx2.post(
            f"{self.url}/v1/chat/completions",
            headers={"Authorization": f"Bearer {key}"},
            json={"model": endpoint, "messages": [{"role": "user", "content": question}], "stream": stream},
            timeout=DEADLINE_S,
        )


@contextmanager
def up(project: Project) -> Iterator[Served]:
    """Run ``genyard up`` while the block runs; it is killed where the block did not end it."""
    process = begin(project, "up", "--port", "0", "--json")
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, process.communicate(timeout=DEADLINE_S)
        said = json.loads(line)
        yield Served(url=said["url"], sign_in=said["sign_in"], process=process)
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_S)


def children() -> list[int]:
    """Return the processes that this one has started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread may have ended since
            found += map(int, (task / "children").read_text().split())
    return found
