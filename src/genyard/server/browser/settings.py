"""The settings of a project on a page: to read, with the commands that change them."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from genyard.access import keys
from genyard.access.principals import Actor
from genyard.access.roles import Permission, allowed
from genyard.app import App
from genyard.observe.masking.policies import policy_of
from genyard.server.api import lake as lake_api
from genyard.server.api.keys import key_json
from genyard.server.browser.answer import page, quota_of
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.links import Links
from genyard.server.pages.settings_view import KeyRow, Masked, Taken, settings_view

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/p/{project}/settings", **needs("trace:read"))
def settings(request: Request, project: str, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """What the project keeps and masks, and its keys where one may see them."""
    found = lake_api.show(project, app)
    view = settings_view(
        links=Links(project),
        quota=quota_of(app, project),
        keep_days=found["limits"]["keep_days"],
        tables=[_taken(name, one) for name, one in found["tables"].items()],
        days=[_taken(one["day"], one) for one in found["days"]],
        masked=_masked(app, project) if _may(actor, "masking:read") else None,
        keys=_keys(app, project) if _may(actor, "key:admin") else None,
        body=found,
    )
    return page(request, "thing.html", view, project=project, actor=actor, current="settings")


def _may(actor: Actor, permission: Permission) -> bool:
    return not actor.scopes and allowed(actor.role, permission)


def _taken(name: str, one: dict[str, Any]) -> Taken:
    return Taken(
        name=name,
        rows=one["rows"],
        files=one["files"],
        size=one["bytes"],
        media=one.get("media_bytes", 0),
        cost_usd=one.get("cost_usd"),
    )


def _masked(app: App, project: str) -> Masked:
    with app.bench.database.read() as tx:
        found = policy_of(tx, project)
    return Masked(mode=found.mode, rules=found.rules, custom=[one.name for one in found.custom], media=found.media)


def _keys(app: App, project: str) -> list[KeyRow]:
    now_ns = app.bench.clock.now_ns()
    with app.bench.database.read() as tx:
        found = keys.listing(tx, project)
    return [
        KeyRow(
            name=one.name,
            role=one.role,
            scopes=one.scopes,
            state=key_json(one, now_ns=now_ns)["state"],
            last_used_ns=one.last_used_ns,
            expires_ns=one.expires_ns,
        )
        for one in found
    ]
