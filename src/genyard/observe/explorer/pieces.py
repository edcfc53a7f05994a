"""Reading rows with long payloads: as many at once as take about so many bytes, and fewer where memory is short."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from genyard.core.errors import TooLarge

PIECE_BYTES = 16 * 1024 * 1024
_FIRST = 100
"""How many are read before it is known how long they are."""
_TIMES = 8
"""So many times as many as before are read at once, at most: what follows on short rows may be long."""

Key = TypeVar("Key")
Row = TypeVar("Row")


def in_pieces(
    keys: Sequence[Key], read: Callable[[Sequence[Key]], tuple[list[Row], int]], *, most_bytes: int = PIECE_BYTES
) -> Iterator[list[Row]]:
    """Yield the rows of ``keys``, in their order. ``read`` returns rows and what they take, in bytes.

    Raises TooLarge where the memory is too small for the row of one key.
    """
    at, count = 0, _FIRST
    while at < len(keys):
        part = keys[at : at + count]
        try:
            rows, size = read(part)
        except TooLarge:
            if len(part) == 1:
                raise
            count = len(part) // 2
            continue
        yield rows
        at += len(part)
        count = max(1, min(_TIMES * len(part), most_bytes * len(part) // max(1, size)))


def text_bytes(rows: Sequence[Mapping[str, object]]) -> int:
    """Return how many letters rows have as the lake gives them: JSON is text there."""
    return sum(len(value) for row in rows for value in row.values() if isinstance(value, str))
