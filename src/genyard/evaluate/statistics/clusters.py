"""A mean whose rows share sources: a document, a user, a conversation, a template."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bootstrap import Floats
from genyard.evaluate.statistics.estimate import Estimate, Sided, ValueRange, ends, not_finite, tail, undefined
from genyard.evaluate.statistics.means import all_equal, no_upper_end, standard_error, unseen_ends
from genyard.evaluate.statistics.proportions import UNIT, score_ends

FEW_CLUSTERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredError:
    """Standard errors of a mean over clustered rows.

    ``robust`` is CR1, the sandwich over clusters times G/(G-1). ``design_effect`` is (robust / naive)^2 and
    ``effective_n`` the number of independent rows that would carry as much. None: not estimable.
    """

    naive: float | None
    robust: float | None
    design_effect: float | None
    effective_n: float | None
    n: int
    clusters: int

    @property
    def guarded(self) -> float | None:
        """What a gate uses: clusters that happen to disagree with themselves must not narrow a promise."""
        return None if self.naive is None or self.robust is None else max(self.naive, self.robust)

    @property
    def guarded_effect(self) -> float | None:
        return None if self.design_effect is None else max(1.0, self.design_effect)


def clustered_error(values: Sequence[float], clusters: Sequence[Hashable]) -> ClusteredError:
    """CR1 standard error of the mean (Miller 2024, arXiv:2411.00640; Cameron and Miller 2015, JHR 50:317)."""
    if len(values) != len(clusters):
        raise InvalidInput(f"{len(values)} values but {len(clusters)} clusters", hint="name the cluster of each value")
    rows, groups = np.asarray(values, dtype=np.float64), len(set(clusters))
    naive = standard_error(rows) if len(rows) > 1 else None
    robust = _cr1(rows, clusters, groups=groups) if groups > 1 else None
    effect = (robust / naive) ** 2 if naive and robust is not None else None
    return ClusteredError(
        naive=naive,
        robust=robust,
        design_effect=effect,
        effective_n=len(rows) / effect if effect else None,
        n=len(rows),
        clusters=groups,
    )


def cluster_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    alpha: float = 0.05,
    sided: Sided = "two",
    value_range: ValueRange | None = None,
) -> Estimate:
    """Mean with its CR1 standard error and t with G - 1 degrees of freedom."""
    error = tail(alpha, sided)
    rows, groups = np.asarray(values, dtype=np.float64), len(set(clusters))
    refused = _refuse(rows, groups, alpha=alpha, sided=sided)
    if refused is not None:
        return refused
    if all_equal(rows):
        return _equal(float(rows[0]), len(rows), groups, alpha=alpha, sided=sided, value_range=value_range)
    spread = clustered_error(values, clusters)
    mean, half = float(rows.mean()), -float(stdtrit(groups - 1, error)) * (spread.robust or 0.0)
    lower, upper = ends(mean - half, mean + half, sided=sided, within=value_range)
    return Estimate(
        estimate=mean,
        lower=lower,
        upper=upper,
        n=len(rows),
        units=groups,
        method="cluster-robust t",
        alpha=alpha,
        sided=sided,
        warnings=_warnings(spread),
    )


def cluster_rate_interval(
    values: Sequence[float], clusters: Sequence[Hashable], *, alpha: float = 0.05, sided: Sided = "two"
) -> Estimate:
    """Wilson for clustered 0/1 rows, on effective counts. CR1 with t misses high and low rates far too often."""
    error, groups = tail(alpha, sided), len(set(clusters))
    rows = np.asarray(values, dtype=np.float64)
    refused = _refuse(rows, groups, alpha=alpha, sided=sided)
    if refused is not None:
        return refused
    rate, share = float(rows.mean()), effective_share(values, clusters, mass=rate_mass(values), error=error)
    low, high = score_ends(rate * len(rows) * share, len(rows) * share, error=error)
    lower, upper = ends(low, high, sided=sided, within=UNIT)
    return Estimate(
        estimate=rate,
        lower=lower,
        upper=upper,
        n=len(rows),
        units=groups,
        method="wilson on effective counts",
        alpha=alpha,
        sided=sided,
        warnings=_warnings(clustered_error(values, clusters)),
    )


def effective_share(
    values: Sequence[float], clusters: Sequence[Hashable] | None, *, mass: Sequence[float], error: float
) -> float:
    """Effective rows per row, at most 1: 1 / design effect, and less where few clusters tell of it.

    After Korn and Graubard 1998 (Survey Methodology 24:193), who multiply by (t with n - 1 / t with G - 1)^2. Here G is
    the number of clusters that anything happened in, by Kish's formula on ``mass``, what each row adds to the variance:
    a design effect seen in two bad clusters is known from two. Never below one row a cluster, where clusters are
    copies of one row. Approximate: wholly bad clusters that are rare and were not drawn leave no trace.
    """
    if clusters is None:
        return 1.0
    copies = _kish(cluster_sums([1.0] * len(values), clusters)) / len(values)
    spread = clustered_error(values, clusters).guarded_effect
    told = _kish(cluster_sums(mass, clusters)) - 1
    if spread is None or told <= 0:
        return copies
    ratio = float((stdtrit(len(values) - 1, error) / stdtrit(told, error)) ** 2)
    return min(1.0, max(copies, ratio / spread))


def rate_mass(values: Sequence[float]) -> list[float]:
    """How far each score between 0 and 1 is from the end that most are at."""
    mostly_right = sum(values) > len(values) / 2
    return [1 - value if mostly_right else value for value in values]


def _kish(weights: Floats) -> float:
    """Effective number of weights: (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / np.sum(weights**2)) if weights.any() else 0.0


