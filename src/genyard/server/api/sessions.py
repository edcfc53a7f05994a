"""Sessions: traces that share a conversation."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from genyard.core.clock import rfc3339
from genyard.core.errors import NotFound
from genyard.observe.explorer import sessions
from genyard.observe.explorer.sessions import Session
from genyard.server.api.traces import Limit, Place, trace_json
from genyard.server.asked import AskedDep
from genyard.server.guard import GuardedRoute, needs

router = APIRouter(tags=["sessions"], route_class=GuardedRoute)

SessionPlace = Annotated[str | None, Query(max_length=1200)]
"""A place among sessions holds the name of one."""


@router.get("/api/projects/{project}/sessions", **needs("trace:read"))
def listing(asked: AskedDep, limit: Limit = 50, after: SessionPlace = None) -> dict[str, Any]:
    """List the sessions of a time window, the one that was last active first."""
    found = sessions.sessions(asked.window, asked.query, limit=limit, after=after)
    return {"next": found.next, "sessions": [_session(one) for one in found.sessions]}


@router.get("/api/projects/{project}/sessions/{session:path}", **needs("trace:read"))
def show(session: str, asked: AskedDep, limit: Limit = 200, after: Place = None) -> dict[str, Any]:
    """Show one session: its traces in the order in which they were asked."""
    page = sessions.traces_of(asked.window, session, limit=limit, after=after)
    if not page.rows and after is None:
        raise NotFound(
            f"there is no session {session[:80]!r} in this time",
            hint=f"--since 90d looks further back; --where {session[:80]!r} lists the sessions that a query chooses",
        )
    return {"id": session, "next": page.next, "traces": [trace_json(row) for row in page.rows]}


def _session(one: Session) -> dict[str, Any]:
    return {
        "cost_usd": one.cost_usd,
        "errors": one.errors,
        "first_at": rfc3339(one.first_ns),
        "id": one.id,
        "last_at": rfc3339(one.last_ns),
        "preview": one.preview,
        "tokens": one.tokens,
        "traces": one.traces,
        "user": one.user,
    }
