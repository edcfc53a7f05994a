"""The write-ahead log: **a row that was acknowledged is on disk, and stays until the lake has it.**

One thread writes. It takes everything that waits, writes it as one frame, makes it durable with one fsync, and then
resolves every commit of the group: many small appends cost one fsync. ``docs/design/write-ahead-log.md`` has the
places where a crash may fall, and what is true after each.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import msgspec

from genyard.core.errors import Cancelled, GenyardError, StorageFull, TooLarge, Unreachable
from genyard.core.ids import IdSource
from genyard.store.files import NO_ROOM, write_durably
from genyard.store.packed import PackedBatch
from genyard.store.rows import Batch
from genyard.store.segments import (
    FORMAT,
    SegmentWriter,
    cut_torn_end,
    numbers_in,
    path_of,
    read_segment,
)

AnyBatch = Batch | PackedBatch
Kept = Callable[[int, Sequence[AnyBatch], int], None]
"""Told in the log's thread, before the commits are resolved: the segment, the batches in order, the bytes they took."""

MAX_BATCH_BYTES = 64 * 1024 * 1024
_GROUP_BYTES = 8 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[AnyBatch])


class Commit:
    """An append on its way to the disk."""

    __slots__ = ("_future",)

    def __init__(self) -> None:
        self._future: Future[None] = Future()
        # A waiter that is cancelled must not cancel the write.
        self._future.set_running_or_notify_cancel()

    def wait(self, timeout_s: float | None = None) -> None:
        """Block until the rows are durable.

        Raises StorageFull or Unreachable when they could not be written, TimeoutError after ``timeout_s`` seconds.
        """
        self._future.result(timeout_s)

    async def done(self) -> None:
        """Wait until the rows are durable. Raises StorageFull or Unreachable when they could not be written."""
        await asyncio.wrap_future(self._future)

    def outcome(self) -> GenyardError | None:
        """Block until the rows are durable, or return why they are not."""
        error = self._future.exception()
        assert error is None or isinstance(error, GenyardError)
        return error

    @property
    def failed(self) -> bool:
        """Whether the rows are known not to be kept."""
        return self._future.done() and self._future.exception() is not None

    @classmethod
    def refused(cls, error: GenyardError) -> "Commit":
        """Return the commit of rows that were refused, for those who hear of it only when they wait."""
        commit = cls()
        commit.resolve(error)
        return commit

    def resolve(self, error: GenyardError | None = None) -> None:
        """Tell everybody who waits. For the log only."""
        if error is None:
            self._future.set_result(None)
        else:
            self._future.set_exception(error)


class _Append(NamedTuple):
    """What waits for the log's thread."""

    batch: AnyBatch
    payload: bytes
    commit: Commit


