"""What a request asks of the traces: which of them, in which time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.window import HOUR_NS, Window
from genyard.server.guard import AppDep

MOST_HOURS = 24 * 366
Text = Annotated[str, Query(max_length=2000)]
Word = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The conditions and the window of a request."""

    window: Window
    query: TraceQuery


def asked(
    project: str,
    app: AppDep,
    q: Text = "",
    hours: Annotated[float, Query(gt=0, le=MOST_HOURS)] = 168,
    since: Word = "",
    until: Word = "",
    endpoint: Word = "",
    release: Word = "",
) -> Asked:
    """Read what is asked: ``q`` in the query language, the last ``hours``, or from ``since`` to ``until`` (RFC 3339).

    Raises InvalidInput.
    """
    end_ns = _time(until, "until") if until else app.bench.clock.now_ns() + 1
    start_ns = _time(since, "since") if since else end_ns - int(hours * HOUR_NS)
    if not 0 <= end_ns - start_ns <= MOST_HOURS * HOUR_NS:
        raise InvalidInput("a window is from an earlier time to a later one, a year at most")
    given = {"endpoint": endpoint, "release": release}
    stamps = tuple(Filter(column=name, operator="is", value=value) for name, value in given.items() if value)
    found = read_query(q)
    return Asked(
        window=Window(lake=app.bench.lake, project=project, since_ns=max(0, start_ns), until_ns=end_ns),
        query=replace(found, root=(*found.root, *stamps)),
    )


AskedDep = Annotated[Asked, Depends(asked)]


def _time(text: str, name: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(f"{name} is no time: {text[:40]!r}", hint="write it as 2026-11-23T09:00:00Z")
    return round(moment.timestamp() * 1000) * 1_000_000
