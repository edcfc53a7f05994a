import math

import pytest

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.estimate import Estimate, ends, not_finite, tail, undefined


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_estimate_refuses_what_is_not_a_number(value: float) -> None:
    with pytest.raises(InvalidInput):
        Estimate(estimate=0.5, lower=value, upper=None, n=1, units=1, method="t", alpha=0.05)


def test_undefined_carries_its_reason() -> None:
    found = undefined("no rows", method="t", alpha=0.05, n=0)
    assert (found.estimate, found.lower, found.upper, found.warnings) == (None, None, None, ("no rows",))


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_alpha_must_be_an_error(alpha: float) -> None:
    with pytest.raises(InvalidInput, match="alpha"):
        tail(alpha, "two")


def test_a_bound_spends_the_whole_error_on_one_side() -> None:
    assert tail(0.05, "two") == 0.025
    assert tail(0.05, "lower") == 0.05


def test_ends_are_clipped_and_one_side_dropped() -> None:
    assert ends(-0.2, 1.3, sided="two", within=(0, 1)) == (0, 1)
    assert ends(0.2, 0.3, sided="lower") == (0.2, None)
    assert ends(0.2, 0.3, sided="upper") == (None, 0.3)


def test_not_finite_counts() -> None:
    assert not_finite([0.0, math.nan, math.inf]) == "2 values are not finite numbers"
    assert not_finite([0.0, 1.0]) is None