class WriteAheadLog:
    """A folder of numbered segments and the thread that writes the newest.

    The newest segment is never removed, so the folder always knows the highest number that was used: a number is
    never used twice, and (``writer_id``, number) names a segment's rows for ever.
    """

    def __init__(
        self, folder: Path, *, ids: IdSource, segment_bytes: int = 32 * 1024 * 1024, shared: bool = False
    ) -> None:
        """Open the log: cut a torn end and begin a new segment. Nothing is written before ``start``.

        ``shared`` is whether other logs write the same tables: then a copy of one must not have its id.
        Raises Corrupted for a damaged segment, HomeTooNew, StorageFull.
        """
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._waiting: deque[_Append] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = numbers_in(folder)
            if found:
                cut_torn_end(path_of(folder, found[-1]))
            empty = not any(path_of(folder, number).stat().st_size > len(FORMAT) for number in found)
            self.writer_id = _writer_id(folder, ids, anew_in_a_copy=shared and empty)
            self._segment = SegmentWriter(folder, (found[-1] if found else 0) + 1)
        except OSError as error:
            raise _refusal(error) from error
        self._kept: Kept = _nobody
        self._thread = threading.Thread(target=self._run, name="genyard-log", daemon=True)

    def skip_past(self, number: int) -> None:
        """Go on with numbers above ``number``: the tables have rows of segments that this folder has lost."""
        if self._segment.number <= number:
            try:
                self._begin_segment(number + 1)
            except OSError as error:
                raise _refusal(error) from error

    def start(self, kept: Kept) -> None:
        """Start to write; ``kept`` is told what became durable."""
        self._kept = kept
        self._thread.start()

    def append(self, batch: AnyBatch) -> Commit:
        """Hand ``batch`` over; the commit says when it is durable. Never blocks on the disk.

        Raises TooLarge for a batch of more than 64 MB, Cancelled after ``close``.
        """
        payload = _encoder.encode(batch)
        if len(payload) > MAX_BATCH_BYTES:
            raise TooLarge(f"{batch.count} rows of {batch.table} take {len(payload)} bytes", hint="send fewer at once")
        commit = Commit()
        with self._changed:
            if self._closing:
                raise Cancelled("the log is closed")
            self._waiting.append(_Append(batch, payload, commit))
            self._waiting_bytes += len(payload)
            self._changed.notify()
        return commit

    @property
    def waiting_bytes(self) -> int:
        """Bytes handed over and not yet durable."""
        return self._waiting_bytes

    def seal(self) -> int:
        """Begin a new segment if the newest holds rows; return the number of the newest sealed one.

        Raises StorageFull or Unreachable when no new segment can be made; the log goes on in the old one.
        """
        with self._writing:
            if self._segment.size > len(FORMAT):
                try:
                    self._begin_segment()
                except OSError as error:
                    raise _refusal(error) from error
            return self._segment.number - 1

    def sealed(self) -> list[int]:
        """Return the numbers of the sealed segments that are still here, oldest first."""
        newest = self._segment.number
        return [number for number in numbers_in(self._folder) if number < newest]

    def read(self, number: int) -> Iterator[AnyBatch]:
        """Yield the batches of a sealed segment in order. Raises Corrupted when the file is damaged."""
        for payload in read_segment(path_of(self._folder, number)):
            yield from _decoder.decode(payload)

    def size_of(self, number: int) -> int:
        """Return the bytes of a sealed segment."""
        return path_of(self._folder, number).stat().st_size

    def drop(self, number: int) -> None:
        """Remove a sealed segment: the lake has its rows."""
        assert number < self._segment.number
        path_of(self._folder, number).unlink(missing_ok=True)

    def close(self) -> None:
        """Write what waits, then end the thread. May be called twice."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._segment.close()

    def _run(self) -> None:
        group: list[_Append] = []
        try:
            while group := self._next_group():
                self._write(group)
        finally:
            # Something is left only after a bug; nobody may wait for ever then.
            with self._changed:
                self._closing = True
                for one in (*group, *self._waiting):
                    one.commit.resolve(Cancelled("the log's thread ended"))

    def _next_group(self) -> list[_Append]:
        """Wait for commits and return as many as make a frame; none when the log is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            group: list[_Append] = []
            size = 0
            while self._waiting and size < _GROUP_BYTES:
                group.append(self._waiting.popleft())
                size += len(group[-1].payload)
            self._waiting_bytes -= size
            return group

    def _write(self, group: Sequence[_Append]) -> None:
        frame = _encoder.encode([msgspec.Raw(one.payload) for one in group])
        error: GenyardError | None = None
        with self._writing:
            try:
                size = self._segment.append(frame)
            except OSError as failure:
                error = _refusal(failure)
            except GenyardError as failure:
                error = failure
            else:
                self._kept(self._segment.number, [one.batch for one in group], size)
                self._roll()
        for one in group:
            one.commit.resolve(error)

    def _roll(self) -> None:
        if self._segment.size < self._segment_bytes:
            return
        try:
            self._begin_segment()
        except OSError:
            # These rows are durable. The next write meets the same disk and reports it.
            return

    def _begin_segment(self, number: int | None = None) -> None:
        self._segment.check()
        newer = SegmentWriter(self._folder, number or self._segment.number + 1)
        self._segment.close()
        self._segment = newer


def _nobody(segment: int, batches: Sequence[AnyBatch], size: int) -> None:
    """Stand in until ``start``."""


def _writer_id(folder: Path, ids: IdSource, *, anew_in_a_copy: bool) -> str:
    """Return the log's own id: made once, kept beside its segments, lost only with them.

    Two logs of one id would each take the other's segments for their own and drop rows. So a copy, which its file's
    number tells, gets another one where it has no rows that the tables may know by the old one.
    """
    path, place = folder / "writer", folder / "writer.place"
    copied = path.exists() and place.exists() and place.read_text() != _place_of(path)
    new = not path.exists() or (copied and anew_in_a_copy)
    if new:
        write_durably(path, ids.uuid7().encode(), mode=0o600)
    if new or not place.exists():
        write_durably(place, _place_of(path).encode(), mode=0o600)
    return path.read_text()


def _place_of(path: Path) -> str:
    return str(path.stat().st_ino)


def _refusal(error: OSError) -> GenyardError:
    if error.errno in NO_ROOM:
        return StorageFull("the disk of the write-ahead log is full", hint="make room; what was acknowledged is kept")
    return Unreachable(f"the write-ahead log cannot be written: {error.strerror}", hint="check the disk of the home")
