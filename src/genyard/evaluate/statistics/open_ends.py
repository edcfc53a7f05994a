"""Scores that nothing bounds: a latency or a cost above, the difference of two of them on either side.

No bound of their mean is exact on that side: a case too rare to be drawn may take any time and cost any sum (Bahadur
and Savage 1956, Ann. Math. Stat. 27:1115). A bound is given there only for cases that vary and are many enough for
their mean to be nearly normal. It is approximate, and made at half the error because it errs towards too much.
"""

from collections.abc import Sequence
from dataclasses import replace

from genyard.evaluate.statistics.bootstrap import Floats
from genyard.evaluate.statistics.bounds import Bounds
from genyard.evaluate.statistics.clusters import cluster_sums
from genyard.evaluate.statistics.means import FEW_ROWS, STRONG_SKEW, skewness
from genyard.evaluate.statistics.power import MOST_CASES

FEW_SKEWED = 100  # below it no method bounds the mean of a lognormal well enough to promise it
CAREFUL = 0.5  # of the error, on a side that nothing bounds


def open_ends(
    plain: Bounds, careful: Bounds | None, rows: Floats, clusters: Sequence[str] | None, *, low: float | None
) -> Bounds:
    """The bounds of ``plain``, and on a side that nothing bounds those of ``careful``, made at half the error.

    Without a ``low`` nothing bounds the lower side either. ``careful`` is None where the scores are nearly all equal.
    """
    needed = _needed(rows, clusters)
    if careful is None:
        found = _left_open(plain, low=low)
        return replace(found, least_n=MOST_CASES + 1, open_because=f"nearly all {plain.n} scores are equal, {_BUT}")
    if plain.units < needed:
        few = f"{plain.units} {'cases' if clusters is None else 'sources'} are too few, {_BUT}"
        least = -(-needed * plain.n // plain.units)
        return replace(_left_open(plain, low=low), least_n=least, open_because=few)
    found = replace(plain, upper=careful.upper, p_below=_doubled(careful.p_below))
    return found if low is not None else replace(found, lower=careful.lower, p_above=_doubled(careful.p_above))


_BUT = "as nothing bounds what another would add to the mean"


def _needed(rows: Floats, clusters: Sequence[str] | None) -> int:
    carried = rows if clusters is None else cluster_sums(rows - rows.mean(), clusters)
    return FEW_SKEWED if abs(skewness(carried)) > STRONG_SKEW else FEW_ROWS


def _left_open(found: Bounds, *, low: float | None) -> Bounds:
    above_only = replace(found, upper=None, p_below=None)
    return above_only if low is not None else replace(above_only, lower=None, p_above=None)


def _doubled(p: float | None) -> float | None:
    """The p-value against the whole error of one that was made for half of it."""
    return None if p is None else min(1.0, p / CAREFUL)
