"""A small line chart: numbers over time in, the places of lines and points out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from genyard.core.clock import rfc3339

WIDTH, HEIGHT = 300, 96
_TOP, _BOTTOM = 6, 90
MOST_LINES = 8
MOST_DOTS = 40
"""With more than so many points only lone ones are drawn as dots: lines tell the rest, and the table all."""
MOST_HITS, MOST_SAID = 32, 4
"""So many hours or days say their values under the pointer, of so many lines; the table has all."""
NOWHERE: Mapping[str, str] = MappingProxyType({})
Gap = Literal["zero", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One point; ``title`` says what it is in words."""

    x: str
    y: str
    title: str
    lone: bool
    """No line leads to it."""
    partial: bool
    """It is of a part of its hour or day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series, number ``place`` from 1. Where nothing is known it is cut, and lone points stand as dots."""

    name: str
    place: int
    parts: tuple[str, ...]
    loose: tuple[str, ...]
    """What leads to a point of a part of an hour or day."""
    dots: tuple[Dot, ...]
    last: str
    """The newest value, and whether it is of a part."""
    value: str
    """The newest value alone."""
    href: str = ""
    """The traces of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What is said where the pointer stands: an hour or day, from ``x`` on."""

    x: str
    title: str
    href: str
    """The traces of it; empty where it leads nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    note: str
    lines: tuple[Line, ...]
    top: str
    """The value at the upper edge; the lower edge is 0."""
    begin_ns: int
    end_ns: int
    more: int
    """How many series are not drawn."""
    partial: bool
    """Whether some point is of a part of its hour or day."""
    hits: tuple[Hit, ...]
    hit_width: str
    href: str
    """The traces that it counts."""

    @property
    def label(self) -> str:
        said = "; ".join(f"{one.name}: {one.last}" for one in self.lines) or "nothing is known"
        return f"{self.title}, newest values: {said}"


def chart(
    title: str,
    series: Sequence[tuple[str, Mapping[int, float]]],
    *,
    times: Sequence[int],
    show: Callable[[float], str],
    partial: AbstractSet[int] = frozenset(),
    gap: Gap = "unknown",
    note: str = "",
    href: str = "",
    hrefs: Mapping[str, str] = NOWHERE,
    at: Callable[[int], str] | None = None,
) -> Chart:
    """Return the chart of ``series``, each a name and values by time, over ``times``: every hour or day in order.

    ``href`` leads to the traces that it counts, ``hrefs`` to those of a series by its name, ``at`` to those of a time.

    Of those in ``partial`` only a part is counted; what leads there is drawn apart, for it is no fall.
    """
    drawn = [(name, values) for name, values in series if values][:MOST_LINES]
    top = max((value for _, values in drawn for value in values.values()), default=0.0)
    place = _Place(times, partial, top)
    lines = tuple(
        replace(
            _line(name, number, _filled(values, times) if gap == "zero" else values, place, show),
            href=hrefs.get(name, ""),
        )
        for number, (name, values) in enumerate(drawn, start=1)
    )
    if sum(len(one.dots) for one in lines) > MOST_DOTS:
        lines = tuple(replace(one, dots=tuple(dot for dot in one.dots if dot.lone or dot.partial)) for one in lines)
    return Chart(
        title=title,
        note=note,
        lines=lines,
        top=show(top),
        begin_ns=times[0],
        end_ns=times[-1],
        more=len([one for one in series if one[1]]) - len(drawn),
        partial=any(dot.partial for one in lines for dot in one.dots),
        hits=tuple(_hits(drawn, times, partial, show, at)) if len(times) <= MOST_HITS else (),
        hit_width=f"{WIDTH / len(times):.1f}",
        href=href,
    )


def _hits(
    drawn: Sequence[tuple[str, Mapping[int, float]]],
    times: Sequence[int],
    partial: AbstractSet[int],
    show: Callable[[float], str],
    leads: Callable[[int], str] | None,
) -> Iterator[Hit]:
    for number, at in enumerate(times):
        said = "; ".join(f"{name} {show(values[at])}" for name, values in drawn[:MOST_SAID] if at in values)
        if said:
            part = ", in part" if at in partial else ""
            title = f"{rfc3339(at)[:16]}{part}: {said}"
            yield Hit(x=f"{WIDTH * number / len(times):.1f}", title=title, href=leads(at) if leads else "")


def _filled(values: Mapping[int, float], times: Sequence[int]) -> Mapping[int, float]:
    return {at: values.get(at, 0.0) for at in times}


class _Place:
    def __init__(self, times: Sequence[int], partial: AbstractSet[int], top: float) -> None:
        self.times, self.partial, self._top = times, partial, top or 1.0
        self._at = {at: number for number, at in enumerate(times)}

    def x(self, at_ns: int) -> str:
        return f"{WIDTH * (self._at[at_ns] + 0.5) / len(self.times):.1f}"

    def y(self, value: float) -> str:
        return f"{_BOTTOM - (_BOTTOM - _TOP) * value / self._top:.1f}"


def _line(name: str, number: int, values: Mapping[int, float], place: _Place, show: Callable[[float], str]) -> Line:
    parts: list[list[int]] = [[]]
    for at in place.times:
        if at in values:
            parts[-1].append(at)
        elif parts[-1]:
            parts.append([])
    known = [at for part in parts for at in part]

    def point(at: int) -> str:
        return f"{place.x(at)},{place.y(values[at])}"

    def said(at: int) -> str:
        return show(values[at]) + (", in part" if at in place.partial else "")

    dots = tuple(
        Dot(
            x=place.x(at),
            y=place.y(values[at]),
            title=f"{name}: {said(at)}, {rfc3339(at)[:16]}",
            lone=len(part) == 1,
            partial=at in place.partial,
        )
        for part in parts
        for at in part
    )
    whole = [[at for at in part if at not in place.partial] for part in parts]
    return Line(
        name=name,
        place=number,
        parts=tuple(" ".join(map(point, part)) for part in whole if len(part) > 1),
        loose=tuple(f"{point(a)} {point(b)}" for part in parts for a, b in pairwise(part) if {a, b} & place.partial),
        dots=dots,
        last=said(known[-1]) if known else "",
        value=show(values[known[-1]]) if known else "",
    )
