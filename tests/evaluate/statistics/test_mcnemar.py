import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import allowed, binomial, case_rows

from genyard.evaluate.statistics.mcnemar import PairedCounts, mcnemar_exact, mcnemar_mid, odds_ratio, paired_counts
from genyard.evaluate.statistics.paired import pair
from genyard.evaluate.statistics.power import mcnemar_power

few = st.integers(0, 30)


def table(gains: int, losses: int, both: int = 5, neither: int = 5) -> PairedCounts:
    return PairedCounts(both=both, only_first=gains, only_second=losses, neither=neither)


def test_pairs_are_counted_by_who_was_right() -> None:
    found = paired_counts(pair(case_rows([1.0, 1.0, 0.0, 0.0, 1.0]), case_rows([1.0, 0.0, 1.0, 0.0, 0.0])))
    assert found == PairedCounts(both=1, only_first=2, only_second=1, neither=1)
    assert (found.n, found.discordant) == (5, 3)


@given(gains=few, losses=few)
def test_equal_to_summing_the_binomial(gains: int, losses: int) -> None:
    chance, smaller = binomial(gains + losses, 0.5), min(gains, losses)
    exact = min(1.0, 2 * chance[: smaller + 1].sum())
    assert mcnemar_exact(table(gains, losses)) == pytest.approx(exact)
    assert mcnemar_mid(table(gains, losses)) <= mcnemar_exact(table(gains, losses)) + 1e-12


@given(gains=few, losses=few, ties=few)
def test_concordant_cases_carry_nothing(gains: int, losses: int, ties: int) -> None:
    assert mcnemar_exact(table(gains, losses)) == mcnemar_exact(table(losses, gains, both=ties, neither=0))


def test_nothing_discordant_is_no_evidence() -> None:
    assert mcnemar_exact(table(0, 0)) == mcnemar_mid(table(0, 0)) == 1
    assert odds_ratio(table(0, 0)).estimate is None
    assert odds_ratio(table(0, 0)).warnings == ("no case changed: the ratio is undefined",)


def test_the_odds_have_no_upper_end_without_losses() -> None:
    found = odds_ratio(table(5, 0))
    assert found.estimate is None and found.upper is None and found.lower is not None and found.lower > 0
    assert "no upper end" in found.warnings[0]


@pytest.mark.slow
def test_power_of_500_cases() -> None:
    rng, runs = np.random.default_rng(20_261_129), 3_000
    drawn = rng.multinomial(500, [0.10, 0.05, 0.85], size=runs)
    rejected = sum(mcnemar_exact(table(int(b), int(c))) <= 0.05 for b, c, _ in drawn) / runs
    exact = mcnemar_power(500, gain=0.10, loss=0.05)
    assert rejected == pytest.approx(exact, abs=allowed(exact, runs))
