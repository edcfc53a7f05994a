"""What a request asks of the traces: which of them, in which time."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Depends, Query

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.window import HOUR_NS, Window
from genyard.server.guard import AppDep

MOST_HOURS = 24 * 366
_UNITS = {"m": HOUR_NS // 60, "h": HOUR_NS, "d": 24 * HOUR_NS, "w": 7 * 24 * HOUR_NS}
_AGO = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([mhdw])")
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
    hours: float = 168,
    since: Word = "",
    until: Word = "",
    endpoint: Word = "",
    release: Word = "",
) -> Asked:
    """Read what is asked: ``q`` in the query language, the last ``hours``, or from ``since`` to before ``until``.

    Both are how long ago, such as ``7d``, a date, or a time as RFC 3339 writes it. Raises InvalidInput.
    """
    now_ns = app.bench.clock.now_ns()
    start_ns, end_ns = between(since, until, hours=hours, now_ns=now_ns)
    given = {"endpoint": endpoint, "release": release}
    stamps = tuple(Filter(column=name, operator="is", value=value) for name, value in given.items() if value)
    found = read_query(q)
    return Asked(
        window=Window(lake=app.bench.lake, project=project, since_ns=start_ns, until_ns=end_ns),
        query=replace(found, root=(*found.root, *stamps)),
    )


AskedDep = Annotated[Asked, Depends(asked)]


def between(since: str, until: str, *, hours: float, now_ns: int) -> tuple[int, int]:
    """Return the beginning and the end of a time: to now where there is no ``until``, of ``hours`` without ``since``.

    Raises InvalidInput.
    """
    end_ns = time_of(until, now_ns=now_ns) if until else now_ns + 1
    start_ns = time_of(since, now_ns=now_ns) if since else end_ns - _length(hours)
    if start_ns + 1 >= end_ns:
        raise InvalidInput("this time ends before it begins", hint="since is the earlier time, until the later one")
    # What ends now ends behind this nanosecond, and began a whole year before it.
    if end_ns - start_ns > MOST_HOURS * HOUR_NS + 1:
        raise InvalidInput("this time is longer than a year", hint="ask for 366 days at most; --until moves its end")
    return max(0, start_ns), end_ns


def time_of(text: str, *, now_ns: int) -> int:
    """Return the time that ``7d`` before now, a date (its beginning in UTC), or a time is. Raises InvalidInput."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now_ns - int(float(ago[1]) * _UNITS[ago[2]])
    moment = _moment(text)
    if moment is None:
        raise InvalidInput(
            f"{text[:40]!r} is no time", hint="write 30m, 24h, 7d or 2w ago, or 2026-11-23, or 2026-11-23T09:00:00Z"
        )
    return round(moment.timestamp() * 1000) * 1_000_000


def _moment(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(tzinfo=UTC))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(hours: float) -> int:
    if not 0 < hours <= MOST_HOURS:
        raise InvalidInput(f"{hours:g} hours are no time to look at", hint=f"ask for up to {MOST_HOURS}, a year")
    return int(hours * HOUR_NS)
