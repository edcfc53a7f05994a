"""Room to the limit: the failing side is always left, and everything stays in the picture."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.server.pages.room import LIMIT_X, Room, room

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


def drawn(limit: float, low: float, point: float, high: float, *, at_most: bool = False) -> Room:
    found = room(tone="ok", label="", limit=limit, lower=low, estimate=point, upper=high, live=None, at_most=at_most)
    assert found is not None
    return found


@given(NUMBERS, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.booleans())
def test_everything_stays_in_the_picture_and_in_order(
    limit: float, values: tuple[float, float, float], at_most: bool
) -> None:
    found = drawn(limit, *sorted(values), at_most=at_most)
    places = [float(one) for one in (found.low, found.point, found.high)]
    assert places == sorted(places)
    assert places[0] >= 5.9 and places[-1] <= 190.1


@given(NUMBERS, NUMBERS, st.booleans())
def test_what_fails_stands_left_of_the_limit(limit: float, value: float, at_most: bool) -> None:
    x = float(drawn(limit, value, value, value, at_most=at_most).point)
    fails = value > limit if at_most else value < limit
    assert x <= LIMIT_X if fails else x >= LIMIT_X


def test_the_first_row_of_the_mock() -> None:
    found = drawn(0.7, 0.711, 0.742, 0.772)
    assert (found.low, found.point, found.high) == ("88.3", "140.0", "190.0")


def test_without_a_limit_or_an_estimate_nothing_is_drawn() -> None:
    assert room(tone="ok", label="", limit=None, estimate=1, lower=0, upper=2, live=None, at_most=False) is None
    assert room(tone="ok", label="", limit=1, estimate=float("nan"), lower=0, upper=2, live=None, at_most=False) is None


def test_a_missing_bound_is_not_drawn() -> None:
    found = room(tone="ok", label="", limit=0.5, estimate=1, lower=None, upper=None, live=None, at_most=False)
    assert found is not None and (found.low, found.high) == ("", "")
