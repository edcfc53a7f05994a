"""Rows written as Parquet files, one for each project and day, before a commit names them."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arro3.core import Table
from deltalake.transaction import AddAction

from genyard.core.errors import GenyardError
from genyard.core.ids import IdSource
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.delta import LONG_GROUP_BYTES, ROW_GROUP
from genyard.store.files import disk_errors
from genyard.store.places import Place
from genyard.store.reads import QueryEngine

QUICK_LEVEL = 1
"""Of zstd, for files that a merge reads soon: a fifth less time than level 3, and 8 % more bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The rows of one project and day."""

    project: str
    day: str
    stats: str
    """As Delta keeps them. Of three columns: of 90 they would outgrow the files' own footers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWriter:
    """Writes the files of appends to one table. For one thread at a time."""

    table: LakeTable
    place: Place
    scratch: Path
    """A folder of its own, on the file system of local files, and the only one in which ``engine`` may write."""
    engine: QueryEngine
    writer_id: str
    ids: IdSource

    def sweep(self) -> None:
        """Remove what a process that was killed left unfinished."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def write(self, rows: Table, *, segment: int) -> list[AddAction]:
        """Write the rows of a segment of the log, in their order. The files are durable and in their place on return.

        None is left when this raises StorageFull, Unreachable. A name is never used twice: who removes what an earlier
        attempt left may have looked before this one.
        """
        brought: list[AddAction] = []
        try:
            with disk_errors(f"the files of {self.table.name}"):
                self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
            parts = list(self._parts(rows))
            for part in parts:
                brought.append(self._written(rows, part, f"{segment:012d}-{self.ids.uuid7()}", whole=len(parts) == 1))
        except GenyardError:
            self.place.remove([one.path for one in brought])
            raise
        finally:
            self.sweep()
        return brought

    def _parts(self, rows: Table) -> Iterator[_Part]:
        for found in self.engine.run(_PARTS.format(time=self.table.time), {}, tail=rows):
            stats = {
                "numRecords": found["rows"],
                "minValues": {self.table.time: found["first"], "arrival": found["first_arrival"]},
                "maxValues": {self.table.time: found["last"], "arrival": found["last_arrival"]},
                "nullCount": {self.table.time: 0, "arrival": 0, "supersedes": found["new"]},
            }
            yield _Part(project=str(found["project"]), day=str(found["day"]), stats=json.dumps(stats))

    def _written(self, rows: Table, part: _Part, number: str, *, whole: bool) -> AddAction:
        draft = self.scratch / "rows.parquet"
        columns = ", ".join(f'"{name}"' for name in self.table.names if name not in PARTITIONS)
        # A day may be any text that a row has; it is bound, and not part of the statement.
        condition, values = ("", {}) if whole else (_OF_PART, {"project": part.project, "day": part.day})
        path_text = str(draft).replace("'", "''")
        copy = _COPY.format(columns=columns, condition=condition, path=path_text)
        self.engine.run(copy, values, tail=rows)
        made = draft.stat()
        path = f"project={part.project}/day={part.day}/rows-{self.writer_id}-{number}.zstd.parquet"
        self.place.bring(draft, path)
        return AddAction(
            path=path,
            size=made.st_size,
            partition_values={"project": part.project, "day": part.day},
            modification_time=made.st_mtime_ns // 1_000_000,
            data_change=True,
            stats=part.stats,
        )


_PARTS = """
SELECT project, day, count(*) AS rows, min({time}) AS first, max({time}) AS last, min(arrival) AS first_arrival,
       max(arrival) AS last_arrival, count(*) - count(supersedes) AS new
FROM lake_tail GROUP BY project, day ORDER BY project, day
"""

_OF_PART = "WHERE project = $project AND day = $day"

# Of rows alone DuckDB makes groups of at least 2,048, however long they are.
_COPY = f"""
COPY (SELECT {{columns}} FROM lake_tail {{condition}}) TO '{{path}}'
(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {QUICK_LEVEL}, ROW_GROUP_SIZE {ROW_GROUP},
 ROW_GROUP_SIZE_BYTES {LONG_GROUP_BYTES})
"""
