"""Which server to speak to: the one asked for, the one logged in to, the home's own, or the app in this process."""

import importlib
import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from genyard.client.api import Client
from genyard.client.in_process import InProcessTransport
from genyard.client.project import Project
from genyard.client.workspace import find_root
from genyard.core.errors import HomeLocked, InvalidInput, NotFound, Unreachable
from genyard.core.refs import DEFAULT_PROJECT
from genyard.core.settings import Settings, read_settings

LOCAL_SERVER = "genyard.server.local"
"""The one door from the client to the server's code; it is opened only when no server is to be spoken to."""
_LISTENS_S = 2.0
_HELD_S, _LOOK_S = 5.0, 0.1
"""How long a home that somebody has is waited for, and how often it is looked at."""


def home_of(settings: Settings, start: Path) -> Path:
    """Return the data folder: the setting, else ``.genyard`` beside the nearest genyard.yaml, else here."""
    return settings.home or (find_root(start.resolve()) or start.resolve()) / ".genyard"


def connect(settings: Settings, *, start: Path, makes_home: bool = True) -> Client:
    """Return a client for the right server.

    Raises Unreachable when a server that was asked for does not answer, HomeLocked when the home is in use, and
    NotFound where there is no home and none is to be made.
    """
    project = settings.project or DEFAULT_PROJECT
    server = server_of(settings, start=start)
    if server:
        return Client(server[0], key=server[1], project=project)
    home = home_of(settings, start)
    if not makes_home and not home.exists() and (settings.home or not find_root(start.resolve())):
        raise NotFound(
            f"there is no home here: {home} is not there",
            hint="go to its folder or set GENYARD_HOME; genyard up makes one, genyard init a project, "
            "genyard login speaks to a server elsewhere",
        )
    return _local_soon(settings, home, project)


def server_of(settings: Settings, *, start: Path) -> tuple[str, str] | None:
    """Return the address and key of the server to speak to; None where there is none but perhaps this process's own."""
    return _asked_for(settings) or running_server(home_of(settings, start)) or logged_in()


def open_project(folder: str, given: Mapping[str, str], *, makes_home: bool = True) -> Project:
    """Return the project of a folder, connected as ``connect`` does."""
    settings, root = read_settings(given), Path(folder)
    project = Project(connect(settings, start=root, makes_home=makes_home), root=root)
    try:
        if not settings.project and not project.take_name():
            project.take_name_of_key()
    except BaseException:
        project.close()
        raise
    return project


def local_server() -> Any:
    """Return the module of the server in this process. Raises Unreachable where it is not installed."""
    try:
        return importlib.import_module(LOCAL_SERVER)
    except ModuleNotFoundError as error:
        raise Unreachable(
            f"no server to speak to, and this installation has none of its own (no {error.name})",
            hint="pip install 'genyard[server]', or genyard login URL",
        ) from error


def running_server(home: Path) -> tuple[str, str] | None:
    """Return the address and key of the server that runs on ``home``, where one does.

    What a killed server left behind counts for nothing, also where another process has its number by now.
    """
    match _read(home / "server.json"):
        case {"url": str(url), "pid": int(pid), "token": str(token)} if _alive(pid) and _listens(url):
            return url, token
    return None


def credentials_file() -> Path:
    """Return where ``genyard login`` keeps what it was given: in the user's configuration folder."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "genyard" / "credentials.json"


def logged_in() -> tuple[str, str] | None:
    """Return the server and key that ``genyard login`` kept."""
    match _read(credentials_file()):
        case {"url": str(url), "key": str(key)}:
            return url, key
    return None


def _asked_for(settings: Settings) -> tuple[str, str] | None:
    if not settings.url:
        return None
    if not settings.key:
        raise InvalidInput(
            "GENYARD_URL is set, but GENYARD_KEY is not", hint="make a key there with: genyard keys create"
        )
    if urlsplit(settings.url).scheme not in ("http", "https"):
        raise InvalidInput(
            f"the server's address {settings.url[:100]!r} has no http:// or https:// before it",
            hint="write it as http://127.0.0.1:8321",
        )
    # Where OpenTelemetry's exporters send to, as it stands in their settings.
    return settings.url.rstrip("/").removesuffix("/v1/traces"), settings.key


def _local_soon(settings: Settings, home: Path, project: str) -> Client:
    """Return a client of the app in this process, or of the server that just began on the home.

    Who has the home may be a server that does not answer yet, or a command that is done in a moment.
    """
    until_s = time.monotonic() + _HELD_S
    while True:
        try:
            return _local(settings, home, project)
        except HomeLocked:
            server = running_server(home)
            if server:
                return Client(server[0], key=server[1], project=project)
            if time.monotonic() > until_s:
                raise
        time.sleep(_LOOK_S)


def _local(settings: Settings, home: Path, project: str) -> Client:
    server = local_server()
    transport = InProcessTransport(lambda: server.start(settings, home))
    return Client("http://genyard.local", key=transport.token, project=project, transport=transport, timeout_s=3600)


def _read(path: Path) -> object:
    """Return the JSON of a file, None where there is none."""
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_LISTENS_S).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # a server that is slow or that a name does not lead to is told of by the request itself
    return True
