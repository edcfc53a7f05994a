"""Actual coverage of the intervals that Genyard shows and of the bounds its gates use: `python bench/coverage.py`.

Nominal are 95 % two-sided, and 5 % for a gate whose truth sits on its threshold. Rates are enumerated exactly; the rest
is simulated with fixed seeds, so the table repeats to the digit. Under a minute on one core.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.clusters import cluster_interval
from genyard.evaluate.statistics.conditions import at_least, at_most, not_worse_than
from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.means import mean_interval
from genyard.evaluate.statistics.proportions import clopper_pearson, wilson
from genyard.evaluate.statistics.shown import shown_interval
from genyard.evaluate.statistics.verdicts import Rules, Verdict

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
Sample = Callable[[np.random.Generator], Floats]

SEED = 20_261_123
RUNS = 1_000
UNIT = Rules(value_range=(0.0, 1.0))
COST = Rules(value_range=(0.0, None))


class GroupDraw(Protocol):
    """Scores of ``groups`` clusters of ``size`` rows with an intra-cluster correlation."""

    def __call__(self, rng: np.random.Generator, groups: int, size: int, icc: float) -> Floats: ...


def rows(values: Floats, clusters: list[str] | None = None) -> list[CaseScore]:
    names = [None] * len(values) if clusters is None else clusters
    pairs = enumerate(zip(values.tolist(), names, strict=True))
    return [CaseScore(case=f"{i:05}", value=value, cluster=cluster) for i, (value, cluster) in pairs]


def covers(found: Estimate, truth: float) -> bool:
    return found.lower is not None and found.upper is not None and found.lower <= truth <= found.upper


def rate_coverage(method: Callable[[int, int], Estimate], n: int, p: float) -> float:
    chance = np.diff(bdtr(np.arange(n + 1), n, p), prepend=0.0)
    return float(sum(chance[k] for k in range(n + 1) if covers(method(k, n), p)))


def simulate(draw: Callable[[np.random.Generator], bool], runs: int = RUNS) -> float:
    rng = np.random.default_rng(SEED)
    return sum(draw(rng) for _ in range(runs)) / runs


def rates() -> Iterator[str]:
    yield "| n | rate | Wilson (shown) | Clopper-Pearson |"
    yield "|---|---|---|---|"
    for n in (20, 50, 200):
        for p in (0.5, 0.8, 0.95, 0.99):
            found = [rate_coverage(method, n, p) for method in (wilson, clopper_pearson)]
            yield f"| {n} | {p} | " + " | ".join(f"{share:.3f}" for share in found) + " |"


def means() -> Iterator[str]:
    shapes: dict[str, tuple[Draw, float]] = {
        "normal": (lambda rng, n: rng.normal(size=n), 0.0),
        "30 % zeros, 40 % ones, rest uniform": (_like_f1, 0.55),
        "Beta(9, 1), skew -1.5": (lambda rng, n: rng.beta(9.0, 1.0, size=n), 0.9),
        "lognormal, skew 6": (lambda rng, n: rng.lognormal(size=n), math.exp(0.5)),
    }
    yield "| scores | n = 10 | n = 30 | n = 100 |"
    yield "|---|---|---|---|"
    for name, (draw, mean) in shapes.items():
        found = [simulate(partial(_mean_covered, draw=draw, n=n, mean=mean)) for n in (10, 30, 100)]
        yield f"| {name} | " + " | ".join(f"{share:.3f}" for share in found) + " |"


def clusters() -> Iterator[str]:
    draws: dict[str, tuple[GroupDraw, float]] = {
        "normal": (_normal_groups, 0.0),
        "0/1, rate .7": (_rates(0.7), 0.7),
        "0/1, rate .9": (_rates(0.9), 0.9),
    }
    yield "| scores | clusters x rows | ICC | shown | cluster-robust t |"
    yield "|---|---|---|---|---|"
    for (groups, size), icc, label in itertools.product(((10, 5), (40, 4)), (0.0, 0.5), draws):
        draw, truth = draws[label]
        names = [f"{i // size}" for i in range(groups * size)]
        sample = partial(draw, groups=groups, size=size, icc=icc)
        shown = simulate(partial(_shown_covered, draw=sample, names=names, truth=truth))
        robust = simulate(partial(_robust_covered, draw=sample, names=names, truth=truth))
        yield f"| {label} | {groups} x {size} | {icc} | {shown:.3f} | {robust:.3f} |"


def gates() -> Iterator[str]:
    yield "| gate, truth on its boundary | passes | fails |"
    yield "|---|---|---|"
    docs = [f"{i // 4}" for i in range(160)]
    settings: dict[str, Callable[[np.random.Generator], Verdict]] = {
        "at_least, 0/1, n = 100, rate .8": lambda rng: at_least(rows(_hits(rng, 100, 0.8)), 0.8, rules=UNIT),
        "at_least, graded, n = 50": lambda rng: at_least(rows(_like_f1(rng, 50)), 0.55, rules=UNIT),
        "at_least, Beta(9, 1), n = 60": lambda rng: at_least(rows(rng.beta(9.0, 1.0, size=60)), 0.9, rules=UNIT),
        "at_least, 0/1, 40 sources of 4, ICC .5, rate .9": lambda rng: at_least(
            rows(_rates(0.9)(rng, 40, 4, 0.5), docs), 0.9, rules=UNIT
        ),
        "at_most, lognormal cost, n = 100": lambda rng: at_most(
            rows(rng.lognormal(size=100)), math.exp(0.5), rules=COST
        ),
        "at_most, lognormal latency of sigma .5, n = 100": lambda rng: at_most(
            rows(rng.lognormal(sigma=0.5, size=100)), math.exp(0.125), rules=COST
        ),
        "not_worse_than .05, 0/1, n = 100, 7 % lost, 2 % won": lambda rng: _compared(rng, 100, 0.02, 0.07, 0.05),
        "not_worse_than .05, 0/1, n = 300, 5 % lost": lambda rng: _compared(rng, 300, 0.0, 0.05, 0.05),
    }
    for name, judge in settings.items():
        rng = np.random.default_rng(SEED)
        words = [judge(rng).word for _ in range(RUNS)]
        yield f"| {name} | {words.count('pass') / RUNS:.3f} | {words.count('fail') / RUNS:.3f} |"


def _like_f1(rng: np.random.Generator, n: int) -> Floats:
    kind = rng.random(n)
    return np.where(kind < 0.3, 0.0, np.where(kind < 0.7, 1.0, rng.random(n)))


def _hits(rng: np.random.Generator, n: int, rate: float) -> Floats:
    return np.where(rng.random(n) < rate, 1.0, 0.0)


def _mean_covered(rng: np.random.Generator, *, draw: Draw, n: int, mean: float) -> bool:
    keys = [f"{i:05}" for i in range(n)]
    return covers(mean_interval(draw(rng, n).tolist(), keys=keys, seed=1), mean)


def _shown_covered(rng: np.random.Generator, *, draw: Sample, names: list[str], truth: float) -> bool:
    return covers(shown_interval(rows(draw(rng), names), seed=1), truth)


def _robust_covered(rng: np.random.Generator, *, draw: Sample, names: list[str], truth: float) -> bool:
    return covers(cluster_interval(draw(rng).tolist(), names), truth)


def _normal_groups(rng: np.random.Generator, groups: int, size: int, icc: float) -> Floats:
    shared = np.repeat(rng.normal(scale=math.sqrt(icc), size=groups), size)
    return shared + rng.normal(scale=math.sqrt(1 - icc), size=groups * size)


def _rate_groups(rng: np.random.Generator, groups: int, size: int, icc: float, *, rate: float) -> Floats:
    """0/1 rows that copy an answer of their group with probability sqrt(ICC)."""
    shared = np.repeat(_hits(rng, groups, rate), size)
    return np.where(rng.random(groups * size) < math.sqrt(icc), shared, _hits(rng, groups * size, rate))


def _rates(rate: float) -> GroupDraw:
    return partial(_rate_groups, rate=rate)


def _compared(rng: np.random.Generator, n: int, gain: float, loss: float, margin: float) -> Verdict:
    d = rng.choice([-1, 0, 1], p=[loss, 1 - gain - loss, gain], size=n)
    candidate, baseline = np.where(d >= 0, 1.0, 0.0), np.where(d <= 0, 1.0, 0.0)
    return not_worse_than(rows(candidate), rows(baseline), margin, rules=UNIT)


def main() -> None:
    tables = {
        "One rate: exact coverage of 95 % intervals": rates,
        "One mean: coverage of the 95 % interval shown": means,
        "Rows that share sources: coverage of the 95 % interval": clusters,
        "Gates at 5 %: how often they claim something at their boundary": gates,
    }
    for title, table in tables.items():
        print(f"\n{title}\n")
        for line in table():
            print(line)


if __name__ == "__main__":
    main()
