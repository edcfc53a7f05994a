"""Who acts, and whether they may: principals, their roles in projects, and the actor that every operation asks for."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from genyard.access import audit
from genyard.access.audit import EVERY_PROJECT
from genyard.access.roles import ROLES, Permission, Role, allowed, covers
from genyard.access.tables import grants
from genyard.access.tables import principals as table
from genyard.core.canonical import JsonObject
from genyard.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from genyard.core.ids import IdSource, KeyId, PrincipalId
from genyard.store.dialects import insert_new

PrincipalKind = Literal["person", "service"]

# What these show belongs to no project, so a key of one project may ask for it.
_OF_NO_PROJECT: frozenset[Permission] = frozenset({"settings:read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for an operation, and how far they may go."""

    principal: PrincipalId
    name: str
    project: str | None
    """The one project this actor may act in; None for all of them."""
    role: Role
    scopes: tuple[str, ...] = ()
    """Where any are given, such as ``serve:helpdesk``, nothing else is allowed."""
    key: KeyId | None = None


def require(actor: Actor, permission: Permission, *, project: str | None, scope: str | None = None) -> None:
    """Return if ``actor`` may do ``permission`` in ``project`` (None: in all), else raise Forbidden.

    ``scope`` is what the operation is on, such as ``serve:helpdesk``, for keys that may do only that.
    """
    if actor.scopes and (permission != "endpoint:serve" or scope not in actor.scopes):
        raise Forbidden(f"this key is only for {', '.join(actor.scopes)}", hint="use a key without scopes")
    if (
        actor.project is not None
        and project != actor.project
        and not (project is None and permission in _OF_NO_PROJECT)
    ):
        asked = f"project {project}" if project else "all projects"
        raise Forbidden(
            f"{actor.name} acts in project {actor.project}, not in {asked}",
            hint=f"name it with --project {actor.project}, or use another key",
        )
    if not allowed(actor.role, permission):
        may = ", ".join(role for role in ROLES if allowed(role, permission))
        raise Forbidden(
            f"{permission} needs more than the role {actor.role}",
            hint=f"ask an admin of the project for a role that may: {may}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person, or a service that acts by itself."""

    id: PrincipalId
    kind: PrincipalKind
    name: str
    created_ns: int


def create(tx: Connection, name: str, *, kind: PrincipalKind, by: Actor, at_ns: int, ids: IdSource) -> Principal:
    """Make a principal; it may do nothing until it is granted a role. Raises Conflict when the name is taken."""
    if not allowed(by.role, "member:admin") or by.scopes:
        raise Forbidden("only an admin makes principals", hint="ask an admin")
    principal = Principal(id=PrincipalId(ids.uuid7()), kind=kind, name=_checked(name), created_ns=at_ns)
    _insert(tx, principal, by=by.principal)
    return principal


def get(tx: Connection, principal: PrincipalId) -> Principal:
    """Return a principal. Raises NotFound."""
    row = tx.execute(select(table).where(table.c.id == principal)).one_or_none()
    if row is None:
        raise NotFound(f"no principal {principal}")
    return _principal(row)


def listing(tx: Connection, project: str | None = None) -> list[tuple[Principal, Role | None]]:
    """Return who was granted a role in ``project``, with it; None: everybody, with their role in all projects."""
    scope = project if project is not None else EVERY_PROJECT
    joined = table.outerjoin(grants, (grants.c.principal == table.c.id) & (grants.c.project == scope))
    query = select(table, grants.c.role).select_from(joined)
    if project is not None:
        query = query.where(grants.c.role.is_not(None))
    return sorted(((_principal(row), row.role) for row in tx.execute(query)), key=lambda one: one[0].name)


def people_by_id(tx: Connection) -> dict[str, str]:
    """Return the name of every principal, for showing who did something."""
    return {one.id: one.name for one, _ in listing(tx)}


def grant(tx: Connection, principal: PrincipalId, project: str | None, role: Role, *, by: Actor, at_ns: int) -> None:
    """Give ``principal`` the role in ``project`` (None: in all) instead of the one it had there.

    Raises Forbidden and NotFound.
    """
    require(by, "member:admin", project=project)
    get(tx, principal)
    _grant(tx, principal, project, role, by=by.principal, at_ns=at_ns)


def revoke(tx: Connection, principal: PrincipalId, project: str | None, *, by: Actor, at_ns: int) -> None:
    """Take the role in ``project`` (None: in all) away; keys that rest on it stop working. Raises NotFound."""
    require(by, "member:admin", project=project)
    previous = _granted(tx, principal, project)
    if previous is None:
        raise NotFound(f"{principal} has no role in {project or 'all projects'}")
    tx.execute(grants.delete().where(*_of(principal, project)))
    _tell(tx, principal, project, "revoked", {"previous": previous}, by=by.principal, at_ns=at_ns)


def role_in(tx: Connection, principal: PrincipalId, project: str | None) -> Role | None:
    """Return the role of ``principal`` in ``project``: the one granted there, or in all where that covers it."""
    query = select(grants.c.project, grants.c.role).where(
        grants.c.principal == principal, grants.c.project.in_((EVERY_PROJECT, project or EVERY_PROJECT))
    )
    granted: dict[str, Role] = {row.project: row.role for row in tx.execute(query)}
    everywhere, here = granted.get(EVERY_PROJECT), granted.get(project or EVERY_PROJECT)
    if here is None or everywhere is None:
        return here or everywhere
    return everywhere if covers(everywhere, here) else here


def actor_in(tx: Connection, principal: PrincipalId, project: str | None) -> Actor:
    """Return ``principal`` acting in ``project``, with no key; None: in all, or in the only project it has a role in.

    Raises Forbidden when it has no role there.
    """
    known = get(tx, principal)
    everywhere = _granted(tx, principal, None)
    if project is None and everywhere is None:
        project = _only_project(tx, principal)
    role = role_in(tx, principal, project)
    if role is None:
        raise Forbidden(f"{known.name} has no role in {project or 'all projects'}", hint="ask an admin for one")
    spans_all = everywhere is not None and role == everywhere
    return Actor(principal=principal, name=known.name, project=None if spans_all else project, role=role)


def ensure_local(tx: Connection, name: str, *, at_ns: int, ids: IdSource) -> Actor:
    """Return the owner of this home, admin of all projects, making it on first use.

    Only for the process that holds the home: whoever can read the home's files is its owner.
    """
    row = tx.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        owner = Principal(id=PrincipalId(ids.uuid7()), kind="person", name=_checked(name), created_ns=at_ns)
        _insert(tx, owner, by=owner.id)
    else:
        owner = _principal(row)
    if _granted(tx, owner.id, None) != "admin":
        _grant(tx, owner.id, None, "admin", by=owner.id, at_ns=at_ns)
    return Actor(principal=owner.id, name=owner.name, project=None, role="admin")


def _insert(tx: Connection, principal: Principal, *, by: PrincipalId) -> None:
    row = {"id": principal.id, "kind": principal.kind, "name": principal.name}
    if not insert_new(tx, table, row | {"created_ns": principal.created_ns, "created_by": by}):
        raise Conflict(f"there is a principal {principal.name!r} already", hint="choose another name")
    detail = {"kind": principal.kind, "name": principal.name}
    _tell(tx, principal.id, None, "created", detail, by=by, at_ns=principal.created_ns)


def _grant(
    tx: Connection, principal: PrincipalId, project: str | None, role: Role, *, by: PrincipalId, at_ns: int
) -> None:
    previous = _granted(tx, principal, project)
    if previous == role:
        return
    tx.execute(grants.delete().where(*_of(principal, project)))
    row = {"principal": principal, "project": project or EVERY_PROJECT, "role": role}
    tx.execute(grants.insert(), row | {"granted_ns": at_ns, "granted_by": by})
    detail = {"role": role} | ({"previous": previous} if previous else {})
    _tell(tx, principal, project, "granted", detail, by=by, at_ns=at_ns)


def _granted(tx: Connection, principal: PrincipalId, project: str | None) -> Role | None:
    role: Role | None = tx.execute(select(grants.c.role).where(*_of(principal, project))).scalar()
    return role


def _of(principal: PrincipalId, project: str | None) -> tuple[Any, Any]:
    return grants.c.principal == principal, grants.c.project == (project or EVERY_PROJECT)


def _only_project(tx: Connection, principal: PrincipalId) -> str | None:
    found = tx.execute(select(grants.c.project).where(grants.c.principal == principal).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def _tell(
    tx: Connection,
    principal: PrincipalId,
    project: str | None,
    verb: str,
    detail: JsonObject,
    *,
    by: PrincipalId,
    at_ns: int,
) -> None:
    audit.append(
        tx,
        project=project or EVERY_PROJECT,
        actor=by,
        verb=verb,
        object=f"principal/{principal}",
        detail=detail,
        at_ns=at_ns,
    )


def _principal(row: Row[Any]) -> Principal:
    return Principal(id=row.id, kind=row.kind, name=row.name, created_ns=row.created_ns)


def _checked(name: str) -> str:
    if not 1 <= len(name) <= 200 or not name.isprintable() or name != name.strip():
        raise InvalidInput(f"{name[:40]!r} is no name for a principal", hint="use 1 to 200 printable characters")
    return name
