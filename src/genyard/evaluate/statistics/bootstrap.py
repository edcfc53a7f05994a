"""Resampling a mean: a mean needs only how often each row was drawn, so resamples are rows of counts."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from genyard.core.errors import InvalidInput

Floats = NDArray[np.float64]

RESAMPLES = 3_999  # (RESAMPLES + 1) * level is whole for the usual levels: no order statistic is interpolated
_BLOCK_CELLS = 1 << 15  # counts at a time: 256 kB stay in the processor's cache
_TIE = 1e-10  # relative to the largest deviation; equal means differ by rounding when summed in another order


def in_key_order(values: Sequence[float], keys: Sequence[str]) -> Floats:
    """Values sorted by case key, so that neither sums nor resamples depend on the order rows arrived in."""
    if len(values) != len(keys):
        raise InvalidInput(f"{len(values)} values but {len(keys)} keys", hint="give each value the key of its case")
    return np.array([value for _, value in sorted(zip(keys, values, strict=True))], dtype=np.float64)


def resample_counts(n: int, *, resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks of multinomial counts, shape (resamples of the block, n); rows sum to n. Same seed, same counts."""
    rng = np.random.default_rng(seed)
    per_block = max(1, _BLOCK_CELLS // n)
    for start in range(0, resamples, per_block):
        rows = min(per_block, resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def bootstrap_means(values: Floats, counts: Floats) -> Floats:
    """Mean of each resample minus the mean of the sample."""
    centred = values - values.mean()
    return np.asarray(counts @ centred / len(values))


def bootstrap_t(values: Floats, counts: Floats) -> Floats:
    """Studentized deviations (mean* - mean) / se* of the resamples whose se* is not zero."""
    n = len(values)
    centred = values - values.mean()
    means = counts @ centred / n
    variances = np.maximum(counts @ centred**2 / n - means**2, 0.0) / (n - 1)
    kept = variances > 1e-14 * np.max(np.abs(centred)) ** 2 / n
    return np.asarray(means[kept] / np.sqrt(variances[kept]))


def share_below(deviations: Floats, *, scale: float) -> float:
    """Share of resampled means below the sample's, ties counted half: bounded scores are full of ties."""
    tied = np.abs(deviations) <= _TIE * scale
    return float(np.mean(np.where(tied, 0.5, deviations < 0)))


def acceleration(values: Floats) -> float:
    """Acceleration from the jackknife of the mean (Efron and Tibshirani 1993, equation 14.15)."""
    centred = values - values.mean()
    influence = centred / np.max(np.abs(centred))  # the jackknife's differences up to a scale, which cancels
    return float(np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5))


def bca_levels(below: float, accel: float, *, errors: tuple[float, float]) -> tuple[float, float]:
    """Levels at which BCa reads the bootstrap distribution (Efron 1987, JASA 82:171), for errors (lower, upper)."""
    z0 = float(ndtri(below))

    def level(z: float) -> float:
        return float(ndtr(z0 + (z0 + z) / (1 - accel * (z0 + z))))

    return level(float(ndtri(errors[0]))), level(-float(ndtri(errors[1])))


def order_statistic(ordered: Floats, level: float, *, outward: int) -> float:
    """The order statistic at (B + 1) * level, rounded down (outward -1) or up (+1), so that the interval only grows."""
    rank = (len(ordered) + 1) * level
    whole = math.floor(rank + 1e-9) if outward < 0 else math.ceil(rank - 1e-9)
    return float(ordered[min(max(whole, 1), len(ordered)) - 1])
