"""Files of a table replaced by others in one commit of our own.

delta-rs appends, but has no way to say "these files out, those in" that sorts, drops repeated rows and leaves the rest
of a day alone. So it writes the Parquet files, in a table beside the real one that nobody reads, and the commit that
names them is written here: a JSON file that is created under the next version's number or not at all, which is how
Delta settles who comes first. ``docs/design/lake.md`` says what holds.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from arro3.core import RecordBatch, RecordBatchReader, Schema
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from genyard.core.clock import Clock
from genyard.core.errors import Conflict, GenyardError, Unreachable
from genyard.core.ids import IdSource
from genyard.store.arrow import schema_of
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.delta import ROW_GROUP, DataFile, DeltaFiles, configuration, refusal, writer_properties
from genyard.store.table_place import TablePlace

RETIRED = "_retired"
"""The folder, beside a table's log, of lists of files that left the table and are still there for who reads them."""
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A Parquet file that lies in its place and is not yet part of the table."""

    path: str
    project: str
    day: str
    rows: int
    size: int
    stats: str


class Rewriter:
    """Writes files and commits for one table. For one thread at a time; appends of others may go on."""

    def __init__(self, place: TablePlace, table: LakeTable, *, clock: Clock, ids: IdSource) -> None:
        """The writer's id stands in the names of its files: one that no version names is known to be a leftover.

        Raises Unreachable.
        """
        self.prefix = f"part-{place.writer_id}-"
        self.table = table
        self._delta = DeltaFiles(place, table)  # a handle of its own
        self.place = place.files()
        self._scratch = place.scratch("rewrite")
        self._clock = clock
        self._ids = ids

    def files(self) -> tuple[DataFile, ...]:
        """Return the files of the newest version. Raises Unreachable, Corrupted."""
        return self._delta.refresh()

    @property
    def version(self) -> int:
        """The newest version that was seen; 0 where there is no table."""
        return self._delta.version or 0

    def sweep(self) -> None:
        """Remove what a rewrite that was killed left unfinished."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def write(
        self, batches: Iterable[RecordBatch], *, project: str, day: str, row_group: int = ROW_GROUP
    ) -> NewFile | None:
        """Write rows, in their order, as one file in its place; None where there is none.

        Raises StorageFull, Unreachable.
        """
        rows = iter(batches)
        first = next(rows, None)
        if first is None:
            return None
        folder = self._scratch / self._ids.uuid7()
        folder.mkdir(parents=True, mode=0o700)
        try:
            path = f"project={project}/day={day}/{self.prefix}{self._ids.uuid7()}.zstd.parquet"
            stats, size = self._written(folder, chain([first], rows), path, row_group)
        except (DeltaError, OSError) as error:
            raise refusal(str(folder), error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        rows_written = int(json.loads(stats)["numRecords"])
        return NewFile(path=path, project=project, day=day, rows=rows_written, size=size, stats=stats)

    def _written(self, folder: Path, batches: Iterable[RecordBatch], path: str, row_group: int) -> tuple[str, int]:
        """Write the file, bring it to its place, and return its statistics and size."""
        schema = data_schema(self.table)
        delta = DeltaTable.create(str(folder), schema, configuration=configuration(self.table))
        write_deltalake(
            delta,
            RecordBatchReader.from_batches(schema, batches),
            mode="append",
            target_file_size=1 << 40,
            writer_properties=writer_properties(ROW_GROUP, row_group=row_group),
        )
        commit = (folder / "_delta_log" / f"{1:020d}.json").read_text().splitlines()
        (add,) = [action["add"] for action in map(json.loads, commit) if "add" in action]
        self.place.bring(folder / add["path"], path)
        return add["stats"], int(add["size"])

    def commit(self, *, removed: Sequence[DataFile], added: Sequence[NewFile], operation: str) -> int:
        """Put ``added`` in the place of ``removed`` in one version, and return its number.

        Raises Conflict, changing nothing, when somebody else removed one of them meanwhile.
        """
        self.retire(one.path for one in removed)
        for _ in range(_ATTEMPTS):
            if not {one.path for one in removed} <= {one.path for one in self.files()}:
                break
            version = self.version + 1
            content = self._actions(removed, added, operation)
            if self.place.create(f"_delta_log/{version:020d}.json", content):
                return version
        raise Conflict(f"the files of {self.table.name} changed meanwhile", hint="try again")

    def retire(self, paths: Iterable[str]) -> None:
        """Note that these files are about to leave the table: who removes files later knows since when.

        Written before the commit. Of a commit that never came the list is void: its files are still in the table.
        """
        listed = list(paths)
        if listed:
            at_ns = self._clock.now_ns()
            name = f"{RETIRED}/{at_ns:020d}-{self._ids.uuid7()}.json"
            self.place.create(name, json.dumps(listed).encode())

    def discard(self, added: Iterable[NewFile]) -> None:
        """Remove files that no commit will name."""
        self.place.remove([one.path for one in added])

    def tidy(self) -> None:
        """Write a checkpoint and drop old entries of the Delta log."""
        self._delta.refresh()
        self._delta.tidy()

    def _actions(self, removed: Sequence[DataFile], added: Sequence[NewFile], operation: str) -> bytes:
        at_ms = self._clock.now_ns() // 1_000_000
        actions: list[dict[str, object]] = [{"remove": _remove(one, at_ms)} for one in removed]
        actions += [{"add": _add(one, at_ms)} for one in added]
        # What was asked for never stands here: it may be what somebody wants to be forgotten.
        said = {"timestamp": at_ms, "operation": operation, "operationParameters": {}, "engineInfo": "genyard"}
        actions.append({"commitInfo": said})
        return "\n".join(json.dumps(one, separators=(",", ":")) for one in actions).encode()


def data_schema(table: LakeTable) -> Schema:
    """Return the schema of a data file: what its folder's name says is not in it."""
    whole = schema_of(table)
    return Schema([whole.field(name) for name in table.names if name not in PARTITIONS])


def _remove(file: DataFile, at_ms: int) -> dict[str, object]:
    return {
        "path": file.path,
        "deletionTimestamp": at_ms,
        "dataChange": False,
        "extendedFileMetadata": True,
        "partitionValues": {"project": file.project, "day": file.day},
        "size": file.size,
    }


def _add(file: NewFile, at_ms: int) -> dict[str, object]:
    return {
        "path": file.path,
        "partitionValues": {"project": file.project, "day": file.day},
        "size": file.size,
        "modificationTime": at_ms,
        "dataChange": False,
        "stats": file.stats,
    }


def replace(rewriter: Rewriter, *, removed: Sequence[DataFile], added: Sequence[NewFile], operation: str) -> int:
    """Commit, and leave no file behind that nobody names when that fails. Raises as ``Rewriter.commit``.

    After Unreachable the files stay: a bucket may have the commit that names them and have lost its answer only. If it
    has not, the next merge removes them.
    """
    try:
        return rewriter.commit(removed=removed, added=added, operation=operation)
    except Unreachable:
        raise
    except GenyardError:
        rewriter.discard(added)
        raise
