"""How many cases a decision needs: before a run, and after one that left it open."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, bdtrik, gammaln, nctdtr, ndtri, stdtrit, xlogy

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bootstrap import Floats
from genyard.evaluate.statistics.means import unseen_share
from genyard.evaluate.statistics.paired_rates import tango_z

Ints = NDArray[np.int64]

SAW_TOOTH = 60  # exact power falls back when n grows by one; a plan must hold for this many further n
MOST_CASES = 100_000
MOST_ENUMERATED = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlan:
    """Cases for ``at_least threshold`` on a rate. ``first_n`` reaches the power once, ``n`` keeps it from there on."""

    n: int
    first_n: int
    normal_n: int
    power: float


def plan_rate(threshold: float, truth: float, *, alpha: float = 0.05, power: float = 0.8) -> RatePlan | None:
    """Exact search for a Clopper-Pearson gate. None: the truth does not pass, or needs over 100,000 cases.

    For ``at_most`` plan the complement: 1 - threshold and 1 - truth.
    """
    _check(alpha, power)
    if not 0 < threshold < truth <= 1:
        return None
    z_a, z_b = -float(ndtri(alpha)), float(ndtri(power))
    spread = z_a * math.sqrt(threshold * (1 - threshold)) + z_b * math.sqrt(truth * (1 - truth))
    normal = _up((spread / (truth - threshold)) ** 2)
    if normal > MOST_CASES:
        return None
    tried = np.arange(1, 2 * normal + 20 * SAW_TOOTH)
    reached = rate_power(tried, threshold, truth, alpha=alpha)
    enough = reached >= power
    holds = np.lib.stride_tricks.sliding_window_view(enough, SAW_TOOTH + 1).all(axis=1)
    n = int(tried[np.argmax(holds)])
    return RatePlan(n=n, first_n=int(tried[np.argmax(enough)]), normal_n=normal, power=float(reached[n - 1]))


def rate_power(n: Ints, threshold: float, truth: float, *, alpha: float = 0.05) -> Floats:
    """Exact probability that a Clopper-Pearson gate ``at_least threshold`` passes, for each n."""
    fewest = smallest_passing_successes(n, threshold, alpha=alpha)
    return np.where(fewest > n, 0.0, _at_least(fewest, n, truth))


def smallest_passing_successes(n: Ints, threshold: float, *, alpha: float = 0.05) -> Ints:
    """The fewest successes that pass ``at_least threshold``; n + 1 where not even a perfect score does."""
    n = np.asarray(n)
    k = np.clip(np.ceil(bdtrik(1 - alpha, n, threshold)), 0, n).astype(np.int64)
    # The inverse is real-valued and rounds; step to the exact integer.
    k = np.where((k > 0) & (_at_least(k - 1, n, threshold) <= alpha), k - 1, k)
    return np.asarray(np.where(_at_least(k, n, threshold) > alpha, k + 1, k), dtype=np.int64)


def plan_mean(distance: float, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Cases for a one-sided t gate; ``distance`` is from the expected mean to the boundary.

    For non-inferiority the distance is margin + expected difference, and ``sd`` that of the paired differences.
    """
    _check(alpha, power)
    if distance <= 0:
        return None
    normal = normal_n(distance, sd, alpha=alpha, power=power)
    if normal > MOST_CASES:
        return None
    return next(n for n in range(max(2, normal), 2 * normal + 100) if _t_power(n, distance / sd, alpha) >= power)


