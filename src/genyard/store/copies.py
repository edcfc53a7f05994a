"""Where DuckDB finds the lake's files: in their folder, or as local copies of what lies in a bucket.

Files of the lake never change, so a copy is good for as long as the Delta log names its original.
"""

import os
import tempfile
import threading
from pathlib import Path
from typing import Protocol

from obstore.exceptions import BaseError
from obstore.store import from_url

from genyard.core.errors import Corrupted, Unreachable
from genyard.store.files import disk_errors

_DRAFT = ".part"
_TURNS = 64
"""Of two files that share a turn one is fetched after the other."""


class Copies(Protocol):
    """Local files with the content of a table's files."""

    def local(self, path: str) -> Path:
        """Return the local file for ``path``, relative to the table. Raises Unreachable, and Corrupted for none."""
        ...

    def keep_only(self, paths: frozenset[str]) -> None:
        """Let go of copies of everything else."""
        ...

    def sweep(self) -> None:
        """Remove copies that a process which was killed left unfinished. Only for the holder of the home's lock."""
        ...


class InPlace:
    """A table in a local folder: no copies."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def local(self, path: str) -> Path:
        return self._root / path

    def keep_only(self, paths: frozenset[str]) -> None:
        """Keep everything: nothing is a copy."""

    def sweep(self) -> None:
        """Nothing is a copy."""


class FromBucket:
    """A table in a bucket, copied file by file when a query first needs one."""

    def __init__(self, url: str, folder: Path) -> None:
        """``folder`` takes the copies. The bucket's settings come from the environment."""
        self._store = from_url(url)
        self._folder = folder
        self._under_way: set[str] = set()
        self._let_go: set[str] = set()
        """What of that left its table meanwhile."""
        self._changing = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def local(self, path: str) -> Path:
        copy = self._folder / path
        if not copy.exists():
            # Many questions come at once to a server that has just started: each file is fetched for one of them.
            with self._turns[hash(path) % _TURNS]:
                if not copy.exists():
                    self._fetch(path, copy)
        return copy

    def _fetch(self, path: str, copy: Path) -> None:
        with self._changing:
            self._under_way.add(path)
        try:
            self._fetched(path, copy)
        finally:
            with self._changing:
                # One that is fetched later may be of a merge whose commit was still to come.
                self._under_way.discard(path)
                self._let_go.discard(path)

    def _fetched(self, path: str, copy: Path) -> None:
        try:
            content = self._store.get(path).bytes()
        except FileNotFoundError as error:
            raise Corrupted(f"the lake's file {path} is missing", hint="was its bucket changed by hand?") from error
        except BaseError as error:
            raise Unreachable(f"the lake's file {path} could not be fetched: {error}") from error
        with disk_errors(f"the copies in {self._folder}"):
            copy.parent.mkdir(parents=True, exist_ok=True)
            # A name of its own: the process that merges fetches into the same folder.
            descriptor, name = tempfile.mkstemp(dir=copy.parent, prefix=f"{copy.name}.", suffix=_DRAFT)
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                self._take_over(path, draft, copy)
            finally:
                draft.unlink(missing_ok=True)

    def _take_over(self, path: str, draft: Path, copy: Path) -> None:
        with self._changing:
            if path in self._let_go:
                # Its rows may have been erased while they were on their way here.
                raise Corrupted(f"the lake's file {path} left its table meanwhile", hint="ask again")
            # A reader finds the whole copy or none.
            draft.replace(copy)

    def keep_only(self, paths: frozenset[str]) -> None:
        with self._changing:
            self._let_go |= self._under_way - paths
            for copy in self._folder.rglob("*.parquet*"):
                path = copy.relative_to(self._folder).as_posix()
                if copy.suffix == _DRAFT:
                    path = path.removesuffix(_DRAFT).rpartition(".")[0]
                # The draft of a file that is still wanted may be one that a reader is writing.
                if path not in paths:
                    copy.unlink(missing_ok=True)

    def sweep(self) -> None:
        for draft in self._folder.rglob(f"*{_DRAFT}"):
            draft.unlink(missing_ok=True)
