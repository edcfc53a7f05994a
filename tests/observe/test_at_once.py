"""Places for dear work."""

import pytest

from genyard.core.errors import Overloaded
from genyard.observe.at_once import AtOnce


def test_there_are_so_many_places_and_half_of_them_for_one_project() -> None:
    places = AtOnce(4, what="exports", retry_s=7)
    with places.place("a"), places.place("a"):
        with pytest.raises(Overloaded, match="too many exports") as told, places.place("a"):
            pass
        assert told.value.retry_after_s == 7
        with places.place("b"), places.place("c"), pytest.raises(Overloaded), places.place("d"):
            pass
        with places.place("b"), places.place("b"):
            pass


def test_a_place_is_given_back_by_whoever_fails() -> None:
    places = AtOnce(1, what="queries", retry_s=1)
    with pytest.raises(KeyError), places.place("a"):
        raise KeyError
    with places.place("b"):
        pass
