"""Links that sign a browser in, for whoever can read the home: also while the server runs."""

from typing import Any

from fastapi import APIRouter

from genyard.access import sessions
from genyard.app import App
from genyard.core.errors import Unauthenticated
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["access"], route_class=GuardedRoute)


@router.post("/api/sign-in-links", status_code=201, **needs("settings:read"))
def create(app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Make a link for the owner of the home, who presents the home's own token: no key and no session may.

    A key may be for less than its holder, and a session that makes sessions would never end.
    """
    if actor is not app.local.actor:
        raise Unauthenticated(
            "a sign-in link is for who can read the files of the home", hint="genyard up, run there, gives one"
        )
    return {"home": str(app.home.path), "path": sign_in_path(app)}


def sign_in_path(app: App) -> str:
    """Return the path of a page that signs the owner's browser in, once, within ten minutes."""
    with app.bench.database.write() as tx:
        code = sessions.make_link(tx, by=app.local.actor, at_ns=app.bench.clock.now_ns(), ids=app.bench.ids)
    return f"/sign-in?code={code}"
