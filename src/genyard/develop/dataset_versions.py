"""Datasets as the catalog has them: a version read back, also where some of its rows were erased since."""

from sqlalchemy import Connection

from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput
from genyard.core.refs import Ref
from genyard.develop.datasets import Dataset, Row
from genyard.develop.library import Library
from genyard.store import artifacts, names, runs
from genyard.store.names import Version

ERASE = "erase"
"""The activity of a run that read a dataset and made the one that is left of it."""


def erased_into(tx: Connection, project: str, dataset: Digest) -> Digest | None:
    """Return the dataset that is left of ``dataset``, where rows of it were erased; else None."""
    left = None
    while (following := _after(tx, project, left or dataset)) is not None:
        left = following
    return left


def _after(tx: Connection, project: str, dataset: Digest) -> Digest | None:
    for run, end in runs.touching(tx, project, dataset):
        if run.activity == ERASE and end and any(one.digest == dataset for one in run.inputs):
            return end.outputs[0].digest
    return None


def erased_since(tx: Connection, project: str, dataset: Digest) -> int:
    """Return how many rows of a dataset were erased after it was registered."""
    left = erased_into(tx, project, dataset)
    if left is None:
        return 0
    now, then = (artifacts.get(tx, project, one).body.get("erased", 0) for one in (left, dataset))
    return int(str(now)) - int(str(then))


def read_dataset(library: Library, project: str, digest: Digest, *, name: str = "") -> Dataset:
    """Return a dataset by digest, or what is left of it where rows of it were erased. Raises NotFound, Corrupted."""
    with library.database.read() as tx:
        present = erased_into(tx, project, digest) or digest
    artifact = library.artifact(project, present)
    if artifact.kind != "dataset":
        raise InvalidInput(f"{digest} is a {artifact.kind}, not a dataset")
    return Dataset.of(artifact, library.blobs(project), name=name)


def dataset_version(library: Library, project: str, name: str, version: int | None = None) -> Version:
    """Return a version of a dataset, the newest without one. Raises NotFound."""
    with library.database.read() as tx:
        return names.resolve(tx, project, Ref(kind="dataset", name=name, version=version))


def newest_dataset(library: Library, project: str, name: str) -> tuple[Version, Dataset] | None:
    """Return the newest version of a dataset, or None for a name that is not there yet."""
    with library.database.read() as tx:
        known = names.versions(tx, project, "dataset", name)
    return (known[0], read_dataset(library, project, known[0].digest, name=name)) if known else None


def rows_of_trace(library: Library, project: str, trace: str) -> list[tuple[Version, Row]]:
    """Return the rows that were made from a trace, in the newest versions. Only datasets with such rows are read."""
    with library.database.read() as tx:
        newest = [
            one
            for one in names.named(tx, project, "dataset")
            if artifacts.get(tx, project, one.digest).body.get("traced")
        ]
    return [
        (version, row)
        for version in newest
        for row in read_dataset(library, project, version.digest).rows
        if row.origin.get("trace") == trace
    ]


def erased_rows(library: Library, project: str, name: str) -> frozenset[str]:
    """Return the ids of the rows that were erased from any version of a dataset.

    A file may be one of long ago. No rows are read where none were erased.
    """
    with library.database.read() as tx:
        known = names.versions(tx, project, "dataset", name)
        left = {erased_into(tx, project, one.digest) or one.digest for one in known}
        holding = [one for one in left if artifacts.get(tx, project, one).body.get("erased")]
    return frozenset().union(*(read_dataset(library, project, one).erased for one in holding))
