"""Hashes of keys: rows with equal keys have equal numbers, whatever batch they come in, and are found again."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genyard.store.columns import SCORES, SPANS
from genyard.store.key_hashes import Hashes, SeenKeys, hashes_of, repeated

_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=100)
_keys = st.lists(st.tuples(_texts, _texts, st.integers(0, 2**63 - 2)), min_size=1, max_size=20)
_small = st.lists(st.integers(0, 5), max_size=20)


def _hashes(keys: list[tuple[str, str, int]]) -> list[int]:
    columns = dict(zip(SPANS.key, map(list, zip(*keys, strict=True)), strict=True))
    return [int(one) for one in hashes_of(SPANS, columns)]


def _numbers(values: list[int]) -> Hashes:
    return np.array(values, np.uint64)


@given(_keys)
def test_the_number_of_a_key_does_not_depend_on_the_rows_beside_it(keys: list[tuple[str, str, int]]) -> None:
    assert _hashes(keys) == [_hashes([key])[0] for key in keys]


def test_ids_that_differ_in_one_digit_or_in_time_have_different_numbers() -> None:
    ids = [f"{1 << bit:032x}" for bit in range(128)]
    keys = [(trace, "00f067aa0ba902b7", 7) for trace in ids] + [(ids[0], "00f067aa0ba902b7", at) for at in range(7)]
    assert len(set(_hashes(keys))) == len(keys)


def test_every_table_has_a_key_that_can_be_hashed() -> None:
    columns = {name: [1] if name == SCORES.time else ["a"] for name in SCORES.key}
    assert len(hashes_of(SCORES, columns)) == 1


@given(_small)
def test_repeated_numbers_are_those_that_occur_more_than_once(values: list[int]) -> None:
    counts = Counter(values)
    assert list(repeated(_numbers(values))) == [counts[one] > 1 for one in values]


@given(_small, _small, _small)
def test_what_was_seen_at_a_place_is_known_until_it_is_taken(
    first: list[int], then: list[int], asked: list[int]
) -> None:
    seen = SeenKeys[str]()
    assert seen.among("here", _numbers(asked)) is None
    seen.add("here", _numbers(first))
    seen.add("here", _numbers(then))
    found = seen.among("here", _numbers(asked))
    assert found is not None and list(found) == [one in first + then for one in asked]
    assert (seen.count, seen.places()) == (len(first + then), ["here"])
    assert sorted(seen.taken("here")) == sorted(first + then)
    assert (seen.count, seen.among("here", _numbers(asked))) == (0, None)
