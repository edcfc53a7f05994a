"""Keys: what programs and people without a browser act with. Shown once, stored hashed, never without an end."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Row, select

from genyard.access import audit
from genyard.access.audit import EVERY_PROJECT
from genyard.access.principals import Actor, get, require, role_in
from genyard.access.roles import Role, allowed, both, covers
from genyard.access.tables import keys as table
from genyard.access.tables import principals
from genyard.core.canonical import JsonObject
from genyard.core.clock import rfc3339
from genyard.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from genyard.core.ids import IdSource, KeyId, PrincipalId
from genyard.core.refs import NAME

DAY_NS = 86_400 * 1_000_000_000
DEFAULT_DAYS = 90
LONGEST_LINE = 100
"""Keys made with keys: further up than this nobody looks who may revoke one, and an admin must."""

_WITH_HOLDER = select(table, principals.c.name.label("holder")).join(principals, principals.c.id == table.c.principal)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key without its secret. ``project`` None means all projects."""

    id: KeyId
    principal: PrincipalId
    name: str
    project: str | None
    role: Role
    scopes: tuple[str, ...]
    created_ns: int
    created_by: PrincipalId
    expires_ns: int
    revoked_ns: int | None
    last_used_ns: int | None


def create(
    tx: Connection,
    *,
    project: str | None,
    name: str,
    role: Role,
    by: Actor,
    at_ns: int,
    ids: IdSource,
    scopes: tuple[str, ...] = (),
    expires_ns: int | None = None,
    principal: PrincipalId | None = None,
) -> tuple[KeyRecord, str]:
    """Make a key for ``principal`` (None: for the maker) and return it with its text, which is kept nowhere.

    It lasts 90 days unless ``expires_ns`` says otherwise, and never longer than the key that it is made with. Raises
    Forbidden for more than the maker may do itself or than the holder may, InvalidInput for a scope of unknown form or
    an end in the past.
    """
    holder = principal or by.principal
    expires_ns = _end(tx, by, at_ns + DEFAULT_DAYS * DAY_NS if expires_ns is None else expires_ns)
    _check_maker(by, project, role, holder)
    _check_holder(tx, holder, project, role)
    _check_form(name, expires_ns, at_ns)
    _check_scopes(scopes, role)
    record = KeyRecord(
        id=KeyId(ids.uuid7()),
        principal=holder,
        name=name,
        project=project,
        role=role,
        scopes=scopes,
        created_ns=at_ns,
        created_by=by.principal,
        expires_ns=expires_ns,
        revoked_ns=None,
        last_used_ns=None,
    )
    secret = ids.secret()
    _insert(tx, record, secret)
    detail = {"name": name, "principal": holder, "role": role, "scopes": scopes, "until": rfc3339(expires_ns)}
    made_with = {"with": by.key} if by.key else {}
    _tell(tx, record, "created", {**detail, **made_with}, by=by, at_ns=at_ns)
    return record, f"gy_{record.id}_{secret}"


def _end(tx: Connection, by: Actor, wanted_ns: int) -> int:
    """Return when a new key ends: as wanted, but never after the key that it is made with."""
    if by.key is None:
        return wanted_ns
    return min(wanted_ns, int(tx.execute(select(table.c.expires_ns).where(table.c.id == by.key)).scalar_one()))


def authenticate(tx: Connection, presented: str, *, now_ns: int) -> tuple[Actor, int]:
    """Return who holds the key ``presented``, and when it ends in Unix nanoseconds. ``touch`` notes the use.

    The actor's role is the key's, but never more than its holder has in the project by now.
    Raises Unauthenticated for an unknown, expired or revoked key, and when its holder has lost its role.
    """
    id_, _, secret = presented.removeprefix("gy_").partition("_")
    row = tx.execute(_WITH_HOLDER.where(table.c.id == id_)).one_or_none() if _is_plain(id_) else None
    # Compared for an unknown id too, and in constant time, so that time does not tell which part was wrong.
    matches = hmac.compare_digest(hashed(secret), row.secret_sha256 if row is not None else hashed(""))
    if row is None or not matches:
        raise Unauthenticated("this key is unknown", hint="make a new one with genyard keys create")
    record = _record(row)
    if record.revoked_ns is not None or record.expires_ns <= now_ns:
        what = "was revoked" if record.revoked_ns is not None else f"expired on {rfc3339(record.expires_ns)[:10]}"
        raise Unauthenticated(f"key {record.name!r} {what}", hint="make a new one with genyard keys create")
    present = role_in(tx, record.principal, record.project)
    if present is None:
        raise Unauthenticated(f"the holder of key {record.name!r} has no role any more", hint="ask an admin")
    actor = Actor(
        principal=record.principal,
        name=row.holder,
        project=record.project,
        role=both(record.role, present),
        scopes=record.scopes,
        key=record.id,
    )
    return actor, record.expires_ns


def touch(tx: Connection, key: KeyId, *, now_ns: int) -> None:
    """Note that the key was used. It is no event; once a minute or so is enough."""
    tx.execute(table.update().where(table.c.id == key).values(last_used_ns=now_ns))


