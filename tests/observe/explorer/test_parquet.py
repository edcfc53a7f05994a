"""Spans as a Parquet file that is read while it is written."""

import threading
from collections.abc import Iterator

import pytest

from genyard.core.errors import Corrupted
from genyard.observe.explorer.one_trace import Row
from genyard.observe.explorer.parquet import parquet_of
from genyard.store.columns import SPANS

EMPTY: Row = dict.fromkeys(SPANS.names)


def part(number: int) -> list[Row]:
    """Return rows that do not compress: their bytes come at once."""
    return [EMPTY | {"span_id": f"{number}-{row}", "input": f"{row * number:x}" * 50} for row in range(1_000)]


def test_rows_are_read_as_the_bytes_are_taken_and_no_further() -> None:
    asked = list[int]()

    def parts() -> Iterator[list[Row]]:
        for number in range(1, 101):
            asked.append(number)
            yield part(number)

    given = parquet_of(parts())
    assert next(given)
    (thread,) = [one for one in threading.enumerate() if one.name == "parquet"]
    given.close()  # type: ignore[attr-defined]  # it is a generator
    assert not thread.is_alive()
    assert len(asked) < 20


def test_nothing_is_a_file_without_rows() -> None:
    assert b"".join(parquet_of([])).startswith(b"PAR1")


def test_what_goes_wrong_while_reading_is_told_as_it_is() -> None:
    def parts() -> Iterator[list[Row]]:
        yield part(1)
        raise Corrupted("a file is damaged")

    with pytest.raises(Corrupted, match="a file is damaged"):
        list(parquet_of(parts()))
