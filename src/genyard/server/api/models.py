"""Models: what can be asked, and at what price."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from genyard.app import App
from genyard.discover.catalogue import Catalogue
from genyard.server.guard import AppDep, GuardedRoute, needs

router = APIRouter(tags=["models"], route_class=GuardedRoute)

MOST = 200


@router.get("/api/models", **needs("model:read"))
def listing(app: AppDep, find: Annotated[str | None, Query(max_length=100)] = None) -> dict[str, Any]:
    """List models with context window, price and whether they can be asked from here."""
    found = [one for one in _catalogue(app).rows() if not find or find.lower() in one.name.lower()]
    return {"models": [msgspec.to_builtins(one) for one in found[:MOST]], "more": max(0, len(found) - MOST)}


@router.get("/api/models/{name:path}", **needs("model:read"))
def show(name: str, app: AppDep) -> dict[str, Any]:
    """Show all that is known of one model."""
    shown: dict[str, Any] = msgspec.to_builtins(_catalogue(app).find(name))
    return shown


def _catalogue(app: App) -> Catalogue:
    return Catalogue(app.bench.settings, app.bench.clock)
