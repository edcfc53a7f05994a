"""A process that writes to a lake and is to be killed: ``lake_child.py HOME POINT COUNT``.

It says ``sent N`` before it appends span N and ``acknowledged N`` after its commit, and moves rows to the tables after
every third. At the COUNT-th time that it comes to POINT it kills itself with SIGKILL, which nothing can catch.
POINT ``disk full`` lets files grow to COUNT bytes instead, until the log refuses rows, and then gives the room back.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from deltalake import DeltaTable
from tests.store.lake_rows import AT_NS, DAY_NS, Fields, keep, open_lake, span

from genyard.core.errors import StorageFull
from genyard.store import segments
from genyard.store.columns import SPANS
from genyard.store.file_writer import FileWriter
from genyard.store.lake import Lake
from genyard.store.packed import pack
from genyard.store.places import FolderPlace
from genyard.store.rows import batch_of
from genyard.store.stored_table import StoredTable
from genyard.store.wal import Commit, WriteAheadLog

Point = tuple[object, str, bool]
"""An object, the name of what it calls there, and whether to die after that call instead of before it."""

POINTS: dict[str, Point] = {
    "before the write": (segments.SegmentWriter, "append", False),
    "before the fsync": (os, "fsync", False),
    "after the fsync": (segments.SegmentWriter, "append", True),
    "before the acknowledgement": (Commit, "resolve", False),
    "before a segment is sealed": (WriteAheadLog, "seal", False),
    "after a segment is sealed": (WriteAheadLog, "seal", True),
    "before the files are written": (FileWriter, "write", False),
    "before a file is in its place": (FolderPlace, "bring", False),
    "before the Delta commit": (DeltaTable, "create_write_transaction", False),
    "after the Delta commit": (DeltaTable, "create_write_transaction", True),
    "between two tables": (StoredTable, "flush", True),
    "before the segment is removed": (WriteAheadLog, "drop", False),
    "after the segment is removed": (WriteAheadLog, "drop", True),
}

OF_MANY_DAYS: dict[str, Point] = {
    "between two files of an append": (FolderPlace, "bring", False),
    "before the files are named": (DeltaTable, "create_write_transaction", False),
    "after the files are named": (DeltaTable, "create_write_transaction", True),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(point: Point, count: int) -> None:
    owner, name, after = point
    original: Callable[..., object] = getattr(owner, name)
    calls = iter(range(count - 1))

    def replaced(*given: object, **named: object) -> object:
        last = next(calls, None) is None
        if last and not after:
            die()
        result = original(*given, **named)
        if last:
            die()
        return result

    setattr(owner, name, replaced)


def die_half_way_through_write(count: int) -> None:
    write, calls = os.write, iter(range(count - 1))

    def half(handle: int, content: memoryview) -> int:
        if next(calls, None) is None:
            write(handle, content[: len(content) // 2])
            die()
        return write(handle, content)

    os.write = half  # type: ignore[assignment]


def say(word: str, number: int) -> None:
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


def append_span(lake: Lake, number: int) -> Commit:
    """Every other span comes packed, as those of other applications do."""
    if number % 2:
        return lake.append("spans", [span(number)])
    return lake.append_packed(pack(SPANS, batch_of(SPANS, [span(number)])))


def write_spans(home: Path) -> None:
    lake = open_lake(home)
    for number in range(1, 31):
        say("sent", number)
        score: Fields = {"project": "acme", "score_id": f"s{number}", "at_ns": number}
        both = [append_span(lake, number), lake.append("scores", [score])]
        for commit in both:
            commit.wait(30)
        say("acknowledged", number)
        if number % 3 == 0:
            lake.flush()
    lake.close()


def write_many_days(home: Path) -> None:
    lake = open_lake(home)
    numbers = range(1, 98)
    for number in numbers:
        say("sent", number)
    keep(lake, *(span(number, start_ns=AT_NS - number * DAY_NS) for number in numbers))
    scores: list[Fields] = [{"project": "acme", "score_id": f"s{one}", "at_ns": one} for one in numbers]
    keep(lake, *scores, table="scores")
    for number in numbers:
        say("acknowledged", number)
    lake.flush()
    lake.close()


def fill_disk(home: Path, limit: int) -> None:
    lake = open_lake(home)
    number = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        while True:
            number += 1
            keep(lake, span(number, input=os.urandom(4000).hex()))
            say("acknowledged", number)
    except StorageFull:
        say("refused", number)
    try:
        lake.flush()
    except StorageFull:
        say("not flushed", 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    keep(lake, span(number + 1))
    say("acknowledged", number + 1)
    lake.flush()
    die()


def main(home: str, point: str, count: str) -> None:
    if point == "disk full":
        fill_disk(Path(home), int(count))
        return
    if point == "half way through a write":
        die_half_way_through_write(int(count))
    else:
        die_at((POINTS | OF_MANY_DAYS)[point], int(count))
    (write_many_days if point in OF_MANY_DAYS else write_spans)(Path(home))


if __name__ == "__main__":
    main(*sys.argv[1:])
