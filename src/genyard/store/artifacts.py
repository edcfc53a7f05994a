"""Artifacts: immutable, content-addressed things, kept as the canonical text that their digest is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from genyard.core.canonical import canonical_json, read_canonical
from genyard.core.digest import Digest, digest_of_bytes, digest_prefix, short
from genyard.core.errors import Corrupted, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.records import Artifact, Reference
from genyard.core.refs import ArtifactKind
from genyard.store.dialects import insert_new
from genyard.store.schema import artifact_references, artifacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An artifact as it is kept here: when it came and who brought it."""

    artifact: Artifact
    at_ns: int
    by: PrincipalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An artifact, by ``digest`` and ``kind``, that refers to another as its ``role``."""

    digest: Digest
    kind: ArtifactKind
    role: str


def put(tx: Connection, project: str, artifact: Artifact, *, at_ns: int, by: PrincipalId) -> bool:
    """Keep ``artifact``. Return False when it was already there. What it refers to may come later."""
    row = {
        "project": project,
        "digest": artifact.digest,
        "kind": artifact.kind,
        "manifest": canonical_json(artifact.as_json()).decode(),
        "at_ns": at_ns,
        "principal": by,
    }
    if not insert_new(tx, artifacts, row):
        return False
    if artifact.references:
        edges = {(one.role, one.kind, one.digest) for one in artifact.references}
        tx.execute(
            artifact_references.insert(),
            [
                {"project": project, "owner": artifact.digest, "role": role, "kind": kind, "digest": digest}
                for role, kind, digest in sorted(edges)
            ],
        )
    return True


def get(tx: Connection, project: str, digest: Digest) -> Artifact:
    """Return the artifact, its references in order of role, kind and digest. Raises NotFound and Corrupted."""
    query = select(artifacts.c.manifest).where(artifacts.c.project == project, artifacts.c.digest == digest)
    manifest = tx.execute(query).scalar()
    if manifest is None:
        raise NotFound(f"no artifact {digest} in project {project}")
    return _parse(manifest, digest)


def find(tx: Connection, project: str, text_prefix: str) -> list[Digest]:
    """Return the digests here that begin with ``text_prefix``: 6 or more hex digits, or ``sha256:`` and them."""
    prefix = digest_prefix(text_prefix)
    if prefix is None:
        return []
    query = select(artifacts.c.digest).where(artifacts.c.project == project, artifacts.c.digest.startswith(prefix))
    return sorted(tx.execute(query).scalars())


def listing(
    tx: Connection, project: str, *, kind: ArtifactKind | None = None, limit: int = 50, after: Digest | None = None
) -> list[Registered]:
    """Return the newest artifacts first; ``after`` is the last digest of the page before."""
    query = select(artifacts).where(artifacts.c.project == project)
    if kind is not None:
        query = query.where(artifacts.c.kind == kind)
    place = tuple_(artifacts.c.at_ns, artifacts.c.digest)
    if after is not None:
        query = query.where(place < (_at_ns(tx, project, after), after))
    query = query.order_by(artifacts.c.at_ns.desc(), artifacts.c.digest.desc()).limit(limit)
    return [_registered(row) for row in tx.execute(query)]


def users(tx: Connection, project: str, digest: Digest) -> list[Use]:
    """Return the artifacts that refer to ``digest`` (of an artifact or a blob), the newest first."""
    edges = artifact_references
    query = (
        select(edges.c.owner, artifacts.c.kind, edges.c.role)
        .join(artifacts, (artifacts.c.project == edges.c.project) & (artifacts.c.digest == edges.c.owner))
        .where(edges.c.project == project, edges.c.digest == digest)
        .order_by(artifacts.c.at_ns.desc(), edges.c.owner, edges.c.role)
    )
    return [Use(digest=row.owner, kind=row.kind, role=row.role) for row in tx.execute(query)]


def blobs_named(tx: Connection, project: str) -> frozenset[Digest]:
    """Return the blobs that artifacts of a project are made of."""
    edges = artifact_references
    query = select(edges.c.digest).where(edges.c.project == project, edges.c.kind == "blob").distinct()
    return frozenset(map(Digest, tx.execute(query).scalars()))


def _at_ns(tx: Connection, project: str, digest: Digest) -> int:
    query = select(artifacts.c.at_ns).where(artifacts.c.project == project, artifacts.c.digest == digest)
    at_ns: int | None = tx.execute(query).scalar()
    if at_ns is None:
        raise NotFound(f"no artifact {digest} in project {project}", hint="start from the first page")
    return at_ns


def _registered(row: Row[Any]) -> Registered:
    return Registered(artifact=_parse(row.manifest, row.digest), at_ns=row.at_ns, by=row.principal)


def _parse(manifest: str, digest: Digest) -> Artifact:
    if digest_of_bytes(manifest.encode()) != digest:
        raise Corrupted(f"artifact {short(digest)} is not what was written", hint="restore the catalog from a backup")
    value: Any = read_canonical(manifest)
    return Artifact(
        kind=value["kind"],
        body=value["body"],
        references=_references(value["references"]),
        schema=int(value["schema"].rpartition("/")[2]),
    )


def _references(rows: Sequence[dict[str, Any]]) -> tuple[Reference, ...]:
    return tuple(Reference(role=row["role"], kind=row["kind"], digest=Digest(row["digest"])) for row in rows)
