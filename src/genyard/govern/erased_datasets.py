"""Erasure in datasets: rows that came from erased traces become tombstones in every version, and their text goes.

A version cannot be changed, so what is left of it is another dataset, and a run says which one was made of which
(``develop.dataset_versions`` reads it). ``docs/design/erasure.md`` has the order and the crash points.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from genyard.access.principals import Actor
from genyard.access.publish import publish
from genyard.core.clock import Clock
from genyard.core.digest import Digest
from genyard.core.ids import IdSource, PrincipalId, RunId
from genyard.core.records import Artifact, Reference
from genyard.develop.dataset_versions import ERASE, erased_into
from genyard.develop.datasets import Dataset, Row
from genyard.govern.erasure_requests import ErasureRequest, SubjectKind
from genyard.store import artifacts, names, runs
from genyard.store.blobs import Blobs
from genyard.store.engine import Database
from genyard.store.schema import artifacts as artifact_table

_MARK = b'"origin"'
"""Stands in every row that was made from a trace: what has it not is not read as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """Rows of one version of a dataset that came from some traces, and the runs that answered them."""

    dataset: Digest
    rows: tuple[str, ...]
    runs: tuple[str, ...]

    def keyed(self) -> list[str]:
        """Return the rows as a request keeps them."""
        return [f"{self.dataset}#{row}" for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedDatasets:
    """What an erasure does to the datasets of a home."""

    database: Database
    blobs: Callable[[str], Blobs]
    clock: Clock
    ids: IdSource

    def traced(self, project: str, kind: SubjectKind, value: str, traces: Collection[str]) -> list[Traced]:
        """Return the rows of every version that came from ``traces``, or that name what is to be erased."""
        blobs, found = self.blobs(project), list[Traced]()
        for artifact in self._datasets(project):
            digest = artifact.part("rows")
            content = blobs.get(digest) if blobs.has(digest) else b""
            rows = tuple(str(row["id"]) for row in _rows_from(content, kind, value, traces))
            if rows:
                with self.database.read() as tx:
                    touched = tuple(run.id for run, _ in runs.touching(tx, project, artifact.digest))
                found.append(Traced(dataset=artifact.digest, rows=rows, runs=touched))
        return found

    def take_out(self, request: ErasureRequest) -> int:
        """Make tombstones of the rows that the request found, in each version. Return how many versions it changed."""
        by_dataset: dict[Digest, set[str]] = {}
        for key in request.found.rows:
            dataset, _, row = key.partition("#")
            by_dataset.setdefault(Digest(dataset), set()).add(row)
        blobs = self.blobs(request.project)
        gone: dict[Digest, None] = {}
        for dataset, rows in sorted(by_dataset.items()):
            with self.database.read() as tx:
                artifact = artifacts.get(tx, request.project, dataset)
            if blobs.has(artifact.part("rows")):
                self._redact(request, artifact, rows, blobs)
                gone[artifact.part("rows")] = None
        for digest in gone:  # last: two versions may share their rows
            blobs.remove(digest)
        return len(gone)

    def files(self, request: ErasureRequest) -> list[Digest]:
        """Return the files that were sent along with a genyard.yaml and hold such rows; they may be sent again.

        What an artifact names is no such file: rows were looked through before, and an index or a page has none.
        """
        with self.database.read() as tx:
            some = request.found.rows or runs.listing(tx, request.project, activity="collect", limit=1)
            named = artifacts.blobs_named(tx, request.project) if some else frozenset()
        if not some:
            return []
        blobs, traces = self.blobs(request.project), frozenset(request.found.traces)
        return [
            digest
            for digest in blobs.digests()
            if digest not in named and any(_rows_from(blobs.get(digest), request.kind, request.value, traces))
        ]

    def left(self, request: ErasureRequest) -> dict[str, Digest]:
        """Return what is left of each version with such a row."""
        found: dict[str, Digest] = {}
        with self.database.read() as tx:
            for key in request.found.rows:
                dataset = Digest(key.partition("#")[0])
                left = erased_into(tx, request.project, dataset)
                found |= {dataset: left} if left else {}
        return found

    def _datasets(self, project: str) -> list[Artifact]:
        query = select(artifact_table.c.digest).where(
            artifact_table.c.project == project, artifact_table.c.kind == "dataset"
        )
        with self.database.read() as tx:
            digests = tx.execute(query.order_by(artifact_table.c.digest)).scalars().all()
            return [artifacts.get(tx, project, digest) for digest in digests]

    def _redact(self, request: ErasureRequest, artifact: Artifact, rows: Collection[str], blobs: Blobs) -> None:
        whole = Dataset.of(artifact, blobs)
        left = replace(whole, rows=tuple(_tombstone(row) if row.id in rows else row for row in whole.rows))
        blobs.put(left.content)
        now_ns = self.clock.now_ns()
        with self.database.write() as tx:
            if erased_into(tx, request.project, artifact.digest) is None:
                self._note(tx, request, artifact, left.artifact(), now_ns)

    def _note(self, tx: Connection, request: ErasureRequest, old: Artifact, left: Artifact, now_ns: int) -> None:
        project, principal = request.project, PrincipalId(request.by)
        artifacts.put(tx, project, left, at_ns=now_ns, by=principal)
        runs.done(
            tx,
            id=RunId(self.ids.uuid7()),
            project=project,
            activity=ERASE,
            by=principal,
            at_ns=now_ns,
            inputs=(_reference(old),),
            outputs=(_reference(left),),
        )
        # The newest version is what others build on, so it is followed by what is left of it.
        by = Actor(principal=principal, name=principal, project=project, role="admin")
        for known in names.names_of(tx, project, old.digest):
            if names.versions(tx, project, "dataset", known.name)[0].digest == old.digest:
                publish(tx, project, known.name, left, by=by, at_ns=now_ns)


def _rows_from(
    content: bytes, kind: SubjectKind, value: str, traces: Collection[str]
) -> Iterator[dict[str, dict[str, str]]]:
    """Yield the rows in ``content`` whose origin is one of ``traces``, or names the user, session or trace."""
    if _MARK not in content:
        return
    for line in content.split(b"\n"):
        if _MARK in line and (row := _row(line)) is not None:
            origin = row["origin"]
            if origin.get("trace") in traces or origin.get(kind) == value:
                yield row


def _row(line: bytes) -> dict[str, dict[str, str]] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None  # a page, a picture: anything may be a blob
    return row if isinstance(row, dict) and isinstance(row.get("origin"), dict) and "id" in row else None


def _tombstone(row: Row) -> Row:
    return Row(id=row.id, inputs={}, erased=True)


def _reference(artifact: Artifact) -> Reference:
    return Reference(role="dataset", kind="dataset", digest=artifact.digest)


def row_ids(keys: Sequence[str]) -> set[str]:
    """Return the ids of rows that a request keeps: a row is in many versions."""
    return {key.partition("#")[2] for key in keys}
