"""Figures of a project over time: is it getting better or worse?"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from genyard.core.clock import rfc3339
from genyard.core.digest import short
from genyard.core.escape import one_line
from genyard.observe.explorer.score_series import ScorePoint
from genyard.observe.explorer.series import STEPS, Every, Point
from genyard.server.pages import figures
from genyard.server.pages.chart import Chart, chart
from genyard.server.pages.explored import Choice, Explored
from genyard.server.pages.frame import Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Table, number, text, time

SPLITS: Mapping[str, str] = {
    "": "Together",
    "model": "By model",
    "release": "By release",
    "endpoint": "By endpoint",
    "environment": "By environment",
    "service_name": "By service",
    "user_id": "By user",
}
MOST_ROWS = 40
Figure = Callable[[Point], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    text: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    head: Head
    explored: Explored
    splits: tuple[Split, ...]
    steps: tuple[Split, ...]
    """By hour and by day."""
    charts: tuple[Chart, ...]
    table: Table
    """The same figures as text."""
    problem: str
    hint: str
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links

    @property
    def sorts(self) -> tuple[Choice, ...]:
        return ()


def dashboard(
    points: Sequence[Point],
    scores: Sequence[ScorePoint],
    *,
    links: Links,
    explored: Explored,
    every: Every,
    times: Sequence[int],
    partial: AbstractSet[int] = frozenset(),
    problem: str = "",
    hint: str = "",
) -> DashboardView:
    """Return the page of figures by hour or day. ``times`` are the starts of all of them, in order.

    ``partial`` are those of which only a part is counted.
    """
    query = " '" + explored.q.replace("'", "'\\''") + "'" if explored.q else ""
    by = f" --by {explored.by}" if explored.by else ""
    doors = _Doors(explored, links, every)
    return DashboardView(
        head=Head(title="Dashboard", heading="Dashboard"),
        explored=explored,
        splits=tuple(
            Split(text=text, href=replace(explored, by=key).href(), current=explored.by == key)
            for key, text in SPLITS.items()
        ),
        steps=(
            Split(text="By hour", href=replace(explored, every="hour").href(), current=every == "hour"),
            Split(text="By day", href=replace(explored, every="day").href(), current=every == "day"),
        ),
        charts=() if problem else _Charts(times, partial, doors).of(points, scores, explored.by),
        table=_table(points, partial, doors),
        problem=problem,
        hint=hint,
        crumbs=(Crumb(text=links.project, href=links.home), Crumb(text="Dashboard")),
        cli=f"genyard stats{query}{by} --every {every} {explored.options()}",
        links=links,
    )


class _Doors:
    """From figures to the traces that they count."""

    def __init__(self, explored: Explored, links: Links, every: Every) -> None:
        self._traces = replace(explored, path=links.traces(), sort="start", narrow=False, by="", every="", columns=())
        self._step_ns = STEPS[every]
        self.by = explored.by

    @property
    def all(self) -> str:
        return self._traces.href()

    @property
    def failed(self) -> str:
        return self._traces.with_term("status", "error")

    def at(self, at_ns: int) -> str:
        """Return the traces of one hour or day."""
        return self._within(at_ns).href()

    def failed_at(self, at_ns: int) -> str:
        return self._within(at_ns).with_term("status", "error")

    def of_group_at(self, group: str | None, at_ns: int) -> str:
        return self._within(at_ns).with_term(self.by, group) if group and self.by else self.at(at_ns)

    def _within(self, at_ns: int) -> Explored:
        since, until = rfc3339(at_ns)[:16], rfc3339(at_ns + self._step_ns)[:16]
        return replace(self._traces, since=since, until=until)

    def of(self, groups: Iterable[str | None]) -> dict[str, str]:
        """Return the traces of each group, by the name that a chart gives it."""
        return {_name(one, self.by): self._traces.with_term(self.by, one) for one in groups if one and self.by}


class _Charts:
    def __init__(self, times: Sequence[int], partial: AbstractSet[int], doors: _Doors) -> None:
        self._times, self._doors = times, doors
        self._chart = functools.partial(chart, times=times, partial=partial)

    def of(self, points: Sequence[Point], scores: Sequence[ScorePoint], by: str) -> tuple[Chart, ...]:
        return (*self._figures(points, by), *self._scores(scores, by))

    def _figures(self, points: Sequence[Point], by: str) -> tuple[Chart, ...]:
        groups = _groups(points, by)
        doors = self._doors.of({one.group for one in points})
        told = functools.partial(self._chart, href=self._doors.all, hrefs=doors, at=self._doors.at)
        failed = functools.partial(self._chart, href=self._doors.failed, at=self._doors.failed_at)
        what = "calls" if by == "model" else "traces"

        def lines(figure: Figure) -> list[tuple[str, Mapping[int, float]]]:
            return [(name, _values(group, figure)) for name, group in groups]

        def percentiles(*of: tuple[str, Figure]) -> list[tuple[str, Mapping[int, float]]]:
            """Split, one percentile a group; together, all of them."""
            return lines(of[1][1]) if by else [(name, _values(points, figure)) for name, figure in of]

        latency = percentiles(("p50", _p50), ("p95", _p95), ("p99", _p99))
        first = percentiles(("p50", _ttft_p50), ("p95", _ttft_p95))
        exact = "p95" if by else "exact"
        return (
            told("Traffic", lines(_count), show=_whole, gap="zero", note=what),
            failed("Errors", lines(_errors), show=_whole, gap="zero", note=what),
            told("Latency", latency, show=_duration, note=exact),
            told("First token", first, show=_duration, note=exact),
            told("Tokens", lines(_tokens), show=_whole, note="each call once"),
            told("Cost", lines(_cost), show=figures.money, note="known prices"),
        )

    def _scores(self, scores: Sequence[ScorePoint], by: str) -> Iterator[Chart]:
        by_name: defaultdict[str, defaultdict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
        for one in scores:
            if one.at_ns in set(self._times):
                by_name[one.name][_name(one.group, by)][one.at_ns] = one.mean
        for name, lines in sorted(by_name.items())[:12]:
            yield self._chart(one_line(name, limit=40), list(lines.items()), show=_score, note="mean")


def _groups(points: Sequence[Point], by: str) -> list[tuple[str, list[Point]]]:
    """Return the groups, the one with most traffic first."""
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for one in points:
        found[_name(one.group, by)].append(one)
    return sorted(found.items(), key=lambda item: -sum(one.count for one in item[1]))


def _name(group: str | None, by: str) -> str:
    if group is None:
        return "none" if by else "all"
    return short(group)[:12] if group.startswith("sha256:") else one_line(group, limit=40)


def _values(points: Sequence[Point], figure: Figure) -> dict[int, float]:
    return {one.at_ns: value for one in points if (value := figure(one)) is not None}


def _table(points: Sequence[Point], partial: AbstractSet[int], doors: _Doors) -> Table:
    columns = (
        Column(text="From"),
        Column(text="Group", main=True),
        Column(text="Count", number=True),
        Column(text="Errors", number=True),
        Column(text="p50", number=True, optional=True),
        Column(text="p95", number=True),
        Column(text="p99", number=True, optional=True),
        Column(text="Tokens", number=True, optional=True),
        Column(text="Cost", number=True, optional=True),
    )
    newest = list(reversed(points))[:MOST_ROWS]
    return Table(label="Figures", columns=columns, rows=tuple(_row(one, partial, doors) for one in newest))


def _row(one: Point, partial: AbstractSet[int], doors: _Doors) -> tuple[Cell, ...]:
    href = doors.of_group_at(one.group, one.at_ns)
    return (
        replace(time(one.at_ns, href=href), note="in part" if one.at_ns in partial else ""),
        text(_name(one.group, doors.by)),
        number(figures.count(one.count)),
        number(figures.count(one.errors)),
        *(
            number(figures.duration(None if value is None else int(value)))
            for value in (one.p50_ns, one.p95_ns, one.p99_ns)
        ),
        number(figures.count(one.tokens)),
        number(figures.money(one.cost_usd)),
    )


def _count(one: Point) -> float:
    return float(one.count)


def _errors(one: Point) -> float:
    return float(one.errors)


def _p50(one: Point) -> float | None:
    return one.p50_ns


def _p95(one: Point) -> float | None:
    return one.p95_ns


def _p99(one: Point) -> float | None:
    return one.p99_ns


def _ttft_p50(one: Point) -> float | None:
    return None if one.ttft_p50_s is None else one.ttft_p50_s * 1e9


def _ttft_p95(one: Point) -> float | None:
    return None if one.ttft_p95_s is None else one.ttft_p95_s * 1e9


def _tokens(one: Point) -> float | None:
    return None if one.tokens is None else float(one.tokens)


def _cost(one: Point) -> float | None:
    return one.cost_usd


def _whole(value: float) -> str:
    return figures.count(int(value))


def _duration(value: float) -> str:
    return figures.duration(int(value))


def _score(value: float) -> str:
    return f"{value:.3f}"
