"""An address in a project that no page has. Asked last: every other route comes before it."""

from fastapi import APIRouter

from genyard.core.errors import NotFound
from genyard.core.escape import one_line
from genyard.server.guard import GuardedRoute, needs

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/p/{project}/{rest:path}", **needs("project:read"))
def nowhere(project: str, rest: str) -> None:
    """Raise NotFound, for who is signed in and so has a menu to go on with."""
    raise NotFound(f"there is no page {one_line(rest, limit=80)} in {project}", hint="the menu has every page")