def revoke(tx: Connection, key: KeyId, *, project: str | None, by: Actor, at_ns: int) -> None:
    """Make a key of ``project`` (None: of all) useless for good. Raises Forbidden and NotFound.

    An admin may; a person without a key, such as in a browser, may with those they hold; a key may with itself and
    those that were made with it. So whoever found a key cannot end the others of its holder.
    """
    row = tx.execute(
        select(table).where(table.c.id == key, table.c.project == (project or EVERY_PROJECT))
    ).one_or_none()
    if row is None:
        raise NotFound(f"no key {key} in {project or 'all projects'}", hint="genyard keys lists them")
    require(by, "key:revoke" if _is_own(tx, row, by) else "key:admin", project=project)
    # Not by what was read: of two who revoke it at the same time, one finds it done, and it is told once.
    unrevoked = table.update().where(table.c.id == key, table.c.revoked_ns.is_(None))
    if tx.execute(unrevoked.values(revoked_ns=at_ns)).rowcount == 0:
        return
    _tell(tx, _record(row), "revoked", {"name": row.name}, by=by, at_ns=at_ns)


def listing(tx: Connection, project: str | None, *, principal: PrincipalId | None = None) -> list[KeyRecord]:
    """Return the keys of ``project`` (None: those for all), of one holder or of everybody, the newest first."""
    query = select(table).where(table.c.project == (project or EVERY_PROJECT))
    if principal is not None:
        query = query.where(table.c.principal == principal)
    return [_record(row) for row in tx.execute(query.order_by(table.c.created_ns.desc(), table.c.id.desc()))]


def hashed(secret: str) -> str:
    """Return how a secret is stored: SHA-256, in hex.

    A slow hash such as argon2 protects passwords that people choose. These secrets are 256 random bits: there is
    nothing to guess, and every request would pay for the slowness.
    """
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _is_own(tx: Connection, row: Row[Any], by: Actor) -> bool:
    if by.key is None:
        return bool(row.principal == by.principal)
    return by.key in islice(_line(tx, row.id), LONGEST_LINE)


def _line(tx: Connection, key: KeyId | None) -> Iterator[KeyId]:
    """Yield a key, the one that it was made with, and so on, as their events tell."""
    while key is not None:
        yield key
        project = tx.execute(select(table.c.project).where(table.c.id == key)).scalar_one()
        created = audit.events(tx, project, object=f"key/{key}")[-1]
        key = cast("KeyId | None", created.detail.get("with"))


def _is_plain(id_: str) -> bool:
    return len(id_) <= 64 and id_.isascii() and id_.isprintable()


def _check_maker(by: Actor, project: str | None, role: Role, holder: PrincipalId) -> None:
    require(by, "key:create" if holder == by.principal else "key:admin", project=project)
    if not covers(by.role, role):
        raise Forbidden(f"a {by.role} cannot make a key with the role {role}", hint="ask an admin")
    if project is None and by.role != "admin":
        raise Forbidden("only an admin of all projects makes a key for all of them", hint="name a project")


def _check_holder(tx: Connection, holder: PrincipalId, project: str | None, role: Role) -> None:
    present = role_in(tx, holder, project)
    if present is None or not covers(present, role):
        where = project or "all projects"
        raise Forbidden(f"{get(tx, holder).name} has not the role {role} in {where}", hint="grant it first")


def _check_form(name: str, expires_ns: int, at_ns: int) -> None:
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidInput(f"{name[:40]!r} is no name for a key", hint="use 1 to 100 printable characters")
    if expires_ns <= at_ns:
        raise InvalidInput("the key would have expired already", hint="give a later end")


def _check_scopes(scopes: tuple[str, ...], role: Role) -> None:
    for scope in scopes:
        noun, _, target = scope.partition(":")
        if noun != "serve" or not NAME.fullmatch(target):
            raise InvalidInput(f"{scope!r} is no scope", hint="write serve:NAME, NAME being an endpoint")
    if scopes and not allowed(role, "endpoint:serve"):
        raise InvalidInput(f"the role {role} may call no endpoint", hint="make the key with the role developer")


def _insert(tx: Connection, record: KeyRecord, secret: str) -> None:
    tx.execute(
        table.insert(),
        {
            "id": record.id,
            "principal": record.principal,
            "name": record.name,
            "project": record.project or EVERY_PROJECT,
            "role": record.role,
            "scopes": record.scopes,
            "secret_sha256": hashed(secret),
            "created_ns": record.created_ns,
            "created_by": record.created_by,
            "expires_ns": record.expires_ns,
        },
    )


def _record(row: Row[Any]) -> KeyRecord:
    return KeyRecord(
        id=row.id,
        principal=row.principal,
        name=row.name,
        project=None if row.project == EVERY_PROJECT else row.project,
        role=row.role,
        scopes=tuple(row.scopes),
        created_ns=row.created_ns,
        created_by=row.created_by,
        expires_ns=row.expires_ns,
        revoked_ns=row.revoked_ns,
        last_used_ns=row.last_used_ns,
    )


def _tell(tx: Connection, record: KeyRecord, verb: str, detail: JsonObject, *, by: Actor, at_ns: int) -> None:
    audit.append(
        tx,
        project=record.project or EVERY_PROJECT,
        actor=by.principal,
        verb=verb,
        object=f"key/{record.id}",
        detail=detail,
        at_ns=at_ns,
    )
