"""``/metrics``: what Prometheus scrapes."""

from fastapi import APIRouter, Response

from genyard.observe.meters import MEDIA_TYPE
from genyard.server.guard import AppDep, GuardedRoute, needs

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get("/metrics", response_class=Response, **needs("settings:read"))
def metrics(app: AppDep) -> Response:
    """Show the counters of this server in Prometheus's text format."""
    return Response(app.meters.text(), media_type=MEDIA_TYPE)
