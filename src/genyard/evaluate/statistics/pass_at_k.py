"""pass@k: one of k tries is right. pass^k: all k tries are right. Per case, then averaged over cases."""

import math
from collections.abc import Callable, Mapping

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.estimate import Estimate, undefined
from genyard.evaluate.statistics.means import mean_interval
from genyard.evaluate.statistics.proportions import UNIT

Counts = Mapping[str, tuple[int, int]]


def pass_at_k(tries: int, right: int, k: int) -> float | None:
    """1 - C(n-c, k)/C(n, k), unbiased (Chen et al. 2021, arXiv:2107.03374, section 2.1). None when k > tries."""
    _check(tries, right, k)
    missed = _all_among(tries, tries - right, k)
    return None if missed is None else 1 - missed


def pass_hat_k(tries: int, right: int, k: int) -> float | None:
    """C(c, k)/C(n, k), unbiased (Yao et al. 2024, arXiv:2406.12045). None when k > tries."""
    _check(tries, right, k)
    return _all_among(tries, right, k)


def pass_at_k_interval(counts: Counts, k: int, *, seed: int, alpha: float = 0.05) -> Estimate:
    """Mean pass@k over cases; ``counts`` maps a case to its (tries, right). The unit is the case."""
    return _over_cases(counts, k, per_case=pass_at_k, seed=seed, alpha=alpha)


def pass_hat_k_interval(counts: Counts, k: int, *, seed: int, alpha: float = 0.05) -> Estimate:
    """Mean pass^k over cases; ``counts`` maps a case to its (tries, right). The unit is the case."""
    return _over_cases(counts, k, per_case=pass_hat_k, seed=seed, alpha=alpha)


def _all_among(n: int, c: int, k: int) -> float | None:
    """P(k draws without replacement from n are all among c), as a running product: factorials would overflow."""
    if k > n:
        return None
    return math.prod((c - i) / (n - i) for i in range(k)) if c >= k else 0.0


def _check(tries: int, right: int, k: int) -> None:
    if not 0 <= right <= tries or k < 1:
        raise InvalidInput(f"{right} of {tries} tries right, k = {k}", hint="give 0 <= right <= tries and k >= 1")


def _over_cases(
    counts: Counts, k: int, *, per_case: Callable[[int, int, int], float | None], seed: int, alpha: float
) -> Estimate:
    values = {case: per_case(tries, right, k) for case, (tries, right) in counts.items()}
    known = {case: value for case, value in values.items() if value is not None}
    if len(known) < len(values):
        reason = f"{len(values) - len(known)} cases have fewer than k = {k} tries"
        return undefined(reason, method=per_case.__name__, alpha=alpha, n=len(values))
    return mean_interval(list(known.values()), keys=list(known), seed=seed, value_range=UNIT, alpha=alpha)
