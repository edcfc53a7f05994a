"""Projects: the tenants that everything belongs to."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from genyard.access import audit
from genyard.access.audit import EVERY_PROJECT
from genyard.access.principals import Actor, require
from genyard.access.tables import grants
from genyard.access.tables import projects as table
from genyard.core.errors import Conflict, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.refs import check_name
from genyard.store.dialects import insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, and who made it when."""

    name: str
    created_ns: int
    created_by: PrincipalId


def create(tx: Connection, name: str, *, by: Actor, at_ns: int) -> Project:
    """Make a project. Raises Forbidden, Conflict when it exists, and InvalidInput for what is no name."""
    require(by, "project:create", project=None)
    check_name(name, "project")
    project = Project(name=name, created_ns=at_ns, created_by=by.principal)
    if not insert_new(tx, table, {"name": name, "created_ns": at_ns, "created_by": by.principal}):
        raise Conflict(f"there is a project {name} already", hint="choose another name")
    audit.append(tx, project=name, actor=by.principal, verb="created", object=f"project/{name}", detail={}, at_ns=at_ns)
    return project


def ensure(tx: Connection, name: str, *, by: Actor, at_ns: int) -> Project:
    """Return the project, making it where it is new and ``by`` may make projects. Raises Forbidden where not."""
    try:
        return get(tx, name)
    except NotFound:
        return create(tx, name, by=by, at_ns=at_ns)


def get(tx: Connection, name: str) -> Project:
    """Return a project that was made. Raises NotFound."""
    row = tx.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(
            f"no project {name}",
            hint=f"genyard projects create {name} makes it, and so does genyard run where genyard.yaml names it",
        )
    return Project(name=row.name, created_ns=row.created_ns, created_by=row.created_by)


def listing(tx: Connection, actor: Actor) -> list[Project]:
    """Return the projects that ``actor`` may act in, in order of name."""
    return [one for one in every(tx) if actor.project in (None, one.name)]


def every(tx: Connection) -> list[Project]:
    """Return the projects that were made, in order of name."""
    rows = tx.execute(select(table))
    found = [Project(name=row.name, created_ns=row.created_ns, created_by=row.created_by) for row in rows]
    return sorted(found, key=lambda one: one.name)


def open_to(tx: Connection, actor: Actor) -> list[Project]:
    """Return the projects that who acts has a role in, in order of name: an actor stands in one of them at a time."""
    if actor.key is not None or actor.scopes:
        return listing(tx, actor)
    granted = set(tx.execute(select(grants.c.project).where(grants.c.principal == actor.principal)).scalars())
    return [one for one in every(tx) if granted.intersection((EVERY_PROJECT, one.name))]
