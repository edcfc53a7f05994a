"""Where DuckDB finds the lake's files: in their folder, or as local copies of what lies in a bucket.

Files of the lake never change, so a copy is good for as long as the Delta log names its original.
"""

import threading
from pathlib import Path
from typing import Protocol

from obstore.exceptions import BaseError
from obstore.store import from_url

from genyard.core.errors import Corrupted, Unreachable


class Copies(Protocol):
    """Local files with the content of a table's files."""

    def local(self, path: str) -> Path:
        """Return the local file for ``path``, relative to the table. Raises Unreachable, and Corrupted for none."""
        ...

    def keep_only(self, paths: frozenset[str]) -> None:
        """Let go of copies of everything else."""
        ...


class InPlace:
    """A table in a local folder: no copies."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def local(self, path: str) -> Path:
        return self._root / path

    def keep_only(self, paths: frozenset[str]) -> None:
        """Keep everything: nothing is a copy."""


class FromBucket:
    """A table in a bucket, copied file by file when a query first needs one."""

    def __init__(self, url: str, folder: Path) -> None:
        """``folder`` takes the copies. The bucket's settings come from the environment."""
        self._store = from_url(url)
        self._folder = folder
        self._let_go: set[str] = set()
        self._changing = threading.Lock()

    def local(self, path: str) -> Path:
        copy = self._folder / path
        if not copy.exists():
            self._fetch(path, copy)
        return copy

    def _fetch(self, path: str, copy: Path) -> None:
        try:
            content = self._store.get(path).bytes()
        except FileNotFoundError as error:
            raise Corrupted(f"the lake's file {path} is missing", hint="was its bucket changed by hand?") from error
        except BaseError as error:
            raise Unreachable(f"the lake's file {path} could not be fetched: {error}") from error
        copy.parent.mkdir(parents=True, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.part")
        draft.write_bytes(content)
        with self._changing:
            # A reader finds the whole copy or none; two fetches of one file write the same bytes.
            draft.replace(copy)
            if path in self._let_go:
                # Its rows may have been erased while they were on their way here.
                copy.unlink()
                raise Corrupted(f"the lake's file {path} left its table meanwhile", hint="ask again")

    def keep_only(self, paths: frozenset[str]) -> None:
        with self._changing:
            for copy in self._folder.rglob("*.parquet*"):
                path = copy.relative_to(self._folder).as_posix().removesuffix(".part")
                # The draft of a file that is still wanted may be one that a reader is writing.
                if path not in paths:
                    self._let_go.add(path)
                    copy.unlink(missing_ok=True)
