"""Saved views: queries of a project under a name, for everybody in it. State of ``observe``, each change an event."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, func, select

from genyard.access import audit
from genyard.access.principals import Actor
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.ids import IdSource, PrincipalId
from genyard.core.refs import check_name
from genyard.observe.explorer.list_columns import chosen, read_columns
from genyard.observe.explorer.order import read_order
from genyard.observe.explorer.query_text import read_query
from genyard.observe.tables import saved_views as table
from genyard.store.dialects import insert_new, lock_project

ViewPage = Literal["traces", "sessions"]
PAGES: tuple[ViewPage, ...] = get_args(ViewPage)
ViewSpan = Literal["1h", "24h", "7d", "30d", "90d"]
MOST_VIEWS = 200
LONGEST_QUERY = 2_000
_SHORT = 4
"""A value of fewer characters stands in many words by chance: only one that is the whole of a value or word counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """What a list shows. ``since`` is how far back."""

    name: str
    page: ViewPage = "traces"
    query: str = ""
    sort: str = "start"
    since: ViewSpan = "7d"
    columns: tuple[str, ...] = ()
    """Of ``list_columns.CHOICES``; none for the usual ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """A view as it is kept, with who saved it last and when."""

    id: str
    """What events call it: its name may be a person's, and an event is for ever."""
    view: SavedView
    by: PrincipalId
    at_ns: int


def save(tx: Connection, project: str, view: SavedView, *, by: Actor, at_ns: int, ids: IdSource) -> bool:
    """Keep ``view``, in the place of one with its name. Return whether anything changed.

    Raises InvalidInput for a name, query or order that is none, and where the project has ``MOST_VIEWS``.
    """
    _check(view)
    lock_project(tx, project)
    before = _find(tx, project, view.name)
    if before is not None and before.view == view:
        return False
    id = before.id if before is not None else ids.uuid7()
    values = {
        "page": view.page,
        "query": view.query,
        "sort": view.sort,
        "since": view.since,
        "columns": ",".join(view.columns),
        "saved_ns": at_ns,
        "saved_by": by.principal,
    }
    if before is None and _count(tx, project) >= MOST_VIEWS:
        raise InvalidInput(f"the project has {MOST_VIEWS} views", hint="delete one: genyard views delete NAME")
    if not insert_new(tx, table, {"project": project, "name": view.name, "id": id, **values}):
        tx.execute(table.update().where(*_of(project, view.name)).values(values))
    _tell(tx, project, "saved", id, view, by=by.principal, at_ns=at_ns)
    return True


def delete(tx: Connection, project: str, name: str, *, by: PrincipalId, at_ns: int) -> SavedView:
    """Delete a view and return it, so that it can be saved again. Raises NotFound."""
    kept = get(tx, project, name)
    tx.execute(table.delete().where(*_of(project, name)))
    _tell(tx, project, "deleted", kept.id, kept.view, by=by, at_ns=at_ns)
    return kept.view


def get(tx: Connection, project: str, name: str) -> KeptView:
    """Return a view. Raises NotFound."""
    found = _find(tx, project, name)
    if found is None:
        raise NotFound(f"there is no view {name[:64]!r}", hint="genyard views lists them")
    return found


def listing(tx: Connection, project: str, *, page: ViewPage | None = None) -> list[KeptView]:
    """Return the views of a project, or those of one page, in order of their names."""
    query = select(table).where(table.c.project == project)
    if page is not None:
        query = query.where(table.c.page == page)
    return [_kept(row) for row in tx.execute(query.order_by(table.c.name))]


def naming(tx: Connection, project: str, values: Iterable[str]) -> list[str]:
    """Return the names of the views that name one of ``values``, such as a user who is to be forgotten.

    A view names it by its own name, by a value of its query, or by a word that holds it.
    """
    wanted = tuple(values)
    return [one.view.name for one in listing(tx, project) if any(_names(one.view, value) for value in wanted)]


def _names(view: SavedView, value: str) -> bool:
    exact, words = _parts(view.query)
    return value in (view.name, *exact, *words) or (len(value) >= _SHORT and any(value in one for one in words))


def _parts(query: str) -> tuple[list[str], list[str]]:
    """Return the values and the words of a query; all of it as a word where this Genyard cannot read it."""
    try:
        read = read_query(query)
    except InvalidInput:
        return [], [query]
    values = [one.value for one in (*read.filters, *read.without)]
    exact = [str(one) for value in values for one in (value if isinstance(value, tuple) else (value,))]
    return exact, [*read.words, *read.without_words]


def _check(view: SavedView) -> None:
    check_name(view.name, "view")
    if len(view.query) > LONGEST_QUERY:
        raise InvalidInput(f"the query has more than {LONGEST_QUERY} characters")
    read_query(view.query)
    if view.page == "sessions" and view.sort != "start":
        raise InvalidInput("a view of sessions has no order of its own", hint="leave sort out")
    read_order(view.sort)
    if view.page == "sessions" and view.columns:
        raise InvalidInput("a view of sessions has no columns of its own", hint="leave columns out")
    if read_columns(",".join(view.columns)) != view.columns:
        raise InvalidInput("the columns of a view stand in their order, and the usual ones are left out")


def _find(tx: Connection, project: str, name: str) -> KeptView | None:
    row = tx.execute(select(table).where(*_of(project, name))).one_or_none()
    return None if row is None else _kept(row)


def _count(tx: Connection, project: str) -> int:
    return int(tx.execute(select(func.count()).select_from(table).where(table.c.project == project)).scalar_one())


def _of(project: str, name: str) -> tuple[Any, ...]:
    return table.c.project == project, table.c.name == name


def _kept(row: Row[Any]) -> KeptView:
    view = SavedView(
        name=row.name,
        page=row.page,
        query=row.query,
        sort=row.sort,
        since=row.since,
        columns=chosen(row.columns.split(",")),
    )
    return KeptView(id=row.id, view=view, by=row.saved_by, at_ns=row.saved_ns)


def _tell(tx: Connection, project: str, verb: str, id: str, view: SavedView, *, by: PrincipalId, at_ns: int) -> None:
    # Neither name nor query: both may name a person, and an event is for ever.
    audit.append(tx, project=project, actor=by, verb=verb, object=f"view/{id}", detail={"page": view.page}, at_ns=at_ns)
