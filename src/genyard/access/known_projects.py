"""Which projects there are. A project never goes away, so one that was found is believed from then on."""

from collections.abc import Callable, Collection

from genyard.access import projects
from genyard.access.principals import Actor
from genyard.core.errors import NotFound
from genyard.core.nearest import nearest
from genyard.core.refs import DEFAULT_PROJECT
from genyard.store.engine import Database


class KnownProjects:
    """Finds projects by name. Safe to use from many threads.

    ``with_rows`` gives the projects of the lake: spans may have been kept for one that nobody made.
    """

    def __init__(self, database: Database, *, with_rows: Callable[[], Collection[str]]) -> None:
        self._database = database
        self._with_rows = with_rows
        self._found = {DEFAULT_PROJECT}

    def is_known(self, name: str) -> bool:
        """Return whether the project is known to be there. It never waits."""
        return name in self._found

    def check(self, name: str) -> None:
        """Raise NotFound for a project that is not there, with the nearest that is. ``default`` always is.

        Where there is no project at all, nothing tells a wrong name from the first one: then any will do. Only for an
        actor of all projects: the names of others are no business of one project's actor.
        """
        if self.is_known(name):
            return
        there = self._all()
        if name in there:
            self._found.add(name)
        elif there:
            raise NotFound(f"no project {name!r}", hint=_hint(name, there | {DEFAULT_PROJECT}))

    def listing(self, actor: Actor) -> list[str]:
        """Return the names of the projects that ``actor`` may act in, in order."""
        return [actor.project] if actor.project else sorted(self._all() | {DEFAULT_PROJECT})

    def _all(self) -> set[str]:
        with self._database.read() as tx:
            made = {one.name for one in projects.every(tx)}
        return {*made, *self._with_rows()}


def _hint(name: str, there: Collection[str]) -> str:
    near = nearest(name, there)
    if near is not None:
        return f"did you mean {near}? genyard projects lists them"
    made = f"genyard projects create {name} makes it, and so does genyard run where genyard.yaml names it"
    return f"genyard projects lists them; {made}"
