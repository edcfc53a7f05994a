"""A terminal in a project folder: runs what a page tells its reader to type."""

import contextlib
import io
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.docs.pages import ROOT

from genyard.cli.main import run as run_command

USER = "ada"
SHOWN_FOLDER = "/home/ada/handbook"
SHOWN_ADDRESS = "127.0.0.1:8321"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NEEDS_SHELL = re.compile(r"[|<>;&$`\\\n]|=\S* genyard")
_OF_THE_SHELL = ("PWD", "OLDPWD", "SHLVL", "_")
_TIMEOUT_S = 120


@dataclass(kw_only=True)
class Terminal:
    """Remembers, as a shell does, its variables and how the last command ended."""

    folder: Path
    port: int
    printed: str = ""
    """What the last block of Python wrote, until it was compared."""
    variables: dict[str, str] = field(default_factory=dict)
    _left: int = 0
    _servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, command: str) -> str:
        """Run a command and return what it wrote, both to its output and about errors."""
        inside = command.replace(SHOWN_ADDRESS, f"127.0.0.1:{self.port}").replace(SHOWN_FOLDER, str(self.folder))
        if command.startswith("genyard up"):
            said = self._serve(inside)
        elif command.startswith("genyard ") and not _NEEDS_SHELL.search(command):
            said = self._run_here(shlex.split(inside)[1:])
        else:
            said = self._run_in_shell(inside)
        shown = _ESCAPES.sub("", said).replace(str(self.folder), SHOWN_FOLDER)
        return shown.replace(f"127.0.0.1:{self.port}", SHOWN_ADDRESS).rstrip("\n")

    def must(self, command: str) -> str:
        """Run a command that has to succeed."""
        said = self.run(command)
        assert self._left == 0, f"$ {command}\n{said}"
        return said

    def python(self, text: str) -> str:
        """Run Python in the folder, with the variables of the shell."""
        return self.run(f"python - <<'END_OF_BLOCK'\n{text}END_OF_BLOCK")

    def close(self) -> None:
        """End the servers that were started here."""
        for server in self._servers:
            server.send_signal(signal.SIGINT)
        for server in self._servers:
            server.communicate(timeout=_TIMEOUT_S)

    def _run_here(self, arguments: list[str]) -> str:
        """Run ``genyard`` in this process, where everything is imported: that saves a second a command."""
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with (
            contextlib.chdir(self.folder),
            patch.dict(os.environ, self.variables, clear=True),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            self._left = run_command(arguments)
        said.seek(0)
        return said.read()

    def _run_in_shell(self, command: str) -> str:
        kept = self.folder.with_suffix(".variables")
        done = subprocess.run(
            ["sh", "-c", f"(exit {self._left})\n{command}\nleft=$?\nenv -0 > {kept}\nexit $left"],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            encoding="utf-8",
            check=False,
        )
        self._left = done.returncode
        found = dict(line.split("=", 1) for line in kept.read_text(encoding="utf-8").split("\0") if line)
        self.variables = {name: value for name, value in found.items() if name not in _OF_THE_SHELL}
        return done.stdout

    def _serve(self, command: str) -> str:
        """Start a server, and return what it says first: three lines, or its error."""
        server = subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert server.stdout
        said = "".join(server.stdout.readline() for _ in range(3))
        self._servers.append(server)
        return said


@contextmanager
def terminal_in(folder: Path) -> Iterator[Terminal]:
    """Open a terminal in ``folder``, with nothing of this machine's user; ``genyard up`` there takes a free port."""
    port = free_port()
    variables = {
        "COLUMNS": "100",
        "GENYARD_PORT": str(port),
        "HOME": str(folder.parent),
        "LC_ALL": "C.UTF-8",
        "LOGNAME": USER,
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'src'}",
        "TERM": "dumb",
    }
    terminal = Terminal(folder=folder, port=port, variables=variables)
    try:
        yield terminal
    finally:
        terminal.close()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
