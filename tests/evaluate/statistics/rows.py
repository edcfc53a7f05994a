"""Case rows and sampling for the tests of statistics."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genyard.evaluate.statistics.cases import CaseScore

Floats = NDArray[np.float64]


def case_rows(values: Sequence[float | None], clusters: Sequence[str] | None = None) -> list[CaseScore]:
    names = [None] * len(values) if clusters is None else clusters
    return [
        CaseScore(case=f"case-{i:05}", value=value, cluster=cluster, unscored=1.0 if value is None else 0.0)
        for i, (value, cluster) in enumerate(zip(values, names, strict=True))
    ]


def keys(n: int) -> list[str]:
    return [f"case-{i:05}" for i in range(n)]


def binomial(n: int, p: float) -> Floats:
    """P(k successes) for k = 0..n, from logarithms; independent of scipy."""
    if p in (0, 1):
        return np.array([1.0 if k == n * p else 0.0 for k in range(n + 1)])
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)]
    k = np.arange(n + 1)
    return np.asarray(np.exp(np.array(logs) + k * math.log(p) + (n - k) * math.log1p(-p)))


def allowed(share: float, runs: int) -> float:
    """Four standard errors of a simulated share."""
    return 4 * math.sqrt(share * (1 - share) / runs)
