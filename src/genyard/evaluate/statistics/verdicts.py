"""The verdict of one condition of a gate: pass, fail or undecided, with a stated error.

``pass`` is claimed only when "not good enough" is rejected, ``fail`` only when "good enough" is; each claim is wrong
with probability at most alpha over all planned looks. Everything else is ``undecided``.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from genyard.core.errors import InvalidInput
from genyard.core.figures import TOO_FEW, plural, too_few
from genyard.core.figures import more_cases as in_want_of
from genyard.evaluate.statistics.bounds import Bounds
from genyard.evaluate.statistics.estimate import ValueRange, tail
from genyard.evaluate.statistics.means import FEW_ROWS
from genyard.evaluate.statistics.power import MOST_CASES, more_cases, two_figures

Word = Literal["pass", "fail", "undecided"]
Kind = Literal["at_least", "at_most", "not_worse_than"]

MOST_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is fixed before the run and stored with the gate.

    ``alpha`` is the error of each claim over all ``looks`` (at most 3); every look spends alpha / looks.
    ``value_range`` is the range of one score: (0, None) for a latency or a cost, None when nothing is declared, where
    scores that are all 0 or 1 count as a rate. ``deterministic`` declares that asking again gives the same scores.
    ``higher_is_better`` matters to ``not_worse_than`` only. ``cap`` is the most cases worth asking for.
    """

    alpha: float = 0.05
    look: int = 1
    looks: int = 1
    value_range: ValueRange | None = None
    higher_is_better: bool = True
    deterministic: bool = False
    seed: int = 0
    power: float = 0.8
    cap: int = MOST_CASES

    def __post_init__(self) -> None:
        tail(self.alpha, "lower")
        if not (1 <= self.looks <= MOST_LOOKS and self.look >= 1):
            raise InvalidInput(f"look {self.look} of {self.looks}", hint=f"plan 1 to {MOST_LOOKS} looks, count from 1")
        low, high = self.value_range or (0.0, None)
        if high is not None and not low < high:
            raise InvalidInput(f"the range {self.value_range} is empty", hint="give the lowest value, then the highest")

    @property
    def level(self) -> float:
        """The error that this look may spend on each claim."""
        return self.alpha / self.looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One condition decided, or not, and why.

    ``boundary`` is the threshold, or minus the margin of ``not_worse_than``; there the estimate and the bounds are of
    the difference, turned so that higher is better. ``more_cases`` is about how many further cases would decide if the
    estimate were the truth; None: none are needed, or none will do (``reason`` says so). ``p_pass`` and ``p_fail`` are
    the p-values of the two claims, None when there are no bounds.
    """

    kind: Kind
    word: Word
    reason: str
    estimate: float | None
    bound_lower: float | None
    bound_upper: float | None
    boundary: float
    alpha: float
    look: int
    looks: int
    n: int
    units: int
    method: str
    more_cases: int | None = None
    p_pass: float | None = None
    p_fail: float | None = None

    @property
    def level(self) -> float:
        """The error that this look spent on each claim."""
        return self.alpha / self.looks

    @property
    def wants(self) -> str:
        """How many more cases it is in want of, in words; empty where no number would do."""
        open_side = self.bound_lower is None or self.bound_upper is None
        return "" if self.more_cases is None else in_want_of(self.more_cases, least=open_side or self.n < TOO_FEW)


def decide(kind: Kind, found: Bounds, boundary: float, *, rules: Rules) -> Verdict:
    """The three-valued rule on two one-sided bounds."""
    if found.n < TOO_FEW:
        found = _too_few(found)
    verdict = Verdict(
        kind=kind,
        word="undecided",
        reason="",
        estimate=found.estimate,
        bound_lower=found.lower,
        bound_upper=found.upper,
        boundary=boundary,
        alpha=rules.alpha,
        look=rules.look,
        looks=rules.looks,
        n=found.n,
        units=found.units,
        method=found.method,
        p_pass=found.p_below if kind == "at_most" else found.p_above,
        p_fail=found.p_above if kind == "at_most" else found.p_below,
    )
    if rules.look > rules.looks:
        return replace(
            verdict, reason=f"undecided: all {rules.looks} planned looks are spent, this is look {rules.look}"
        )
    word = _word(kind, found.lower, found.upper, boundary)
    if word != "undecided":
        return replace(verdict, word=word, reason=_decided(verdict, word))
    if found.open_because is not None:
        return _left_open(verdict, found, rules)
    open_ = replace(verdict, more_cases=_more_cases(kind, found, boundary, rules))
    return replace(open_, reason=_open(open_))


def _too_few(found: Bounds) -> Bounds:
    """Without bounds: a rule that is fixed beforehand, so that so small a run is no look at the data."""
    if not found.n:
        return found
    least = max(found.least_n, FEW_ROWS)
    return Bounds(
        estimate=found.estimate,
        n=found.n,
        units=found.units,
        method="none",
        least_n=least,
        open_because=too_few(found.n),
    )


def _left_open(verdict: Verdict, found: Bounds, rules: Rules) -> Verdict:
    """Undecided for want of a bound. Where cases are all it wants, so many more are needed at least."""
    wanted = found.least_n - found.n
    more = two_figures(wanted) if wanted > 0 and found.least_n <= rules.cap else None
    open_ = replace(verdict, more_cases=more)
    return replace(open_, reason="; ".join(one for one in (f"undecided: {found.open_because}", open_.wants) if one))


def _word(kind: Kind, below: float | None, above: float | None, boundary: float) -> Word:
    lower, upper = -math.inf if below is None else below, math.inf if above is None else above
    if kind == "at_most":
        return "pass" if upper <= boundary else "fail" if lower > boundary else "undecided"
    # A margin is the first loss that is not acceptable, a threshold the first score that is.
    enough = lower >= boundary if kind == "at_least" else lower > boundary
    return "pass" if enough else "fail" if upper < boundary else "undecided"


def _more_cases(kind: Kind, found: Bounds, boundary: float, rules: Rules) -> int | None:
    """About how many; None where the estimate is too near the boundary for any number to be worth asking."""
    if found.estimate is None:
        return None
    wanted = more_cases(
        estimate=found.estimate,
        boundary=boundary,
        sd=found.sd,
        n=found.n,
        alpha=rules.level,
        power=rules.power,
        least_distance=0.1 * -boundary if kind == "not_worse_than" else found.least_distance,
        least_n=found.least_n,
        cap=rules.cap,
    )
    return None if wanted is None else two_figures(wanted)


def _decided(verdict: Verdict, word: Word) -> str:
    """One sentence with the number that decided."""
    upper = (word == "pass") == (verdict.kind == "at_most")
    bound = verdict.bound_upper if upper else verdict.bound_lower
    relation = {
        ("at_least", "pass"): "reaches",
        ("at_most", "pass"): "stays within",
        ("not_worse_than", "pass"): "is above",
    }.get((verdict.kind, word), "is below" if upper else "is above")
    side = "upper" if upper else "lower"
    told = f"the {_confidence(verdict)} {side} bound {bound:.4g} {relation} {verdict.boundary:.4g}"
    return f"{word}: {_found(verdict)}; {told}"


def _open(verdict: Verdict) -> str:
    bounds = f"{verdict.bound_lower:.4g} and {verdict.bound_upper:.4g}"
    advice = verdict.wants or "too near for more cases to decide"
    if verdict.wants and verdict.look == verdict.looks:
        advice += ", in a gate with one more look"
    return (
        f"undecided: {_found(verdict)}; the {_confidence(verdict)} bounds {bounds} "
        f"lie around {verdict.boundary:.4g}; {advice}"
    )


def _found(verdict: Verdict) -> str:
    what = "difference" if verdict.kind == "not_worse_than" else "mean"
    shared = "" if verdict.units == verdict.n else f" from {verdict.units} sources"
    return f"{what} {verdict.estimate:.4g} on {plural(verdict.n, 'case')}{shared}"


def _confidence(verdict: Verdict) -> str:
    return f"{100 * (1 - verdict.level):.4g} %"
