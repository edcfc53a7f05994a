"""Rows of very many days, written a few days after another: a writer of each day at once takes 2 MB a day."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from arro3.core import Array, Table
from deltalake import DeltaTable, write_deltalake
from deltalake.transaction import AddAction
from deltalake.writer.properties import WriterProperties

from genyard.core.errors import GenyardError
from genyard.store.arrow import schema_of
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.places import Place

MOST_AT_ONCE = 32
"""Days of projects that are written at once."""


def parts_of(rows: Table) -> list[Table]:
    """Return the rows in parts of few days each, in the order they had; few days are one part."""
    columns = (rows.column(name).to_pylist() for name in PARTITIONS)
    days = list(zip(*columns, strict=True))
    distinct = sorted(set(days), key=str)
    if len(distinct) <= MOST_AT_ONCE:
        return [rows]
    part_of = {day: place // MOST_AT_ONCE for place, day in enumerate(distinct)}
    parts = np.array([part_of[day] for day in days])
    (batch,) = rows.combine_chunks().to_batches()
    wanted = (np.flatnonzero(parts == part) for part in range(part_of[distinct[-1]] + 1))
    return [Table.from_batches([batch.take(Array.from_numpy(rows_of_part))]) for rows_of_part in wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWriter:
    """Writes data files that one commit names afterwards."""

    table: LakeTable
    place: Place
    scratch: Path
    """A folder of its own, on the file system of local files."""
    configuration: dict[str, str | None]

    def sweep(self) -> None:
        """Remove what a process that was killed left unfinished."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def write(self, parts: list[Table], properties: WriterProperties) -> list[AddAction]:
        """Write the files, durable in their place. None is left there when that fails: then it raises.

        Raises StorageFull, Unreachable, and what delta-rs raises.
        """
        brought: list[AddAction] = []
        try:
            for number, rows in enumerate(parts):
                folder = self.scratch / str(number)
                folder.mkdir(parents=True, mode=0o700)
                for path, action in self._written(folder, rows, properties):
                    self.place.bring(folder / path, path)
                    brought.append(action)
                shutil.rmtree(folder)
        except (GenyardError, OSError):
            self.place.remove([unquote(one.path) for one in brought])
            raise
        finally:
            self.sweep()
        return brought

    def _written(self, folder: Path, rows: Table, properties: WriterProperties) -> Iterator[tuple[str, AddAction]]:
        delta = DeltaTable.create(
            str(folder), schema_of(self.table), partition_by=list(PARTITIONS), configuration=self.configuration
        )
        write_deltalake(delta, rows, mode="append", writer_properties=properties)
        commit = (folder / "_delta_log" / f"{1:020d}.json").read_text().splitlines()
        for one in (action["add"] for action in map(json.loads, commit) if "add" in action):
            yield (
                unquote(one["path"]),
                AddAction(
                    path=one["path"],
                    size=one["size"],
                    partition_values=one["partitionValues"],
                    modification_time=one["modificationTime"],
                    data_change=True,
                    stats=one["stats"],
                ),
            )
