"""The evidence of a release: each condition of its gate as a row, each metric with n and interval."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json, JsonObject
from genyard.core.figures import TOO_FEW, more_cases, too_few
from genyard.server.pages import figures
from genyard.server.pages.room import Room, room
from genyard.server.pages.status import Chip, chip

_TONES = {"pass": "ok", "fail": "bad", "undecided": "warn"}
_DEMANDS = {"ok": "all beyond the limit", "bad": "all short of the limit", "warn": "crosses the limit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    chip: Chip
    verdict: str
    metric: str
    dataset: str
    rule: str
    room: Room | None
    result: str
    interval: str
    missing: str
    """Why a figure is missing; empty where none is."""
    n: str
    to_live: str
    reason: str
    more: str
    """What would decide it; empty where it is decided."""
    method: str
    looks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    metric: str
    dataset: str
    result: str
    interval: str
    missing: str
    n: str
    better: str
    method: str
    few: bool
    """Whether the cases are too few for a mean; ``result`` then says so, with n."""

    @property
    def in_short(self) -> str:
        return f"{self.metric} {self.result}" + ("" if self.few else f" {self.interval}, n {self.n}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate in one line: chip, counts, what it says, what would decide."""

    state: str
    headline: str
    sentence: str
    reasons: tuple[str, ...]


class _Fields:
    """A JSON object of a stored body, read with care: it may come from an older or a broken writer."""

    def __init__(self, value: Json) -> None:
        self._fields: JsonObject = value if isinstance(value, Mapping) else {}

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> float | None:
        value = self._fields.get(name)
        usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if usable and isinstance(value, int | float) else None

    def whole(self, name: str) -> int | None:
        value = self.number(name)
        return None if value is None else int(value)

    def rows(self, name: str) -> list["_Fields"]:
        value = self._fields.get(name)
        return [_Fields(one) for one in value] if isinstance(value, list | tuple) else []

    def object(self, name: str) -> "_Fields":
        return _Fields(self._fields.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name)
        return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    chip: Chip
    item: str
    finding: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    evaluated_at: str
    runs: tuple[str, ...]
    failed_cases: int
    verdict: Verdict
    against: tuple[str, ...]
    """The releases or environments that conditions compare with, such as ``prod``."""
    confidence: str
    conditions: tuple[ConditionRow, ...]
    metrics: tuple[MetricRow, ...]
    datasets: tuple[str, ...]
    """Such as ``golden:14``."""
    checklist: tuple[CheckRow, ...]

    @property
    def checked(self) -> str:
        done = sum(one.chip.word != "Open" for one in self.checklist)
        return f"{done} of {len(self.checklist)} done" if self.checklist else "none"


def evidence(body: Json) -> Evidence:
    """Read the evidence out of the body of a release."""
    found = _Fields(body).object("evidence")
    gate = found.object("gate")
    lower = {
        (one.text("metric"), one.text("dataset")) for one in found.rows("metrics") if one.text("direction") == "lower"
    }
    conditions = gate.rows("conditions")
    metrics = found.rows("metrics")
    rows = tuple(_condition(one, lower=(one.text("metric"), one.text("dataset")) in lower) for one in conditions)
    named = (f"{one.text('dataset')}:{one.text('dataset_version')}" for one in metrics if one.text("dataset_version"))
    return Evidence(
        evaluated_at=found.text("evaluated_at"),
        runs=found.texts("runs"),
        failed_cases=found.whole("failed_cases") or 0,
        verdict=_verdict(gate, rows),
        against=tuple(dict.fromkeys(one.text("against") for one in conditions if one.text("against"))),
        confidence=_confidence([one.number("alpha") for one in conditions]),
        conditions=rows,
        metrics=tuple(_metric(one) for one in metrics),
        datasets=tuple(dict.fromkeys(named)),
        checklist=tuple(_check(one) for one in found.rows("checklist")),
    )


def evidence_line(body: Json) -> str:
    """Return the evidence in a few words for provenance lines: the gate's verdict and the first metric."""
    words = {"pass": "gate passed", "fail": "gate failed", "undecided": "gate undecided"}
    return f"{words.get(evidence(body).verdict.state, 'no gate')} · {measured_line(body)}"


def measured_line(body: Json) -> str:
    """Return the first metric with its interval and n, for lists that show the verdict beside it."""
    return metrics_line(evidence(body).metrics) or "nothing was measured"


def metrics_of(result: Json) -> tuple[MetricRow, ...]:
    """Read the metrics out of the result of an evaluation."""
    return tuple(_metric(one) for one in _Fields(result).rows("metrics"))


def metrics_line(metrics: Sequence[MetricRow]) -> str:
    """Return the first metric with its interval and n; empty where there is none."""
    return metrics[0].in_short if metrics else ""


def _verdict(gate: _Fields, rows: tuple[ConditionRow, ...]) -> Verdict:
    counts = Counter(row.verdict for row in rows)
    state = gate.text("verdict") or "none"
    counted = f"{counts['pass']} pass, {counts['undecided']} undecided, {counts['fail']} fail"
    return Verdict(
        state=state if state in _TONES else "none",
        headline=counted if rows else "No gate",
        sentence=gate.text("sentence") or "No rule was set for this release, so nothing was decided.",
        reasons=tuple(_reason(row, said=gate.text("sentence")) for row in rows if row.verdict != "pass"),
    )


