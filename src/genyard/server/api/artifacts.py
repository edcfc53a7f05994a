"""Artifacts: any immutable thing by its digest."""

from typing import Any

from fastapi import APIRouter

from genyard.core.digest import parse_digest
from genyard.server.guard import AppDep, GuardedRoute, needs
from genyard.store import artifacts, names

router = APIRouter(tags=["artifacts"], route_class=GuardedRoute)


@router.get("/api/projects/{project}/artifacts/{digest}", **needs("artifact:read"))
def show(project: str, digest: str, app: AppDep) -> dict[str, Any]:
    """Show an artifact's manifest and its names."""
    with app.bench.database.read() as tx:
        found = artifacts.get(tx, project, parse_digest(digest))
        known = names.names_of(tx, project, found.digest)
    return {"digest": found.digest, "manifest": found.as_json(), "names": [str(one) for one in known]}