def cluster_sums(values: Sequence[float] | Floats, clusters: Sequence[Hashable]) -> Floats:
    """One sum a cluster, in order of first appearance."""
    index = {name: position for position, name in enumerate(dict.fromkeys(clusters))}
    found = np.bincount([index[name] for name in clusters], weights=values, minlength=len(index))
    return np.asarray(found, dtype=np.float64)


def _cr1(rows: Floats, clusters: Sequence[Hashable], *, groups: int) -> float:
    sums = cluster_sums(rows - rows.mean(), clusters)
    return math.sqrt(groups / (groups - 1) * float(np.sum(sums**2))) / len(rows)


def _refuse(rows: Floats, groups: int, *, alpha: float, sided: Sided) -> Estimate | None:
    reason = not_finite(rows.tolist()) or ("no rows" if not len(rows) else "one cluster has no spread")
    bad = bool(not_finite(rows.tolist()))
    if groups > 1 and not bad:
        return None
    mean = float(rows.mean()) if len(rows) and not bad else None
    return undefined(
        reason, method="cluster-robust t", alpha=alpha, n=len(rows), units=groups, sided=sided, estimate=mean
    )


def _equal(
    value: float, n: int, groups: int, *, alpha: float, sided: Sided, value_range: ValueRange | None
) -> Estimate:
    reason = f"all {n} rows are equal: no variation seen"
    if value_range is None:
        return undefined(reason, method="cluster-robust t", alpha=alpha, n=n, units=groups, sided=sided, estimate=value)
    found = unseen_ends(value, groups, error=alpha, value_range=value_range)
    lower, upper = ends(*found, sided=sided, within=value_range)
    method = "a cluster that differs"
    return Estimate(
        estimate=value,
        lower=lower,
        upper=upper,
        n=n,
        units=groups,
        method=method,
        alpha=alpha,
        sided=sided,
        warnings=(reason, *no_upper_end(found)),
    )


def _warnings(spread: ClusteredError) -> tuple[str, ...]:
    found = []
    if spread.clusters < FEW_CLUSTERS:
        found.append(f"only {spread.clusters} clusters: the interval is rough below {FEW_CLUSTERS}")
    if spread.robust == 0:
        found.append("the clusters do not differ at all: the width of zero is no certainty")
    elif spread.design_effect is not None:
        found.append(f"design effect {spread.design_effect:.2f}: worth {spread.effective_n:.0f} independent rows")
    return tuple(found)