def _reason(row: ConditionRow, *, said: str) -> str:
    where = f"{row.metric} on {row.dataset}" if row.dataset else row.metric
    more = "" if row.more in said else row.more
    return " ".join(one for one in (f"{where}: {row.reason or row.rule}".rstrip(".") + ".", more) if one)


def _confidence(alphas: list[float | None]) -> str:
    known = {one for one in alphas if one is not None and 0 < one < 1}
    if not known:
        return "confidence not stated"
    percents = sorted(100 * (1 - one) for one in known)
    words = [f"{one:.2f}".rstrip("0").rstrip(".") for one in percents]
    # A gate asks on one side: its two bounds are no interval of this confidence, as those of the metrics are.
    return f"one-sided {words[0]} % bounds" if len(words) == 1 else f"one-sided {words[0]} to {words[-1]} % bounds"


def _limit(row: _Fields, *, at_most: bool) -> float | None:
    boundary, margin = row.number("boundary"), row.number("margin")
    if boundary is not None or margin is None:
        return boundary
    return margin if at_most else -margin


def _condition(row: _Fields, *, lower: bool) -> ConditionRow:
    kind, metric, verdict = row.text("kind"), row.text("metric"), row.text("verdict")
    paired = kind == "not_worse_than"
    at_most = kind == "at_most" or (paired and lower)
    estimate, low, high, live = (row.number(name) for name in ("estimate", "lower", "upper", "live"))
    live = None if paired else live
    limit = _limit(row, at_most=at_most)
    places = figures.decimals([estimate, low, high])
    tone = _TONES.get(verdict, "off")
    result = figures.figure(estimate, places=places, metric=metric, signed=paired)
    bounds = figures.interval(low, high, places=places, signed=paired)
    few = too_few(row.whole("n") or 0)
    difference = None if live is None or estimate is None else estimate - live
    label = f"{'difference ' if paired else ''}{result}, interval {bounds} {_DEMANDS.get(tone, '')} {row.text('rule')}"
    return ConditionRow(
        chip=chip(verdict if verdict in _TONES else ""),
        verdict=verdict,
        metric=metric,
        dataset=row.text("dataset"),
        rule=row.text("rule"),
        room=None
        if few
        else room(
            tone=tone, label=label, limit=limit, estimate=estimate, lower=low, upper=high, live=live, at_most=at_most
        ),
        result=few or result,
        interval=figures.MISSING if few else bounds,
        missing=_missing(few, estimate, low, high, row.text("reason")),
        n=_n(row, paired=paired),
        to_live=figures.figure(difference, places=places, metric=metric, signed=True),
        reason=row.text("reason"),
        more=_more(row, verdict),
        method=row.text("method"),
        looks=_looks(row),
    )


def _metric(row: _Fields) -> MetricRow:
    metric = row.text("metric")
    mean, low, high = (row.number(name) for name in ("mean", "lower", "upper"))
    places = figures.decimals([mean, low, high])
    few = too_few(row.whole("n") or 0)
    return MetricRow(
        metric=metric,
        dataset=":".join(one for one in (row.text("dataset"), row.text("dataset_version")) if one),
        result=few or figures.figure(mean, places=places, metric=metric),
        interval=figures.MISSING if few else figures.interval(low, high, places=places),
        missing=_missing(few, mean, low, high, ""),
        n=_n(row, paired=False),
        better=row.text("direction"),
        method=row.text("method"),
        few=bool(few),
    )


def _missing(few: str, estimate: float | None, low: float | None, high: float | None, reason: str) -> str:
    if few:
        return f"below {TOO_FEW} cases no mean is shown"
    if estimate is None:
        return reason or "no case could be scored"
    if low is None or high is None:
        return reason or "no interval: every case has the same value, or the method gives none here"
    return ""


def _n(row: _Fields, *, paired: bool) -> str:
    number, repeats = row.whole("n"), row.whole("repeats") or 1
    if number is None:
        return figures.MISSING
    return f"{number:,}{' pairs' if paired else ''}{f' × {repeats}' if repeats > 1 else ''}"


def _more(row: _Fields, verdict: str) -> str:
    cases = row.whole("more_cases")
    if verdict != "undecided":
        return ""
    if not cases:
        return "How many more cases would decide it is not known."
    open_side = row.number("lower") is None or row.number("upper") is None
    least = open_side or (row.whole("n") or 0) < TOO_FEW
    wants = more_cases(cases, least=least)
    return f"{wants[0].upper()}{wants[1:]}{'' if least else ' it'}."


def _looks(row: _Fields) -> str:
    look, looks, alpha = row.whole("look"), row.whole("looks"), row.number("alpha")
    said = f"α {figures.significant(alpha, 2)}" if alpha else ""
    counted = f"look {look} of {looks}" if look and looks else f"look {look}" if look else ""
    return ", ".join(one for one in (said, counted) if one)


def _check(row: _Fields) -> CheckRow:
    return CheckRow(chip=chip(row.text("state")), item=row.text("item"), finding=row.text("finding"), by=row.text("by"))
