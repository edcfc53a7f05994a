"""Aliases of releases, such as ``@prod``: each move is kept, the newest is where the alias points."""

from dataclasses import dataclass
from types import EllipsisType
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from genyard.core.digest import Digest, short
from genyard.core.errors import Conflict, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.refs import check_name
from genyard.store.dialects import lock_project
from genyard.store.schema import alias_moves, names


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """One move of ``release/name@alias`` to ``digest``. ``sequence`` counts the moves of this alias from 1."""

    name: str
    alias: str
    digest: Digest
    previous: Digest | None
    at_ns: int
    by: PrincipalId
    why: str
    sequence: int


def move_alias(
    tx: Connection,
    project: str,
    name: str,
    alias: str,
    digest: Digest,
    *,
    at_ns: int,
    by: PrincipalId,
    why: str,
    expected: Digest | None | EllipsisType = ...,
) -> AliasMove:
    """Point ``release/name@alias`` at ``digest``, a version of that name. Where it is there already, nothing is added.

    ``expected`` is the target the caller has seen (None: no target yet). Raises Conflict when it is another by now,
    NotFound when ``digest`` is no version of the name.
    """
    check_name(alias, "alias")
    lock_project(tx, project)
    _check_version(tx, project, name, digest)
    present = _newest(tx, project, name, alias)
    target = present.digest if present else None
    if not isinstance(expected, EllipsisType) and expected != target:
        raise Conflict(
            f"release/{name}@{alias} is {short(target) if target else 'nothing'} by now, "
            f"not {short(expected) if expected else 'nothing'}",
            hint="look at it again, then decide",
        )
    if present is not None and target == digest:
        return present
    move = AliasMove(
        name=name,
        alias=alias,
        digest=digest,
        previous=target,
        at_ns=at_ns,
        by=by,
        why=why,
        sequence=present.sequence + 1 if present else 1,
    )
    _insert(tx, project, move)
    return move


def alias(tx: Connection, project: str, name: str, alias: str) -> AliasMove | None:
    """Return the move that put the alias where it is, None when there is no such alias."""
    return _newest(tx, project, name, alias)


def aliases(tx: Connection, project: str, name: str | None = None) -> list[AliasMove]:
    """Return where each alias is now, of ``name`` or of all releases, in order of name and alias."""
    keys = (alias_moves.c.name, alias_moves.c.alias)
    newest = (
        select(*keys, func.max(alias_moves.c.sequence).label("sequence"))
        .where(alias_moves.c.project == project)
        .group_by(*keys)
        .subquery()
    )
    same = (alias_moves.c.name == newest.c.name) & (alias_moves.c.alias == newest.c.alias)
    query = (
        select(alias_moves)
        .join(newest, same & (alias_moves.c.sequence == newest.c.sequence))
        .where(alias_moves.c.project == project)
    )
    if name is not None:
        query = query.where(alias_moves.c.name == name)
    return sorted((_move(row) for row in tx.execute(query)), key=lambda one: (one.name, one.alias))


def alias_history(tx: Connection, project: str, name: str, alias: str) -> list[AliasMove]:
    """Return every move of the alias, the newest first."""
    return [_move(row) for row in tx.execute(_of_alias(project, name, alias))]


def _newest(tx: Connection, project: str, name: str, alias: str) -> AliasMove | None:
    row = tx.execute(_of_alias(project, name, alias).limit(1)).first()
    return _move(row) if row is not None else None


def _of_alias(project: str, name: str, alias: str) -> Select[Any]:
    return (
        select(alias_moves)
        .where(alias_moves.c.project == project, alias_moves.c.name == name, alias_moves.c.alias == alias)
        .order_by(alias_moves.c.sequence.desc())
    )


def _move(row: Row[Any]) -> AliasMove:
    return AliasMove(
        name=row.name,
        alias=row.alias,
        digest=row.digest,
        previous=row.previous,
        at_ns=row.at_ns,
        by=row.principal,
        why=row.why,
        sequence=row.sequence,
    )


def _insert(tx: Connection, project: str, move: AliasMove) -> None:
    tx.execute(
        alias_moves.insert(),
        {
            "project": project,
            "name": move.name,
            "alias": move.alias,
            "sequence": move.sequence,
            "digest": move.digest,
            "previous": move.previous,
            "at_ns": move.at_ns,
            "principal": move.by,
            "why": move.why,
        },
    )


def _check_version(tx: Connection, project: str, name: str, digest: Digest) -> None:
    query = select(names.c.version).where(
        names.c.project == project, names.c.kind == "release", names.c.name == name, names.c.digest == digest
    )
    if tx.execute(query).scalar() is None:
        raise NotFound(f"{short(digest)} is no version of release/{name}", hint="register it under that name first")
