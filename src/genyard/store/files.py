"""Files that survive a power cut: written whole under another name, flushed, then moved into place."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genyard.core.errors import StorageFull, Unreachable

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when the disk, a quota or the bound of a file is reached."""


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn what the file system refuses into StorageFull (no room, over a quota) or Unreachable (anything else)."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull(f"no room for {what}: {error.strerror}", hint="free space and try again") from error
        raise Unreachable(
            f"cannot use {what}: {error.strerror or error}", hint="check the path and who may read and write it"
        ) from error


def write_durably(target: Path, content: bytes, *, mode: int, incoming: Path | None = None) -> None:
    """Put ``content`` at ``target``: a reader sees the old file or the whole new one, and a return means it is on disk.

    ``incoming`` is the folder of unfinished files, on the same file system; by default the target's own.
    Raises OSError; nothing is left behind then.
    """
    descriptor, name = tempfile.mkstemp(dir=incoming or target.parent, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    sync(target.parent)


def sync(path: Path) -> None:
    """Make a file's content durable; of a folder, its names: fsync of a file does not cover the entry that names it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents, readable by this user only where they are new. Raises OSError."""
    new = []
    place = folder
    while not place.exists():
        new.append(place)
        place = place.parent
    for one in reversed(new):
        one.mkdir(mode=0o700, exist_ok=True)
        sync(one.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
