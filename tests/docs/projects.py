"""The folders that pages run in: copies of ``examples/handbook``.

``empty``      a folder with the handbook's pages and nothing else
``handbook``   the example, nothing done yet
``served``     the same, and its server runs
``released``   its first release serves prod and staging, three questions were asked there, and its server runs
"""

import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn
from tests.docs.pages import ROOT
from tests.docs.terminal import USER, Terminal, terminal_in

from genyard.app import build
from genyard.core.settings import read_settings
from genyard.server.checks import loopback_hosts
from genyard.server.web import create
from genyard.store.home import ServerInfo

EXAMPLE = ROOT / "examples" / "handbook"
SETUPS = ("empty", "handbook", "served", "released")
QUESTIONS = ("When is the bonus paid?", "Who do I tell when I lost my badge?", "What does a main dish cost?")


def copy_example(folder: Path, *, pages_only: bool = False) -> None:
    """Copy the example, so that pages show what their reader gets."""
    for name in ("handbook",) if pages_only else ("handbook", "prompts", "data"):
        shutil.copytree(EXAMPLE / name, folder / name)
    if not pages_only:
        shutil.copy(EXAMPLE / "genyard.yaml", folder)


def make_released(folder: Path) -> None:
    """Make the folder of the set-up ``released``, for copies."""
    copy_example(folder)
    with terminal_in(folder) as terminal, served(folder, terminal.port):
        for command in ("release", "deploy handbook --to prod", "deploy handbook --to staging"):
            terminal.must(f"genyard {command}")
        key = terminal.must("genyard keys create traffic --days 1 | head -1")
        for question in QUESTIONS:
            _ask(terminal, key, question)


def _ask(terminal: Terminal, key: str, question: str) -> None:
    body = json.dumps({"model": "handbook", "messages": [{"role": "user", "content": question}]})
    said = terminal.must(
        f"curl -s -H 'Authorization: Bearer {key}' -d {json.dumps(body)} http://127.0.0.1:8321/v1/chat/completions"
    )
    assert "chatcmpl-" in said, said


@contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    """Serve the home of ``folder`` from a thread of this process, which has everything imported already."""
    settings = read_settings({"port": str(port)}, environment={})
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.create_server(("127.0.0.1", port)) as listener,
        ExitStack() as opened,
    ):
        patch.setenv("LOGNAME", USER)
        app = opened.enter_context(build(settings, folder / ".genyard"))
        config = uvicorn.Config(
            create(app, hosts=loopback_hosts()), log_level="warning", access_log=False, server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        app.home.announce(ServerInfo(url=f"http://127.0.0.1:{port}", pid=os.getpid(), token=app.local.token))
        app.jobs.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
            app.home.withdraw()
