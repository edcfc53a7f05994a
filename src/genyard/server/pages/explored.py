"""What the address of a list of traces, of sessions or of a dashboard says: query, window, order."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

from genyard.core.escape import one_line
from genyard.observe.explorer.list_columns import CHOICES, USUAL, chosen

HOURS: Mapping[str, int] = {"1h": 1, "24h": 24, "7d": 168, "30d": 720, "90d": 2160}
_SPANS: Mapping[str, str] = {
    "1h": "Last hour",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
}
SORTS: Mapping[str, str] = {
    "start": "Newest first",
    "start:asc": "Oldest first",
    "latency": "Slowest first",
    "cost": "Dearest first",
    "tokens": "Most tokens first",
    "ttft": "Latest first token",
}
WIDE = ("endpoint", "model")
"""Of the usual columns those that narrower screens leave out, until they are chosen."""
_PICKED = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d)?[:.\d]*Z?")
_TITLES: Mapping[str, str] = {"ttft": "First token"}
_PLAIN = re.compile(r"[^\s\",*]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several; ``chosen`` is the one in force."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """Defaults are left out of addresses. What is not known falls back to the default."""

    path: str
    q: str = ""
    window: str = "7d"
    since: str = ""
    until: str = ""
    """A time with ends of its own, each as the API reads it; both empty for the last hours or days."""
    sort: str = "start"
    narrow: bool = False
    """Whether the values of columns are shown beside the list."""
    by: str = ""
    """What figures are split by."""
    every: Literal["", "hour", "day"] = ""
    """What figures are for: an hour, a day, or empty for what suits their time."""
    columns: tuple[str, ...] = ()
    """What a list of traces shows beside what it always does; none for the usual."""
    unknown: str = ""
    """The time that was asked for, where there is none such: the usual one is shown."""

    @property
    def hours(self) -> int:
        return HOURS[self.window]

    def kept(self) -> tuple[tuple[str, str], ...]:
        """Return what the address says: a form keeps all of it that it does not ask for itself."""
        given = {
            "q": self.q,
            "w": self.window if self.window != "7d" and not self.fixed else "",
            "since": self.since,
            "until": self.until,
            "sort": self.sort if self.sort != "start" else "",
            "narrow": "1" if self.narrow else "",
            "by": self.by,
            "every": self.every,
            "cols": ",".join(self.columns),
        }
        return tuple((name, value) for name, value in given.items() if value)

    @property
    def fixed(self) -> bool:
        """Return whether the time has a beginning or an end of its own, and does not move on with the clock."""
        return bool(self.since or self.until)

    def times(self) -> dict[str, str | int]:
        """Return the time as the API is asked for it."""
        if not self.fixed:
            return {"hours": self.hours}
        return {name: value for name, value in (("since", self.since), ("until", self.until)) if value}

    def options(self) -> str:
        """Return the time as the command line is asked for it."""
        said = self.times() if self.fixed else {"since": self.window}
        return " ".join(f"--{name} {shlex.quote(one_line(str(value), limit=40))}" for name, value in said.items())

    def picked(self) -> tuple[str, str]:
        """Return both ends as a browser's field for a time has them; empty where one is no such time."""
        return _picked(self.since), _picked(self.until)

    def href(self, *, after: str = "") -> str:
        query = urlencode([*self.kept(), *([("after", after)] if after else [])])
        return self.path + (f"?{query}" if query else "")

    def with_term(self, column: str, value: str) -> str:
        """Return the address of the same list with one condition more."""
        return replace(self, q=f"{self.q} {term(column, value)}".strip()).href()

    def windows(self) -> tuple[Choice, ...]:
        usual = (Choice(value=key, text=text, chosen=key == self.window) for key, text in _SPANS.items())
        if not self.fixed:
            return tuple(usual)
        said = f"{self.since or '7 days'} to {self.until or 'now'}".replace("T", " ")
        own = Choice(value="", text=one_line(said, limit=60), chosen=True)
        return (own, *(replace(one, chosen=False) for one in usual))

    def choices(self) -> tuple[Choice, ...]:
        """Return the columns that may be shown."""
        shown = self.columns or USUAL
        return tuple(Choice(value=one, text=self._title(one), chosen=one in shown) for one in CHOICES)

    def _title(self, column: str) -> str:
        title = _TITLES.get(column, column.capitalize())
        return f"{title} (on wide screens)" if column in WIDE and not self.columns else title

    def sorts(self) -> tuple[Choice, ...]:
        known = SORTS if self.sort in SORTS else {**SORTS, self.sort: f"By {self.sort}"}
        return tuple(Choice(value=key, text=text, chosen=key == self.sort) for key, text in known.items())


def explored(
    path: str,
    *,
    q: str,
    window: str,
    since: str = "",
    until: str = "",
    sort: str = "",
    narrow: str = "",
    by: str = "",
    every: str = "",
    columns: Iterable[str] = (),
) -> Explored:
    """Read the query of an address. Where the last hours or days are asked for, they win over a time of its own."""
    return Explored(
        path=path,
        q=q.strip()[:2000],
        window=window if window in HOURS else "7d",
        since="" if window else since.strip(),
        until="" if window else until.strip(),
        sort=sort[:80] or "start",
        narrow=bool(narrow),
        by=by[:80],
        every="hour" if every == "hour" else "day" if every == "day" else "",
        unknown=one_line(window, limit=20) if window and window not in HOURS else "",
        columns=chosen(name for text in columns for name in text.split(",")),
    )


def _picked(text: str) -> str:
    found = _PICKED.fullmatch(text)
    return found[1] + (found[2] or "T00:00") if found else ""


def term(column: str, value: str) -> str:
    """Return a condition as the query language has it."""
    if _PLAIN.fullmatch(value):
        return f"{column}:{value}"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{column}:"{quoted}"'
