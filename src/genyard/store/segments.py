"""Segments: the files of the write-ahead log.

A segment is 8 bytes that name the format, then frames. A frame is what one fsync made durable: a mark, the length and
the CRC-32 of its payload, and the payload. A frame is written only after the one before it is durable; so bytes that
do not read as a frame are the torn end of the newest segment, or else they are damage.
"""

import logging
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genyard.core.errors import Corrupted, HomeTooNew
from genyard.store.files import sync

log = logging.getLogger(__name__)

FORMAT = b"GYWAL\x00\x00\x01"
_HEAD = struct.Struct("<4sII")
_MARK = b"\xf5gy\xf5"
_NAME = re.compile(r"(\d{12})\.wal")


def path_of(folder: Path, number: int) -> Path:
    return folder / f"{number:012d}.wal"


def numbers_in(folder: Path) -> list[int]:
    """Return the numbers of the segments in ``folder``, oldest first."""
    return sorted(int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name)))


class SegmentWriter:
    """The newest segment, open for appending. Not for use from two threads at once."""

    def __init__(self, folder: Path, number: int) -> None:
        """Create the segment and make it durable. Raises OSError; nothing is left behind then."""
        self.number = number
        self.size = 0
        """Bytes that are durable."""
        self._path = path_of(folder, number)
        self._broken = False
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            self._durably(FORMAT)
            sync(folder)
        except OSError:
            os.close(self._handle)
            self._path.unlink()
            raise

    def append(self, payload: bytes) -> int:
        """Make ``payload`` durable and return the bytes it took.

        Raises OSError, after cutting off what was written of it. Raises Corrupted when even that failed: the segment
        is not written again until the home is opened anew.
        """
        self.check()
        before = self.size
        head = _HEAD.pack(_MARK, len(payload), zlib.crc32(payload))
        try:
            self._durably(head + payload)
        except OSError:
            self._cut(before)
            raise
        return self.size - before

    def _durably(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._handle, rest) :]
        os.fsync(self._handle)
        self.size += len(content)

    def check(self) -> None:
        """Raise Corrupted when the segment's end is not known any more; then no newer one may be begun either."""
        if self._broken:
            raise Corrupted(
                f"{self._path.name} could not be cut back after a failed write",
                hint="mend the disk, then start again: what was acknowledged is kept",
            )

    def _cut(self, size: int) -> None:
        self.size = size
        try:
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)
        except OSError:
            self._broken = True
            self.check()

    def close(self) -> None:
        os.close(self._handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    payloads: list[bytes]
    end: int
    """Where the last good frame ends."""
    length: int


def read_segment(path: Path) -> list[bytes]:
    """Return the payloads of a sealed segment. Raises Corrupted, naming the file, when a byte of it is wrong."""
    scan = _scan(path)
    if scan.end < scan.length or scan.end < len(FORMAT):
        raise _damage(path, scan.end)
    return scan.payloads


def cut_torn_end(path: Path) -> None:
    """Cut what a crash left half written at the end of the newest segment, durably.

    Raises Corrupted when a good frame follows the bad bytes: then they were durable once, and are damaged.
    """
    scan = _scan(path)
    if scan.end == scan.length >= len(FORMAT):
        return
    if _later_frame(path.read_bytes(), scan.end):
        raise _damage(path, scan.end)
    # After a crash this is as it should be. After damage it is all that anybody will ever hear of lost rows.
    log.warning("%d bytes at the end of %s were no whole write and are cut off", scan.length - scan.end, path.name)
    handle = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(handle, scan.end)
        if scan.end < len(FORMAT):
            os.ftruncate(handle, 0)
            os.write(handle, FORMAT)
        os.fsync(handle)
    finally:
        os.close(handle)


def _scan(path: Path) -> _Scan:
    content = path.read_bytes()
    if content[: len(FORMAT)] != FORMAT:
        return _Scan(payloads=[], end=_formatless(path, content), length=len(content))
    payloads, end = [], len(FORMAT)
    while (payload := _frame_at(content, end)) is not None:
        payloads.append(payload)
        end += _HEAD.size + len(payload)
    return _Scan(payloads=payloads, end=end, length=len(content))


def _formatless(path: Path, content: bytes) -> int:
    """Return 0 for a file whose first bytes were torn. Raises HomeTooNew or Corrupted for any other."""
    if FORMAT.startswith(content) or not content.strip(b"\0"):
        return 0
    if content.startswith(FORMAT[:5]):
        raise HomeTooNew(f"{path.name} was written by a newer Genyard", hint="install that version")
    raise _damage(path, 0)


def _frame_at(content: bytes, start: int) -> bytes | None:
    body = start + _HEAD.size
    if body > len(content):
        return None
    mark, length, checksum = _HEAD.unpack_from(content, start)
    payload = content[body : body + length]
    good = mark == _MARK and len(payload) == length and zlib.crc32(payload) == checksum
    return payload if good else None


def _later_frame(content: bytes, start: int) -> bool:
    return any(_frame_at(content, place) is not None for place in _marks_after(content, start))


def _marks_after(content: bytes, start: int) -> Iterator[int]:
    place = content.find(_MARK, start + 1)
    while place >= 0:
        yield place
        place = content.find(_MARK, place + 1)


def _damage(path: Path, place: int) -> Corrupted:
    return Corrupted(
        f"the log's segment {path.name} is damaged at byte {place}", hint="restore the file from a copy of the home"
    )
