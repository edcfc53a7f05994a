"""Rows for tests of the lake."""

from collections.abc import Sequence
from pathlib import Path

from genyard.core.canonical import Json
from genyard.core.clock import CountingClock
from genyard.core.ids import CountingIds, IdSource, RandomIds
from genyard.store.compacting import Compactor
from genyard.store.lake import EVER_NS, Lake
from genyard.store.upkeep import Upkeep

AT_NS = 1_750_000_000_000_000_000

Fields = dict[str, Json]


def span(number: int = 1, /, **columns: Json) -> Fields:
    """Return the span ``number`` of trace 1 of project acme, one second after the one before."""
    row: Fields = {
        "project": "acme",
        "trace_id": f"{1:032x}",
        "span_id": f"{number:016x}",
        "start_ns": AT_NS + number * 1_000_000_000,
    }
    return row | columns


def open_lake(
    home: Path, *, url: str = "", flush_rows: int = 1_000_000, tail_bytes: int = 64 << 20, ids: IdSource | None = None
) -> Lake:
    """Open a lake that moves rows to its tables only when told to."""
    return Lake.open(
        url or home / "lake",
        home / "wal",
        clock=CountingClock(),
        ids=ids or CountingIds(),
        flush_rows=flush_rows,
        flush_age_s=1e9,
        tail_bytes=tail_bytes,
    )


DAY_NS = 86_400_000_000_000


def look_after(
    lake: Lake,
    home: Path,
    *,
    url: str = "",
    grace_ns: int = 0,
    now_ns: int = AT_NS + 2 * DAY_NS,
    compactor: Compactor | None = None,
) -> Upkeep:
    """Return the upkeep of a lake that ``open_lake`` opened, two days after the first span."""
    clock = CountingClock(start_ns=now_ns)
    return Upkeep.over(
        lake,
        url or home / "lake",
        home / "wal",
        clock=clock,
        ids=RandomIds(clock),
        grace_ns=grace_ns,
        compactor=compactor,
    )


def keep(lake: Lake, *rows: Fields, table: str = "spans") -> None:
    """Append and wait until it is durable."""
    lake.append(table, rows).wait(30)


def everything(lake: Lake, *, project: str = "acme", table: str = "spans") -> list[dict[str, object]]:
    """Return all rows of a project in order of time."""
    key = "start_ns, span_id" if table == "spans" else "at_ns"
    return lake.query(
        f"SELECT * FROM {table} ORDER BY {key}", table=table, project=project, since_ns=0, until_ns=EVER_NS
    )


def span_ids(rows: Sequence[dict[str, object]]) -> list[int]:
    return [int(str(row["span_id"]), 16) for row in rows]
