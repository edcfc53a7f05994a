"""Where a table's files lie, for those who put files there, list and remove them: a folder, or a bucket."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from genyard.core.errors import Unreachable
from genyard.store.files import disk_errors, make_folder, sync

_CLOCK = "_clock"
"""An object that is written to see what time it gets. Readers of Delta leave names with such a beginning alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file of a place."""

    path: str
    size: int
    changed_ns: int


class Place(Protocol):
    """Files by path. All raise Unreachable, those that write StorageFull."""

    def bring(self, file: Path, path: str) -> None:
        """Put a local file there; it is durable on return, and gone from where it was or copied."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Write a file, durable on return, unless there is another one: then return False and change nothing.

        After Unreachable it may be there all the same, or come to be: a request may arrive and its answer be lost.
        """
        ...

    def read(self, path: str) -> bytes: ...

    def listing(self, prefix: str) -> Iterator[Stored]:
        """Yield what lies in the folder ``prefix`` and in folders below it."""
        ...

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files; one that is not there is no error."""
        ...

    def clock_ns(self) -> int | None:
        """Return the time by the clock that says when files changed; None where it is this machine's."""
        ...


class FolderPlace:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def bring(self, file: Path, path: str) -> None:
        target = self._root / path
        with disk_errors(f"the lake at {self._root}"):
            sync(file)
            make_folder(target.parent)
            os.replace(file, target)
            sync(target.parent)

    def create(self, path: str, content: bytes) -> bool:
        target = self._root / path
        with disk_errors(f"the lake at {self._root}"):
            make_folder(target.parent)
            descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix="_draft_", suffix=".tmp")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(descriptor)
                # A link, unlike a move, is refused where the name is taken.
                os.link(draft, target)
            except FileExistsError:
                return False
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft)
            sync(target.parent)
        return True

    def read(self, path: str) -> bytes:
        with disk_errors(f"the lake at {self._root}"):
            return (self._root / path).read_bytes()

    def listing(self, prefix: str) -> Iterator[Stored]:
        for file in sorted((self._root / prefix).rglob("*")):
            with suppress(FileNotFoundError):
                found = file.stat()
                if file.is_file():
                    path = file.relative_to(self._root).as_posix()
                    yield Stored(path=path, size=found.st_size, changed_ns=found.st_mtime_ns)

    def remove(self, paths: Iterable[str]) -> None:
        folders = set()
        with disk_errors(f"the lake at {self._root}"):
            for path in paths:
                (self._root / path).unlink(missing_ok=True)
                folders.add((self._root / path).parent)
            for folder in folders:
                if folder.exists():
                    sync(folder)

    def clock_ns(self) -> int | None:
        return None


class BucketPlace:
    """A prefix of a bucket, whose settings come from the environment. ``folder`` has the local copies of its files."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._store = from_url(url)

    def bring(self, file: Path, path: str) -> None:
        with self._errors():
            self._store.put(path, file)
        copy = self._folder / path
        with disk_errors(f"the copies of {self._url}"):
            make_folder(copy.parent)
            shutil.move(file, copy)

    def create(self, path: str, content: bytes) -> bool:
        with self._errors():
            try:
                self._store.put(path, content, mode="create")
            except AlreadyExistsError:
                # The client asks again where an answer is lost: what stands there may be what it wrote itself.
                return self.read(path) == content
        return True

    def read(self, path: str) -> bytes:
        with self._errors():
            return bytes(self._store.get(path).bytes())

    def listing(self, prefix: str) -> Iterator[Stored]:
        with self._errors():
            for page in self._store.list(prefix):
                for one in page:
                    yield Stored(path=one["path"], size=one["size"], changed_ns=_ns(one["last_modified"]))

    def remove(self, paths: Iterable[str]) -> None:
        with self._errors():
            for path in paths:
                with suppress(FileNotFoundError):
                    self._store.delete(path)

    def clock_ns(self) -> int | None:
        with self._errors():
            self._store.put(_CLOCK, b"")
            return _ns(self._store.head(_CLOCK)["last_modified"])

    def _errors(self) -> AbstractContextManager[None]:
        return bucket_errors(f"the lake at {self._url} does not answer")


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1e9)


@contextmanager
def bucket_errors(said: str) -> Iterator[None]:
    """Turn what a bucket's client raises into Unreachable: ``said``, and why."""
    try:
        yield
    except (BaseError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise Unreachable(f"{said}: {reason}") from error
