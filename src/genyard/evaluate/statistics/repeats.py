"""Repeated answers: how much scores vary between cases and how much when the same case is asked again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bootstrap import Floats
from genyard.evaluate.statistics.estimate import Estimate, Range, ends, tail, undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponents:
    """One-way random effects by ANOVA (Searle, Casella, McCulloch 1992, chapter 3).

    ``case`` is cut at zero, ``case_untruncated`` is not. ``typical_repeats`` is n0, the repeats a case has for this
    purpose. None: not estimable, as when no case was repeated.
    """

    repeat: float | None
    case: float | None
    case_untruncated: float | None
    within: float | None
    between: float | None
    typical_repeats: float | None
    share_of_case: float | None
    cases: int
    answers: int


def variance_components(scores: Sequence[Sequence[float]]) -> VarianceComponents:
    """Variance between cases and between repeats of a case. ``scores[i]`` are the repeats of case i, at least one."""
    groups = _groups(scores)
    cases, answers = len(groups), sum(map(len, groups))
    between, typical = _between(groups) if cases > 1 else (None, None)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / (answers - cases) if answers > cases else None
    raw = (between - within) / typical if between is not None and within is not None and typical else None
    case = None if raw is None else max(0.0, raw)
    total = None if case is None or within is None else case + within
    return VarianceComponents(
        repeat=within,
        case=case,
        case_untruncated=raw,
        within=within,
        between=between,
        typical_repeats=typical,
        share_of_case=case / total if case is not None and total else None,
        cases=cases,
        answers=answers,
    )


def same_cases_interval(
    scores: Sequence[Sequence[float]], *, alpha: float = 0.05, value_range: Range | None = None
) -> Estimate:
    """Mean over *these very cases*, with the noise of asking again only: did the system change on this fixed set?"""
    groups = _groups(scores)
    parts = variance_components(scores)
    mean = float(np.mean([g.mean() for g in groups])) if groups else None
    method = "t over repeats"
    if mean is None or not parts.repeat:
        reason = "no rows" if mean is None else "no case was repeated, or repeats never differed"
        return undefined(reason, method=method, alpha=alpha, n=parts.answers, units=parts.cases, estimate=mean)
    variance = parts.repeat * sum(1 / len(g) for g in groups) / len(groups) ** 2
    half = -float(stdtrit(parts.answers - parts.cases, tail(alpha, "two"))) * math.sqrt(variance)
    lower, upper = ends(mean - half, mean + half, sided="two", within=value_range)
    return Estimate(
        estimate=mean, lower=lower, upper=upper, n=parts.answers, units=parts.cases, method=method, alpha=alpha
    )


def standard_error_of_design(*, var_case: float, var_repeat: float, cases: int, repeats: int) -> float:
    """Standard error of the mean over new cases: sqrt((var_case + var_repeat/R) / n) (Miller 2024, section 3)."""
    return math.sqrt((var_case + var_repeat / repeats) / cases)


def cases_for_error(*, var_case: float, var_repeat: float, repeats: int, standard_error: float) -> int:
    """The fewest cases whose mean has at most this standard error."""
    wanted = (var_case + var_repeat / repeats) / standard_error**2
    return math.ceil(wanted - 1e-9 * wanted)  # rounding must not cost a case


def best_repeats(*, var_case: float, var_repeat: float, cost_per_case: float, cost_per_answer: float) -> float | None:
    """Repeats that buy the smallest error for a budget n * (cost_per_case + R * cost_per_answer), at least 1.

    None when cases do not differ: then a repeat is worth as much as a case.
    """
    if var_case <= 0:
        return None
    return max(1.0, math.sqrt(var_repeat / var_case * cost_per_case / cost_per_answer))


def _groups(scores: Sequence[Sequence[float]]) -> list[Floats]:
    if not all(len(repeats) for repeats in scores):
        raise InvalidInput("a case has no score", hint="leave out the cases without scores, and count them")
    return [np.asarray(repeats, dtype=np.float64) for repeats in scores]


def _between(groups: list[Floats]) -> tuple[float, float]:
    """Mean square between cases, and n0."""
    sizes = np.array([len(g) for g in groups], dtype=np.float64)
    means = np.array([g.mean() for g in groups])
    grand, answers = float(np.concatenate(groups).mean()), float(sizes.sum())
    square = float(np.sum(sizes * (means - grand) ** 2)) / (len(groups) - 1)
    return square, (answers - float(np.sum(sizes**2)) / answers) / (len(groups) - 1)
