"""A number for the key of each row. Rows whose numbers differ have different keys, so that most rows, which nobody
sent before, are known to be new without a look at their keys; those with equal numbers are compared."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from genyard.store.columns import LakeTable
from genyard.store.rows import Value

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Place = TypeVar("Place", bound=Hashable)

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: multiples of it are spread evenly."""
_MOST_CHARACTERS = 64
"""Of a text that are looked at; ids of traces and spans have 32 and 16."""
_WEIGHTS = _ODD ** np.arange(1, _MOST_CHARACTERS + 1, dtype=np.uint64)


def hashes_of(table: LakeTable, columns: Mapping[str, Sequence[Value]]) -> Hashes:
    """Return one number a row, from the columns of the table's key, which have no nulls. The project is not in it."""
    mixed = np.zeros(len(columns[table.key[0]]), np.uint64)
    for name in table.key:
        mixed = mixed * _ODD + _numbers(columns[name])
    return mixed


def _numbers(values: Sequence[Value]) -> Hashes:
    if not values or isinstance(values[0], int):
        return np.array(values, np.int64).view(np.uint64)
    texts = np.array(values, np.str_)
    # Shorter texts are filled up with zeros, which add nothing: the number of a text does not depend on the others.
    characters = texts.view(np.uint32).reshape(len(texts), -1)[:, :_MOST_CHARACTERS]
    return np.asarray((characters * _WEIGHTS[: characters.shape[1]]).sum(axis=1, dtype=np.uint64))


class SeenKeys(Generic[Place]):
    """The numbers of rows that are known, by where those rows are."""

    def __init__(self) -> None:
        self._sorted: dict[Place, Hashes] = {}

    def add(self, place: Place, hashes: Hashes) -> None:
        """Note rows of a place, beside those that are noted of it."""
        before = self._sorted.get(place)
        self._sorted[place] = np.sort(hashes if before is None else np.concatenate([before, hashes]))

    def taken(self, place: Place) -> Hashes:
        """Forget a place and return the numbers of its rows."""
        return self._sorted.pop(place, np.zeros(0, np.uint64))

    def among(self, place: Place, hashes: Hashes) -> Mask | None:
        """Return which of ``hashes`` may be rows of a place; None when nothing is known of it."""
        known = self._sorted.get(place)
        return None if known is None else _among(known, hashes)

    def places(self) -> list[Place]:
        """Return the places of which something is known, the longest known first."""
        return list(self._sorted)

    @property
    def count(self) -> int:
        """Rows that are known."""
        return sum(map(len, self._sorted.values()))


def _among(known: Hashes, hashes: Hashes) -> Mask:
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    at = np.searchsorted(known, hashes)
    return np.asarray(known[np.minimum(at, len(known) - 1)] == hashes)


def repeated(hashes: Hashes) -> Mask:
    """Return which numbers occur more than once."""
    in_order = np.sort(hashes)
    twice = in_order[1:][in_order[1:] == in_order[:-1]]
    return _among(twice, hashes)
