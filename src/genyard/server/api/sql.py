"""SQL over the project's own spans, scores and log records: what may be asked, and one statement."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from genyard.observe.explorer.sql import MOST_BYTES, MOST_ROWS
from genyard.server.body import Body
from genyard.server.guard import AppDep, GuardedRoute, needs
from genyard.store.columns import TABLES
from genyard.store.limited.tables import SQL_TYPES

router = APIRouter(tags=["sql"], route_class=GuardedRoute)


class SqlRequest(Body):
    """One SELECT. ``timeout_s`` shortens the server's own bound."""

    sql: Annotated[str, Field(min_length=1, max_length=20_000)]
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 1000
    timeout_s: Annotated[float, Field(gt=0)] | None = None


@router.post("/api/projects/{project}/sql", **needs("sql:run"))
def run(project: str, body: SqlRequest, app: AppDep) -> Response:
    """Run one SELECT over the project's `spans`, `scores` and `logs`. `cut` names the bound that was met, if any."""
    clock = app.bench.clock
    began_s = clock.monotonic_s()
    found = app.sql.run(project, body.sql, rows=body.limit, timeout_s=body.timeout_s)
    reply = {
        "columns": [{"name": name, "type": kind} for name, kind in zip(found.columns, found.types, strict=True)],
        "cut": found.cut or None,
        "rows": found.rows,
        "took_s": round(clock.monotonic_s() - began_s, 3),
    }
    # As bytes: an answer may have a hundred thousand values, which the framework would each look at twice.
    return Response(msgspec.json.encode(reply), media_type="application/json")


@router.get("/api/projects/{project}/sql", **needs("sql:run"))
def describe(project: str, app: AppDep) -> dict[str, Any]:  # noqa: ARG001  # the same tables in each project
    """List the tables that a SELECT may ask, with their columns, and the bounds of a statement."""
    limits = app.sql.limits
    return {
        "limits": {
            "bytes": MOST_BYTES,
            "memory_mb": limits.memory_mb,
            "rows": MOST_ROWS,
            "timeout_s": limits.timeout_s,
        },
        "tables": [
            {
                "columns": [
                    {"name": one.name, "sentence": one.sentence, "type": SQL_TYPES[one.type]} for one in table.columns
                ],
                "name": table.name,
            }
            for table in TABLES.values()
        ],
    }
