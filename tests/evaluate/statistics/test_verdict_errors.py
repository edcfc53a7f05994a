"""H13: how often verdicts are wrong, by enumeration where the data are 0/1, else by simulation with fixed seeds."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from tests.evaluate.statistics.rows import Floats, binomial, keys

from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import at_least, not_worse_than
from genyard.evaluate.statistics.verdicts import Rules, Verdict

UNIT = Rules(value_range=(0.0, 1.0))
Draw = Callable[[np.random.Generator, int], Floats]


def rows(values: Floats | Sequence[float], clusters: Sequence[str] | None = None) -> list[CaseScore]:
    names = [None] * len(values) if clusters is None else clusters
    return [
        CaseScore(case=case, value=float(value), cluster=cluster)
        for case, value, cluster in zip(keys(len(values)), values, names, strict=True)
    ]


@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.9, 0.95])
def test_rates_are_wrong_at_most_alpha_of_the_time(n: int, threshold: float) -> None:
    words = [at_least(rows([1.0] * k + [0.0] * (n - k)), threshold, rules=Rules()).word for k in range(n + 1)]
    for truth in np.linspace(max(0.0, threshold - 0.1), min(1.0, threshold + 0.1), 9):
        chance = binomial(n, float(truth))
        passed = sum(chance[k] for k, word in enumerate(words) if word == "pass")
        failed = sum(chance[k] for k, word in enumerate(words) if word == "fail")
        assert passed <= 0.05 + 1e-9 or truth > threshold
        assert failed <= 0.05 + 1e-9 or truth < threshold


def even(rng: np.random.Generator, n: int) -> Floats:
    return rng.random(n)


def high(rng: np.random.Generator, n: int) -> Floats:
    return rng.beta(2.0, 1.0, size=n)


def like_f1(rng: np.random.Generator, n: int) -> Floats:
    kind = rng.random(n)
    return np.where(kind < 0.3, 0.0, np.where(kind < 0.7, 1.0, rng.random(n)))


def errors(judge: Callable[[np.random.Generator], Verdict], *, runs: int) -> tuple[float, float]:
    rng = np.random.default_rng(20_261_135)
    words = [judge(rng).word for _ in range(runs)]
    return words.count("pass") / runs, words.count("fail") / runs


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize(("draw", "mean"), [(even, 0.5), (high, 2 / 3), (like_f1, 0.55)])
def test_means_on_the_threshold(draw: Draw, mean: float, n: int) -> None:
    passed, failed = errors(lambda rng: at_least(rows(draw(rng, n)), mean, rules=UNIT), runs=2_000)
    assert passed <= 0.05 + 0.02 and failed <= 0.05 + 0.02


@pytest.mark.slow
def test_skewed_means_on_the_threshold() -> None:
    """Beta(9, 1): skew -1.5, so nearly every run takes the studentized bootstrap."""
    passed, failed = errors(lambda rng: at_least(rows(rng.beta(9.0, 1.0, size=60)), 0.9, rules=UNIT), runs=600)
    assert passed <= 0.05 + 0.03 and failed <= 0.05 + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.90, 0.97])
def test_repeats_that_nearly_always_agree(rate: float) -> None:
    """Case means of three answers of which few differ: neither 0/1 nor fit for t."""

    def draw(rng: np.random.Generator) -> Verdict:
        stable = np.where(rng.random(100) < rate, 1.0, 0.0)
        wobble = rng.random(100) < 0.03
        mixed = rng.binomial(3, rate, size=100) / 3
        return at_least(rows(np.where(wobble, mixed, stable)), rate, rules=UNIT)

    passed, failed = errors(draw, runs=500)
    assert passed <= 0.05 + 0.03 and failed <= 0.05 + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.7, 0.9])
def test_clustered_rates_on_the_threshold(rate: float) -> None:
    """20 sources of 5 rows; a source repeats its own answer half of the time."""
    names = [f"doc-{i // 5}" for i in range(100)]

    def draw(rng: np.random.Generator) -> Verdict:
        shared = np.repeat(rng.random(20) < rate, 5)
        own = rng.random(100) < rate
        return at_least(rows(np.where(rng.random(100) < 0.7, shared, own), names), rate, rules=Rules())

    passed, failed = errors(draw, runs=1_000)
    assert passed <= 0.05 + 0.03 and failed <= 0.05 + 0.03


@pytest.mark.slow
@pytest.mark.parametrize(("gain", "loss"), [(0.0, 0.05), (0.02, 0.07), (0.10, 0.15)])
def test_paired_scores_at_the_margin(gain: float, loss: float) -> None:
    """Two repeats a case: differences of 0, half and one."""

    def draw(rng: np.random.Generator) -> Verdict:
        d = rng.choice([-1.0, 0.0, 1.0], p=[loss, 1 - gain - loss, gain], size=(100, 2))
        sticky = np.where(rng.random(100) < 0.5, d[:, 0], d.mean(axis=1))
        return not_worse_than(rows(0.5 + sticky / 2), rows([0.5] * 100), 0.025, rules=UNIT)

    passed, failed = errors(draw, runs=500)
    assert passed <= 0.05 + 0.03 and failed <= 0.05 + 0.03


@pytest.mark.slow
def test_clustered_pairs_at_the_margin() -> None:
    """0/1 pairs, 25 sources of 4 rows; a source shares its change half of the time."""
    names = [f"doc-{i // 4}" for i in range(100)]

    def draw(rng: np.random.Generator) -> Verdict:
        changes = rng.choice([-1, 0, 1], p=[0.10, 0.85, 0.05], size=(2, 100))
        shared = np.repeat(changes[0, :25], 4)
        d = np.where(rng.random(100) < 0.5, shared, changes[1])
        candidate, baseline = np.where(d >= 0, 1.0, 0.0), np.where(d <= 0, 1.0, 0.0)
        return not_worse_than(rows(candidate, names), rows(baseline, names), 0.05, rules=Rules())

    passed, failed = errors(draw, runs=500)
    assert passed <= 0.05 + 0.03 and failed <= 0.05 + 0.03
