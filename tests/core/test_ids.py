"""Identifiers: sorted by time, of the right form, counted in tests."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.clock import CountingClock
from genyard.core.ids import CountingIds, RandomIds


@given(st.integers(min_value=0, max_value=2**47))
def test_a_uuid7_says_its_milliseconds(milliseconds: int) -> None:
    made = uuid.UUID(RandomIds(CountingClock(start_ns=milliseconds * 1_000_000)).uuid7())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == milliseconds


def test_uuid7s_sort_by_time(clock: CountingClock) -> None:
    ids = RandomIds(clock)
    made = [ids.uuid7() for _ in range(50)]
    assert made == sorted(made)


def test_random_ids_have_the_length_of_opentelemetry(clock: CountingClock) -> None:
    ids = RandomIds(clock)
    assert int(ids.trace_id(), 16) > 0
    assert (len(ids.trace_id()), len(ids.span_id()), len(ids.secret())) == (32, 16, 64)


def test_counting_ids_count() -> None:
    ids = CountingIds()
    assert ids.trace_id() == "0" * 31 + "1"
    assert ids.span_id() == "0" * 15 + "2"
    assert uuid.UUID(ids.uuid7()).version == 7


class Ticking(CountingClock):
    """Goes on by a microsecond each time it is read."""

    def __init__(self) -> None:
        super().__init__()
        self._ns = 1_790_000_000_000_000_000

    def now_ns(self) -> int:
        self._ns += 1_000
        return self._ns


def test_ids_of_one_millisecond_sort_as_they_are_made() -> None:
    ids = RandomIds(Ticking())
    made = [ids.uuid7() for _ in range(900)]
    assert made == sorted(made)
    assert len({one[:13] for one in made}) == 1
