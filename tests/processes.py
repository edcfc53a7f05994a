"""``genyard`` in processes of their own, for what only a process shows: signals, and a server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import httpx2
from tests.projects import Project
from tests.waiting import DEADLINE_S

GENYARD = (sys.executable, "-c", "from genyard.cli.main import main; main()")


def begin(project: Project, *arguments: str, program: tuple[str, ...] = GENYARD) -> subprocess.Popen[str]:
    """Start ``genyard ARGUMENTS`` in the project's folder."""
    return subprocess.Popen(
        [*program, *arguments],
        cwd=project.root,
        env=project.outside() | {"PYTHONPATH": ":".join(path for path in sys.path if path)},
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
    token: str
    process: subprocess.Popen[str]

    def chat(self, endpoint: str, question: str) -> httpx2.Response:
        """Ask an endpoint as any HTTP client would."""
        return httpx2.post(
            f"{self.url}/v1/chat/completions",
            headers={"Authorization": f"Bearer {self.token}"},
            json={"model": endpoint, "messages": [{"role": "user", "content": question}]},
            timeout=DEADLINE_S,
        )


@contextmanager
def up(project: Project) -> Iterator[Served]:
    """Run ``genyard up`` while the block runs; it is killed where the block did not end it."""
    process = begin(project, "up", "--port", "0", "--json")
    try:
        assert process.stdout
        line = _first_line(process.stdout)
        assert line, process.communicate(timeout=DEADLINE_S)
        info = json.loads((project.root / ".genyard" / "server.json").read_text(encoding="utf-8"))
        yield Served(url=json.loads(line)["url"], token=info["token"], process=process)
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_S)


def _first_line(stream: IO[str]) -> str:
    return stream.readline()