def normal_n(distance: float, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """((z_alpha + z_beta) sd / distance)^2, rounded up."""
    _check(alpha, power)
    return _up(((float(ndtri(power)) - float(ndtri(alpha))) * sd / distance) ** 2)


def plan_paired_rates(
    *, gain: float, loss: float, margin: float, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Cases for Tango's non-inferiority gate when ``gain`` and ``loss`` are the shares of cases won and lost.

    Exact up to 3,000 cases, the normal formula above. None: the truth is beyond the margin, or n over 100,000.
    """
    distance = margin + gain - loss
    if distance <= 0:
        return None
    start = normal_n(distance, math.sqrt(max(gain + loss - (gain - loss) ** 2, 1e-12)), alpha=alpha, power=power)
    if start > MOST_ENUMERATED:
        return start if start <= MOST_CASES else None

    @cache
    def enough(n: int) -> bool:
        return tango_power(n, gain=gain, loss=loss, margin=margin, alpha=alpha) >= power

    n = max(1, start // 2)
    while (short := _last_short(enough, n)) is not None:
        n = short + 1
    return n


def tango_power(n: int, *, gain: float, loss: float, margin: float, alpha: float = 0.05) -> float:
    """Exact probability that Tango's test finds the first not worse by the margin, over all outcomes of n pairs."""
    z = -float(ndtri(alpha))

    def passes(wins: Ints, discordant: Ints) -> NDArray[np.bool_]:
        # The gate does not trust the score test where nothing is discordant: see paired_bounds.
        seen = (discordant > 0) | (unseen_share(n, error=alpha) < margin)
        return np.asarray(seen & (tango_z(wins, discordant - wins, n, difference=-margin) > z))

    return _enumerate(n, gain, loss, passes)


def mcnemar_power(n: int, *, gain: float, loss: float, alpha: float = 0.05) -> float:
    """Exact unconditional power of the two-sided exact McNemar test."""

    def rejects(wins: Ints, discordant: Ints) -> NDArray[np.bool_]:
        smaller = np.minimum(wins, discordant - wins)
        return np.asarray(2 * bdtr(smaller.astype(float), discordant, 0.5) <= alpha)

    return _enumerate(n, gain, loss, rejects)


def more_cases(
    *,
    estimate: float,
    boundary: float,
    sd: float,
    n: int,
    alpha: float = 0.05,
    power: float = 0.8,
    least_distance: float = 0.0,
    least_n: int = 0,
    cap: int = MOST_CASES,
) -> int | None:
    """Further cases that would decide with this power if the estimate were the truth. None: none will do.

    ``sd`` is that of one case, clustering included; ``least_n`` the fewest cases that can decide at all.
    """
    distance = abs(estimate - boundary)
    if distance == 0 or distance < least_distance:
        return None
    total = max(normal_n(distance, sd, alpha=alpha, power=power), least_n)
    return None if total > cap else max(total - n, 1)


def two_figures(n: int) -> int:
    """Round up to two figures: an estimate of an estimate deserves no more."""
    unit: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // unit) * unit


def _check(alpha: float, power: float) -> None:
    if not (0 < alpha < 1 and 0 < power < 1):
        raise InvalidInput(f"alpha is {alpha}, power {power}", hint="give both between 0 and 1, such as 0.05 and 0.8")


def _up(n: float) -> int:
    return max(1, math.ceil(n - 1e-9 * n))


def _at_least(k: Ints, n: Ints, rate: float) -> Floats:
    """P(Bin(n, rate) >= k)."""
    inside = np.clip(k - 1, 0, n).astype(float)
    return np.where(k <= 0, 1.0, np.where(k > n, 0.0, bdtrc(inside, n, rate)))


def _t_power(n: int, effect: float, alpha: float) -> float:
    return 1 - float(nctdtr(n - 1, effect * math.sqrt(n), -float(stdtrit(n - 1, alpha))))


def _last_short(enough: Callable[[int], bool], n: int) -> int | None:
    """The last of n .. n + 60 that does not reach the power."""
    return next((m for m in range(n + SAW_TOOTH, n - 1, -1) if not enough(m)), None)


def _enumerate(n: int, gain: float, loss: float, decides: Callable[[Ints, Ints], NDArray[np.bool_]]) -> float:
    """P(decides) over wins and losses of a trinomial, without the tails that hold less than 1e-12."""
    share = gain + loss
    reach = 8 * math.sqrt(n * share * (1 - share)) + 10
    discordant = np.arange(max(0, int(n * share - reach)), min(n, int(n * share + reach)) + 1)
    wins, m = np.meshgrid(np.arange(discordant[-1] + 1), discordant)
    possible = wins <= m
    wins, m = wins[possible], m[possible]
    log_p = (
        _log_choose(n, m) + xlogy(n - m, 1 - share) + _log_choose(m, wins) + xlogy(wins, gain) + xlogy(m - wins, loss)
    )
    return float(np.sum(np.exp(log_p)[decides(wins, m)]))


def _log_choose(n: Ints | int, k: Ints) -> Floats:
    return np.asarray(gammaln(np.add(n, 1)) - gammaln(k + 1) - gammaln(np.subtract(n, k) + 1))
