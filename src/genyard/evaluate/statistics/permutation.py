"""Sign-flip permutation test of a mean difference (Fisher 1935; Pitman 1937)."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Literal

import numpy as np

from genyard.evaluate.statistics.bootstrap import Floats

Alternative = Literal["two-sided", "greater", "less"]

MOST_EXACT = 14  # 2^14 sign patterns
FLIPS = 9_999
_BLOCK_CELLS = 1 << 15
_TIE = 1e-12  # relative to the sum of |d|; without it ties flip at random


def sign_flip_p(
    differences: Sequence[float],
    *,
    seed: int,
    alternative: Alternative = "two-sided",
    clusters: Sequence[Hashable] | None = None,
    flips: int = FLIPS,
) -> float:
    """P-value of "the differences are symmetric about 0". Exact up to 14 units, else seeded and never 0.

    With clusters, the sign of a whole cluster flips. It tests symmetry: strong skew at a mean of 0 rejects too often.
    Monte Carlo p-values are (1 + hits)/(1 + flips) (Phipson and Smyth 2010).
    """
    units = np.asarray(differences, dtype=np.float64) if clusters is None else _sums(differences, clusters)
    # Units of 0 change no sum; leaving them out makes more tests exact.
    units = np.sort(units[units != 0])
    if not len(units):
        return 1.0
    observed, tie = float(units.sum()), _TIE * float(np.abs(units).sum())
    exact = len(units) <= MOST_EXACT
    blocks = _every_sign(len(units)) if exact else _random_signs(len(units), flips=flips, seed=seed)
    hits = sum(_hits(signs @ units, observed, tie=tie, alternative=alternative) for signs in blocks)
    return hits / 2 ** len(units) if exact else (1 + hits) / (1 + flips)


def _hits(sums: Floats, observed: float, *, tie: float, alternative: Alternative) -> int:
    if alternative == "greater":
        return int(np.sum(sums >= observed - tie))
    if alternative == "less":
        return int(np.sum(sums <= observed + tie))
    return int(np.sum(np.abs(sums) >= abs(observed) - tie))


def _sums(differences: Sequence[float], clusters: Sequence[Hashable]) -> Floats:
    sums: dict[Hashable, float] = {}
    for value, cluster in zip(differences, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value
    return np.array(list(sums.values()), dtype=np.float64)


def _every_sign(n: int) -> Iterator[Floats]:
    patterns = np.arange(2**n)[:, None] >> np.arange(n) & 1
    yield np.where(patterns, -1.0, 1.0)


def _random_signs(n: int, *, flips: int, seed: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    per_block = max(1, _BLOCK_CELLS // n)
    for start in range(0, flips, per_block):
        rows = min(per_block, flips - start)
        yield np.where(rng.integers(0, 2, size=(rows, n), dtype=np.int8), -1.0, 1.0)
