"""Rows with payloads that the memory is too small for together are read a few at once."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.lake_rows import AT_NS, keep, span

from genyard.core.clock import CountingClock
from genyard.core.errors import TooLarge
from genyard.core.ids import CountingIds
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.pieces import in_pieces
from genyard.observe.explorer.trace_query import EVERY_TRACE
from genyard.observe.explorer.whole_traces import whole_traces
from genyard.observe.explorer.window import Window
from genyard.store.lake import EVER_NS, Lake

SPANS = 64
LETTERS = 1_500_000
MEMORY_MB = 96
"""Less than the payloads of all spans, and enough for some."""


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(9, 40))
def test_every_row_comes_once_in_order_in_parts_that_fit(sizes: list[int], room: int) -> None:
    keys = list(enumerate(sizes))

    def read(some: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
        taken = sum(size for _, size in some)
        if taken > room:
            raise TooLarge("it does not fit")
        return [number for number, _ in some], taken

    assert [number for rows in in_pieces(keys, read) for number in rows] == list(range(len(keys)))


def test_a_row_that_does_not_fit_by_itself_is_told() -> None:
    def read(_: Sequence[int]) -> tuple[list[int], int]:
        raise TooLarge("never")

    with pytest.raises(TooLarge):
        list(in_pieces([1, 2, 3], read))


def test_pieces_are_as_large_as_was_asked_once_it_is_known_how_long_rows_are() -> None:
    pieces = list(in_pieces(range(1_000), lambda some: (list(some), 10 * len(some)), most_bytes=2_000))
    assert [len(one) for one in pieces] == [100, 200, 200, 200, 200, 100]
    assert [number for one in pieces for number in one] == list(range(1_000))


def test_what_follows_on_short_rows_is_read_carefully_for_it_may_be_long() -> None:
    pieces = list(in_pieces(range(2_000), lambda some: (list(some), len(some)), most_bytes=1_000_000))
    assert [len(one) for one in pieces] == [100, 800, 1_100]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    home: Path = tmp_path_factory.mktemp("home")
    lake = Lake.open(
        home / "lake", home / "wal", clock=CountingClock(), ids=CountingIds(), flush_age_s=1e9, memory_mb=MEMORY_MB
    )
    made = random.Random(7)
    for number in range(SPANS):
        # Letters that compress to about their half, as a long context does.
        said = made.randbytes(LETTERS // 2).hex()
        keep(lake, span(number + 1, input=said, is_root=not number))
    lake.flush()
    yield lake
    lake.close()


def test_a_trace_larger_than_the_memory_is_read_whole(lake: Lake) -> None:
    rows = OneTrace.found(lake, "acme", f"{1:032x}").rows()
    assert [row["span_id"] for row in rows] == [f"{number + 1:016x}" for number in range(SPANS)]
    assert {len(str(row["input"])) for row in rows} == {LETTERS}


def test_it_is_exported_whole(lake: Lake) -> None:
    window = Window(lake=lake, project="acme", since_ns=AT_NS, until_ns=EVER_NS)
    parts = list(whole_traces(window, EVERY_TRACE, limit=10))
    assert [row["span_id"] for part in parts for row in part] == [f"{number + 1:016x}" for number in range(SPANS)]
