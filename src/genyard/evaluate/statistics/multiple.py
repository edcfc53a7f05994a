"""Adjusted p-values for families of tests. Adjusted p <= alpha rejects; order in, order out.

A p-value of None (not tested) stays None and is not counted in the family.
"""

from collections.abc import Callable, Sequence

import numpy as np

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bootstrap import Floats

PValues = Sequence[float | None]


def bonferroni(p_values: PValues) -> list[float | None]:
    """p * m: any dependence, also for simultaneous intervals at alpha/m."""
    return _adjust(p_values, lambda ordered: ordered * len(ordered))


def holm(p_values: PValues) -> list[float | None]:
    """Holm 1979: no false claim with probability 1 - alpha, under any dependence. For few claims that act."""
    return _adjust(p_values, lambda ordered: np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)))


def benjamini_hochberg(p_values: PValues) -> list[float | None]:
    """Benjamini and Hochberg 1995: a bounded share of false leads. For exploring many slices."""

    def step_up(ordered: Floats) -> Floats:
        scaled = ordered * len(ordered) / np.arange(1, len(ordered) + 1)
        return np.asarray(np.minimum.accumulate(scaled[::-1])[::-1])

    return _adjust(p_values, step_up)


def _adjust(p_values: PValues, rule: Callable[[Floats], Floats]) -> list[float | None]:
    known = [(index, p) for index, p in enumerate(p_values) if p is not None]
    if any(not 0 <= p <= 1 for _, p in known):
        raise InvalidInput("a p-value is not between 0 and 1", hint="give None for what was not tested")
    known.sort(key=lambda item: item[1])
    adjusted: list[float | None] = [None] * len(p_values)
    found = np.minimum(rule(np.array([p for _, p in known], dtype=np.float64)), 1.0) if known else np.array([])
    for (index, _), value in zip(known, found, strict=True):
        adjusted[index] = float(value)
    return adjusted
