"""Time as text."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.clock import CountingClock, SystemClock, day_of, rfc3339, utc

YEAR_2200_NS = 7_258_118_400_000_000_000


@given(st.integers(min_value=0, max_value=YEAR_2200_NS))
def test_rfc3339_reads_back_to_the_millisecond(moment_ns: int) -> None:
    read = datetime.fromisoformat(rfc3339(moment_ns))
    assert read.tzinfo == UTC
    assert round(read.timestamp() * 1000) == moment_ns // 1_000_000


def test_a_day_is_the_utc_day() -> None:
    assert day_of(1_763_942_399_999_999_999) == "2025-11-23"
    assert day_of(1_763_942_400_000_000_000) == "2025-11-24"
    assert utc(1_763_942_400_000_001_500).microsecond == 1


def test_the_system_clock_goes_forward() -> None:
    clock = SystemClock()
    assert clock.monotonic_s() <= clock.monotonic_s()
    assert clock.now_ns() > 1_700_000_000_000_000_000


def test_the_counting_clock_counts() -> None:
    clock = CountingClock(start_ns=5, step_ns=2)
    assert [clock.now_ns(), clock.now_ns()] == [5, 7]
