"""Names: ``kind/name`` with versions 1, 2, 3 in order of arrival, each a digest; and the aliases of releases."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from genyard.core.digest import Digest, digest_prefix, short
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.refs import ArtifactKind, Ref, check_name
from genyard.store.aliases import AliasMove, alias, alias_history, aliases, move_alias
from genyard.store.dialects import lock_project
from genyard.store.schema import artifacts, names

__all__ = [
    "AliasMove",
    "Version",
    "add_version",
    "alias",
    "alias_history",
    "aliases",
    "move_alias",
    "named",
    "names_of",
    "resolve",
    "versions",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a name. ``new`` tells, once, that it was added just now."""

    kind: ArtifactKind
    name: str
    version: int
    digest: Digest
    at_ns: int
    by: PrincipalId
    new: bool = False

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}:{self.version}"


def add_version(
    tx: Connection, project: str, kind: ArtifactKind, name: str, digest: Digest, *, at_ns: int, by: PrincipalId
) -> Version:
    """Make ``digest`` the next version of ``kind/name``, or return the version that it already is.

    Raises NotFound when the artifact is not here and InvalidInput when it is of another kind.
    """
    check_name(name)
    lock_project(tx, project)
    _check_kind(tx, project, kind, digest)
    existing = tx.execute(_of_name(project, kind, name).where(names.c.digest == digest)).one_or_none()
    if existing is not None:
        return _version(existing)
    newest = tx.execute(_of_name(project, kind, name).with_only_columns(func.max(names.c.version))).scalar() or 0
    added = Version(kind=kind, name=name, version=newest + 1, digest=digest, at_ns=at_ns, by=by, new=True)
    row = {"project": project, "kind": kind, "name": name, "version": added.version, "digest": digest}
    tx.execute(names.insert(), row | {"at_ns": at_ns, "principal": by})
    return added


def resolve(tx: Connection, project: str, ref: Ref) -> Version:
    """Return the one version that ``ref`` means; without version, alias and digest, the newest.

    Raises NotFound, naming what is near, and InvalidInput for an alias of anything but a release.
    """
    if ref.alias is not None:
        ref = replace(ref, alias=None, digest=_target(tx, project, ref))
    query = _of_name(project, ref.kind, ref.name).order_by(names.c.version.desc())
    if ref.version is not None:
        query = query.where(names.c.version == ref.version)
    if ref.digest is not None:
        query = query.where(names.c.digest.startswith(digest_prefix(ref.digest) or ref.digest))
    found = [_version(row) for row in tx.execute(query.limit(2))]
    if not found:
        raise _not_found(tx, project, ref)
    if ref.digest is not None and len(found) > 1:
        raise InvalidInput(f"{ref} fits {found[0]} and {found[1]}", hint="write more digits of the digest")
    return found[0]


def versions(tx: Connection, project: str, kind: ArtifactKind, name: str) -> list[Version]:
    """Return the versions of a name, the newest first; none for a name that does not exist."""
    return [_version(row) for row in tx.execute(_of_name(project, kind, name).order_by(names.c.version.desc()))]


def named(tx: Connection, project: str, kind: ArtifactKind) -> list[Version]:
    """Return the newest version of each name of ``kind``, in order of name."""
    newest = (
        select(names.c.name, func.max(names.c.version).label("version"))
        .where(names.c.project == project, names.c.kind == kind)
        .group_by(names.c.name)
        .subquery()
    )
    query = (
        select(names)
        .join(newest, (names.c.name == newest.c.name) & (names.c.version == newest.c.version))
        .where(names.c.project == project, names.c.kind == kind)
    )
    # Sorted here: databases differ on the order of punctuation.
    return sorted((_version(row) for row in tx.execute(query)), key=lambda one: one.name)


def names_of(tx: Connection, project: str, digest: Digest) -> list[Version]:
    """Return every version that is ``digest``, in order of kind and name."""
    query = select(names).where(names.c.project == project, names.c.digest == digest)
    return sorted((_version(row) for row in tx.execute(query)), key=lambda one: (one.kind, one.name))


def _of_name(project: str, kind: ArtifactKind, name: str) -> Select[Any]:
    return select(names).where(names.c.project == project, names.c.kind == kind, names.c.name == name)


def _version(row: Row[Any]) -> Version:
    return Version(
        kind=row.kind, name=row.name, version=row.version, digest=row.digest, at_ns=row.at_ns, by=row.principal
    )


def _check_kind(tx: Connection, project: str, kind: ArtifactKind, digest: Digest) -> None:
    query = select(artifacts.c.kind).where(artifacts.c.project == project, artifacts.c.digest == digest)
    found = tx.execute(query).scalar()
    if found is None:
        raise NotFound(f"no artifact {digest} in project {project}", hint="put it there before naming it")
    if found != kind:
        raise InvalidInput(f"{short(digest)} is a {found}, not a {kind}")


def _target(tx: Connection, project: str, ref: Ref) -> Digest:
    if ref.kind != "release":
        raise InvalidInput(
            f"{ref}: only releases have aliases", hint=f"write a version, such as {ref.kind}/{ref.name}:1"
        )
    present = alias(tx, project, ref.name, ref.alias or "")
    if present is None:
        known = ", ".join(f"@{one.alias}" for one in aliases(tx, project, ref.name))
        raise NotFound(
            f"release/{ref.name} has no alias @{ref.alias}", hint=f"it has {known}" if known else "deploy it"
        )
    return present.digest


def _not_found(tx: Connection, project: str, ref: Ref) -> NotFound:
    newest = tx.execute(_of_name(project, ref.kind, ref.name).order_by(names.c.version.desc()).limit(1)).first()
    if newest is not None:
        return NotFound(f"no {ref} in project {project}", hint=f"its versions are 1 to {newest.version}")
    known = [one.name for one in named(tx, project, ref.kind)]
    near = get_close_matches(ref.name, known, cutoff=0.5)
    if near:
        hint = "the nearest are " + ", ".join(f"{ref.kind}/{name}" for name in near)
    else:
        hint = f"the project has {len(known)} of kind {ref.kind}"
    return NotFound(f"no {ref} in project {project}", hint=hint)
