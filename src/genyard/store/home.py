"""A home: the one folder that holds everything, with one writer at a time."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from genyard.core.errors import HomeLocked, StorageFull
from genyard.core.settings import Settings
from genyard.store.files import disk_errors, make_folder, write_durably
from genyard.store.sqlite import SCHEME

_FOLDERS = ("lake", "wal", "blobs", "keys", "backups", "cache")

ROOM_BYTES = 16 * 1024 * 1024
"""A job whose failure cannot be written is tried again for ever, so none is begun with less than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """How the running server of a home is reached from this machine. ``token`` lets its owner in."""

    url: str
    pid: int
    token: str


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder. ``docs/design/state.md`` says what lies where."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the home at ``path``, making its folders, readable by this user only, where they are missing.

        Raises StorageFull and Unreachable.
        """
        with disk_errors(f"the home {path}"):
            make_folder(path)
            for name in _FOLDERS:
                make_folder(path / name)
        return cls(path.absolute())

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def wal(self) -> Path:
        return self.path / "wal"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    @property
    def cache(self) -> Path:
        """Local copies of what lies in a bucket; may be deleted at any time."""
        return self.path / "cache"

    def catalog_url(self, settings: Settings) -> str:
        """Return the catalog's address: the one that is set, else a SQLite file here."""
        return settings.catalog_url or f"{SCHEME}{self.path / 'catalog.sqlite3'}"

    def check_room(self) -> None:
        """Raise StorageFull when so little is free that the outcome of new work might not be recorded."""
        free = shutil.disk_usage(self.path).free
        if free < ROOM_BYTES:
            raise StorageFull(
                f"only {free // 1024} kB are free where the home {self.path} lies",
                hint=f"free at least {ROOM_BYTES >> 20} MB, then try again",
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home as its one writer. The system lets go of it when the process ends, however it ends.

        Raises HomeLocked, naming the holder's process and, where it serves, its address.
        """
        with disk_errors(f"the home {self.path}"):
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._locked(descriptor) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def _locked(self, descriptor: int) -> HomeLocked:
        holder = os.pread(descriptor, 32, 0).decode() or "unknown"
        server = self.server_info()
        serving = f", serving {server.url}" if server and str(server.pid) == holder else ""
        return HomeLocked(
            f"the home {self.path} is in use by process {holder}{serving}",
            hint="use that server, or stop that process first",
        )

    def server_info(self) -> ServerInfo | None:
        """Return what the server of this home announced, None when there is none or its process is gone."""
        try:
            value = json.loads((self.path / "server.json").read_bytes())
            info = ServerInfo(url=str(value["url"]), pid=int(value["pid"]), token=str(value["token"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return info if _is_alive(info.pid) else None

    def announce(self, info: ServerInfo) -> None:
        """Write ``server.json``, for this user's eyes only. For whoever holds the lock."""
        with disk_errors(f"the home {self.path}"):
            write_durably(self.path / "server.json", json.dumps(asdict(info)).encode(), mode=0o600)

    def withdraw(self) -> None:
        """Remove ``server.json``."""
        (self.path / "server.json").unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
