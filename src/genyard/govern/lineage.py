"""Lineage: read from references, runs and the digests on spans; it is not written down a second time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from genyard.core.digest import Digest
from genyard.core.refs import ArtifactKind
from genyard.deploy.releases import REPLACES
from genyard.store import artifacts, names

LAYERS: tuple[ArtifactKind, ...] = ("corpus", "index", "prompt", "model", "dataset", "metric", "system", "release")
"""The kinds that stand between a document and an answer, in the order of the flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One artifact of a lineage, with its names where it has any."""

    kind: ArtifactKind
    digest: Digest
    names: tuple[str, ...]
    role: str = ""


def node(tx: Connection, project: str, kind: ArtifactKind, digest: Digest, role: str = "") -> Node:
    known = tuple(str(version) for version in names.names_of(tx, project, digest))
    return Node(kind=kind, digest=digest, names=known, role=role)


def upstream(tx: Connection, project: str, digest: Digest) -> list[Node]:
    """Return everything that ``digest`` is made of, nearest first, each once. Raises NotFound."""
    found: dict[Digest, Node] = {}
    waiting = [digest]
    while waiting:
        artifact = artifacts.get(tx, project, waiting.pop(0))
        for reference in artifact.references:
            if reference.kind == "blob" or reference.digest in found:
                continue
            found[reference.digest] = node(tx, project, reference.kind, reference.digest, reference.role)
            waiting.append(reference.digest)
    return list(found.values())


def downstream(tx: Connection, project: str, digests: Sequence[Digest]) -> list[Node]:
    """Return every artifact that contains one of ``digests``, directly or through others, each once.

    A release that only replaces another contains nothing of it.
    """
    found: dict[Digest, Node] = {}
    waiting = list(digests)
    while waiting:
        for use in artifacts.users(tx, project, waiting.pop(0)):
            if use.digest not in found and use.role != REPLACES:
                found[use.digest] = node(tx, project, use.kind, use.digest, use.role)
                waiting.append(use.digest)
    return sorted(found.values(), key=lambda one: LAYERS.index(one.kind) if one.kind in LAYERS else len(LAYERS))
