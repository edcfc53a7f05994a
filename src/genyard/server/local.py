"""The server as a person starts it: inside one command (``start``), or until Ctrl-C (``serve``)."""

import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from genyard.app import App, build
from genyard.core.errors import InvalidInput, Unreachable
from genyard.core.settings import Settings
from genyard.observe.exporters import InProcesses
from genyard.pipelines import lake_care
from genyard.pipelines.enqueue import enqueue_erasure
from genyard.server.api.sign_in_links import sign_in_path
from genyard.server.checks import loopback_hosts
from genyard.server.logs import logging_to
from genyard.server.otlp_grpc import check_installed, grpc_door
from genyard.server.patience import patient
from genyard.server.web import Lifespan, create
from genyard.store.compacting import CompactInProcess
from genyard.store.home import ServerInfo

_BACKLOG = 2048
_FILES = 65_536
_OWN_FILES = 512
"""Files that are left for the log, the lake, the catalog and child processes, however many connect."""
SWITCH_S = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessServer:
    """The web app in this process, with the key of the person who started it."""

    asgi: FastAPI
    token: str
    _app: App
    _opened: ExitStack

    async def close(self) -> None:
        """Stop jobs, flush the lake, give the home's lock back."""
        await self._app.providers.aclose()
        self._opened.close()


async def start(settings: Settings, home: Path) -> InProcessServer:
    """Open a home for one command. Raises HomeLocked when another process has it."""
    opened = ExitStack()
    opened.enter_context(logging_to(home, watched=False))
    app = opened.enter_context(build(settings, home))
    asgi = create(app, hosts=loopback_hosts())
    return InProcessServer(asgi=asgi, token=app.local.token, _app=app, _opened=opened)


def serve(settings: Settings, home: Path, *, as_json: bool) -> None:
    """Serve a home until Ctrl-C or SIGTERM.

    Raises HomeLocked, Unreachable when a port is taken, InvalidInput when gRPC is asked for and not installed.
    """
    _check_grpc(settings)
    with (
        logging_to(home, watched=True),
        build(settings, home, exporter=InProcesses(settings.intake_processes), compactor=CompactInProcess()) as app,
        _listening(settings.host, settings.port, hint="genyard up --port 0") as listener,
    ):
        host, port = listener.getsockname()[:2]
        url = f"http://{_shown(host)}:{port}"
        asgi = create(app, hosts=_hosts(settings), lifespan=_lifespan(app, url, as_json=as_json))
        config = uvicorn.Config(
            asgi,
            http=patient(most=_most_connections()),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        _answer_first()
        with _ending_well():
            uvicorn.Server(config).run(sockets=[listener])


def _most_connections() -> int:
    """Take as many open files as the system gives, and return how many of them may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(64, (wanted if soft == resource.RLIM_INFINITY else soft) - _OWN_FILES)


def _answer_first() -> None:
    """Set the interpreter up for short waits: between its threads, and for its search for cycles."""
    # An answer gives the interpreter up a dozen times, and each time waits so long for a thread that computes.
    sys.setswitchinterval(SWITCH_S)
    # What is there now stays: to look through it again and again would hold up every answer.
    gc.freeze()


@contextmanager
def _ending_well() -> Iterator[None]:
    """Let a signal end the server and nothing else.

    uvicorn stops serving and then raises the signal again, which would end the process before the home is closed.
    """
    before = {one: signal.signal(one, lambda *_: None) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _lifespan(app: App, url: str, *, as_json: bool) -> Lifespan:
    settings = app.bench.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with _grpc(app, settings), _announced(app, url, as_json=as_json):
            yield

    return lifespan


def _grpc(app: App, settings: Settings) -> AbstractAsyncContextManager[None]:
    return grpc_door(app, settings.host, settings.grpc_port) if settings.grpc_port else nullcontext()


@asynccontextmanager
async def _announced(app: App, url: str, *, as_json: bool) -> AsyncIterator[None]:
    """Be found by commands, and work on jobs, while the block runs."""
    app.home.announce(ServerInfo(url=url, pid=os.getpid(), token=app.local.token))
    # The worker takes more than a second to start; pages and answers do not wait for it.
    starting = threading.Thread(target=_start_worker, args=(app,), name="genyard-worker-start", daemon=True)
    starting.start()
    _say(app, url, as_json=as_json)
    try:
        yield
    finally:
        app.home.withdraw()
        # A worker that is still on its way up cannot be stopped.
        await run_in_threadpool(starting.join)
        await app.providers.aclose()


def _start_worker(app: App) -> None:
    app.jobs.start()
    lake_care.schedule(app.jobs, principal=app.local.actor.principal)
    for request in app.bench.erasures.requests.pending():
        # A request that is written is a promise, also where the server was killed before its job was.
        enqueue_erasure(app.jobs, request)
    gc.freeze()


def _say(app: App, url: str, *, as_json: bool) -> None:
    link = f"{url}{sign_in_path(app)}"
    settings = app.bench.settings
    grpc = f"{_shown(settings.host)}:{settings.grpc_port}" if settings.grpc_port else None
    if as_json:
        said: dict[str, str | None] = {"grpc": grpc, "home": str(app.home.path), "sign_in": link, "url": url}
        sys.stdout.write(json.dumps(said) + "\n")
    else:
        sys.stdout.write(f"Genyard serves {app.home.path} at {url}\nSign in (once, within 10 minutes):  {link}\n")
        sys.stdout.write(f"OTLP at {url}, over gRPC {f'at {grpc}' if grpc else 'with GENYARD_GRPC_PORT=4317'}\n")
    sys.stdout.flush()


def _check_grpc(settings: Settings) -> None:
    """Fail before anything is opened. gRPC takes no socket, so the port is tried and let go."""
    if settings.grpc_port:
        check_installed()
        _listening(settings.host, settings.grpc_port, hint="set GENYARD_GRPC_PORT").close()


def _listening(host: str, port: int, *, hint: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From now on whoever reads the address is heard, if not answered: the server is told of before it accepts.
        listener.listen(_BACKLOG)
    except OverflowError as error:
        listener.close()
        raise InvalidInput(f"{port} is not a port", hint="name one from 1 to 65535, or 0 for a free one") from error
    except OSError as error:
        listener.close()
        taken = f"{host}:{port} cannot be listened on: {error.strerror}"
        raise Unreachable(taken, hint=f"stop what uses it, or name another: {hint}") from error
    return listener


def _hosts(settings: Settings) -> frozenset[str]:
    # On every interface the server has names that nobody can list; keys protect it there.
    return frozenset() if settings.host in ("0.0.0.0", "::") else loopback_hosts([settings.host])


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
