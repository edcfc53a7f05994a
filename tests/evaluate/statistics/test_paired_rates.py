from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.mcnemar import PairedCounts
from genyard.evaluate.statistics.paired_rates import newcombe_interval, tango_ends, tango_interval, tango_p, tango_z

tables = st.builds(
    PairedCounts,
    both=st.integers(0, 80),
    only_first=st.integers(0, 20),
    only_second=st.integers(0, 20),
    neither=st.integers(1, 80),
)
methods = pytest.mark.parametrize("method", [tango_interval, newcombe_interval])
Method = Callable[[PairedCounts], Estimate]


def ends(found: Estimate) -> tuple[float, float]:
    assert found.lower is not None and found.upper is not None
    return found.lower, found.upper


@methods
@given(table=tables)
def test_swapping_arms_mirrors(method: Method, table: PairedCounts) -> None:
    swapped = PairedCounts(
        both=table.both, only_first=table.only_second, only_second=table.only_first, neither=table.neither
    )
    low, high = ends(method(table))
    assert ends(method(swapped)) == pytest.approx((-high, -low), abs=1e-9)
    difference = (table.only_first - table.only_second) / table.n
    assert -1 <= low <= difference + 1e-12 and difference - 1e-12 <= high <= 1


@given(table=tables)
def test_the_ends_are_where_the_test_turns(table: PairedCounts) -> None:
    low, high = ends(tango_interval(table))
    for end, sign in ((low, 1), (high, -1)):
        if -1 < end < 1:
            z = tango_z(table.only_first, table.only_second, table.n, difference=end)
            assert float(z) == pytest.approx(sign * 1.959964, abs=1e-4)


@given(table=tables, margin=st.sampled_from([0.02, 0.05, 0.1]))
def test_one_more_gain_never_hurts(table: PairedCounts, margin: float) -> None:
    p = tango_p(table.only_first, table.only_second, table.n, margin=margin)
    assert tango_p(table.only_first + 1, table.only_second, table.n, margin=margin) <= p + 1e-12
    if table.only_second:
        assert tango_p(table.only_first + 1, table.only_second - 1, table.n, margin=margin) <= p + 1e-12


@methods
def test_no_discordant_pair_still_has_width(method: Method) -> None:
    low, high = ends(method(PairedCounts(both=20, only_first=0, only_second=0, neither=0)))
    assert (low, high) == pytest.approx((-0.16113, 0.16113), abs=1e-5)


@methods
def test_no_pairs_are_undefined(method: Method) -> None:
    found = method(PairedCounts(both=0, only_first=0, only_second=0, neither=0))
    assert found.estimate is None and found.warnings == ("no pairs",)


def test_everything_won_reaches_one() -> None:
    assert tango_ends(10, 0, 10, error=0.025)[1] == 1.0
    assert tango_ends(0, 10, 10, error=0.025)[0] == -1.0


@pytest.mark.parametrize("n", [50, 100, 300])
@pytest.mark.parametrize(("gain", "loss"), [(0.0, 0.05), (0.02, 0.07), (0.10, 0.15)])
def test_size_at_the_margin(n: int, gain: float, loss: float) -> None:
    rng = np.random.default_rng(20_261_130)
    gains, losses, _ = rng.multinomial(n, [gain, loss, 1 - gain - loss], size=20_000).T
    passed = tango_z(gains, losses, n, difference=-0.05) > 1.6448536269514722
    assert passed.mean() <= 0.05 + 0.01
