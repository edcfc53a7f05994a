"""Spans as one Parquet file, given piece by piece while it is written."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import IO, cast

import msgspec
from arro3.core import RecordBatch, RecordBatchReader
from arro3.io import write_parquet

from genyard.observe.explorer.one_trace import Row
from genyard.store.arrow import partial_batch, schema_of
from genyard.store.columns import SPANS
from genyard.store.rows import Value

_ROW_GROUP = 1_000
"""A row group is held until it is whole, and rows may have long payloads."""
_PIECES = 4
"""How many pieces may wait for who reads: no more is read from the lake meanwhile."""
_LOOK_S = 0.5
_JSON = frozenset(column.name for column in SPANS.columns if column.type == "json")


def parquet_of(parts: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield the bytes of a Parquet file of these rows, with the columns of ``spans``. Raises what ``parts`` raises.

    The writer of the library takes rows and gives bytes in a call that lasts until the end, so it has a thread of its
    own. It ends with the reader: whoever stops reading stops it, and waits until it has.
    """
    pieces = _Pieces()
    thread = Thread(target=pieces.fill, args=(parts,), name="parquet", daemon=True)
    thread.start()
    try:
        yield from pieces.taken()
    finally:
        pieces.unwanted.set()
        thread.join()
    if pieces.failure is not None:
        raise pieces.failure


class _Pieces:
    """What the library takes for a file: it is written to and read from at the same time."""

    def __init__(self) -> None:
        self.unwanted = Event()
        self.failure: BaseException | None = None
        self._queue: Queue[bytes | None] = Queue(_PIECES)

    def fill(self, parts: Iterable[Sequence[Row]]) -> None:
        try:
            reader = RecordBatchReader.from_batches(schema_of(SPANS), self._batches(parts))
            write_parquet(reader, cast("IO[bytes]", self), compression="zstd(3)", max_row_group_size=_ROW_GROUP)
        except BaseException as error:  # noqa: BLE001 - the thread of the reader raises it
            self.failure = self.failure or error
        finally:
            self._put(None)

    def taken(self) -> Iterator[bytes]:
        while (piece := self._queue.get()) is not None:
            yield piece

    def write(self, data: bytes) -> int:
        """Take bytes. It never raises: the library would not survive it."""
        self._put(data)
        return len(data)

    def flush(self) -> None:
        pass

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - the library asks if there is one
        raise OSError("a stream has no places")

    def _put(self, piece: bytes | None) -> None:
        while not self.unwanted.is_set():
            with suppress(Full):
                self._queue.put(piece, timeout=_LOOK_S)
                return

    def _batches(self, parts: Iterable[Sequence[Row]]) -> Iterator[RecordBatch]:
        try:
            for part in parts:
                if self.unwanted.is_set():
                    return
                if part:
                    yield partial_batch(SPANS, {name: _column(name, part) for name in SPANS.names})
        except Exception as error:
            # The library tells of it in its own words; the reader is told what it was.
            self.failure = error
            raise


def _column(name: str, rows: Sequence[Row]) -> list[Value]:
    values = [row[name] for row in rows]
    if name in _JSON:
        return [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return cast("list[Value]", values)  # what was read of a column that is not JSON is what it holds
