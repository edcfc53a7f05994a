"""Where media lie: a local folder, or a bucket. Both know bytes by path and judge nothing."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from obstore.store import from_url

from genyard.store.files import disk_errors, make_folder, sync, write_durably
from genyard.store.places import BucketPlace, FolderPlace, Stored, bucket_errors

_INCOMING = ".incoming"


class MediaShelf(Protocol):
    """Immutable bytes under paths. All raise Unreachable, ``put`` StorageFull."""

    def put(self, path: str, content: bytes) -> bool:
        """Keep ``content``, whole and durable on return. Returns whether it was not there before."""
        ...

    def read(self, path: str) -> bytes | None: ...

    def listing(self, prefix: str) -> Iterator[Stored]:
        """Yield what lies in the folder ``prefix`` and in folders below it, a folder after the other."""
        ...

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files; one that is not there is no error."""
        ...

    def sweep(self) -> None:
        """Remove what writers that were killed left unfinished. Only for the holder of the home's lock."""
        ...


class FolderMedia:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._place = FolderPlace(root)

    def put(self, path: str, content: bytes) -> bool:
        target = self._root / path
        with disk_errors(f"the media at {self._root}"):
            if self.read(path) == content:
                # Compared, not only looked for: what is damaged is mended by keeping it again. What has this name was
                # flushed before it got it. The name may not be: another may just have moved it here.
                sync(target.parent)
                return False
            make_folder(target.parent)
            make_folder(self._root / _INCOMING)
            write_durably(target, content, mode=0o400, incoming=self._root / _INCOMING)
        return True

    def read(self, path: str) -> bytes | None:
        with disk_errors(f"the media at {self._root}"):
            try:
                return (self._root / path).read_bytes()
            except FileNotFoundError:
                return None

    def listing(self, prefix: str) -> Iterator[Stored]:
        # There may be a million, so they are not gathered first.
        with disk_errors(f"the media at {self._root}"):
            folders = [self._root / prefix]
            while folders:
                folder = folders.pop()
                with suppress(FileNotFoundError), os.scandir(folder) as entries:
                    for one in entries:
                        if one.is_dir(follow_symlinks=False):
                            folders.append(folder / one.name)
                        else:
                            yield from self._stored(folder / one.name, one)

    def _stored(self, path: Path, entry: os.DirEntry[str]) -> Iterator[Stored]:
        with suppress(FileNotFoundError):
            found = entry.stat(follow_symlinks=False)
            name = path.relative_to(self._root).as_posix()
            yield Stored(path=name, size=found.st_size, changed_ns=found.st_mtime_ns)

    def remove(self, paths: Iterable[str]) -> None:
        self._place.remove(paths)

    def sweep(self) -> None:
        shutil.rmtree(self._root / _INCOMING, ignore_errors=True)


class BucketMedia:
    """A prefix of a bucket, whose settings come from the environment. Nothing is copied out of it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._place = BucketPlace(url, folder)
        self._store = from_url(url, retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)})

    def put(self, path: str, content: bytes) -> bool:
        with self._errors():
            try:
                self._store.head(path)
                new = False
            except FileNotFoundError:
                new = True
            # Also where it is there: the time of the last put tells other servers that somebody needs it.
            self._store.put(path, content)
        return new

    def read(self, path: str) -> bytes | None:
        with self._errors():
            try:
                return bytes(self._store.get(path).bytes())
            except FileNotFoundError:
                return None

    def listing(self, prefix: str) -> Iterator[Stored]:
        return self._place.listing(prefix)

    def remove(self, paths: Iterable[str]) -> None:
        self._place.remove(paths)

    def sweep(self) -> None:
        """A bucket has nothing unfinished: one request puts the whole."""

    def _errors(self) -> AbstractContextManager[None]:
        return bucket_errors(f"the media at {self._url} do not answer")
