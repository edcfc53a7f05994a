"""Time, made in one place and passed in."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds from an arbitrary start, for measuring durations."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_s(self) -> float:
        return time.monotonic()


class CountingClock:
    """A clock for tests: each reading is ``step_ns`` later than the one before."""

    def __init__(self, *, start_ns: int = 1_750_000_000_000_000_000, step_ns: int = 1_000_000) -> None:
        self._next_ns = start_ns
        self._step_ns = step_ns

    def now_ns(self) -> int:
        reading = self._next_ns
        self._next_ns += self._step_ns
        return reading

    def monotonic_s(self) -> float:
        return self.now_ns() / 1e9


def utc(moment_ns: int) -> datetime:
    """Return Unix nanoseconds as an aware UTC time, to the microsecond."""
    seconds, rest_ns = divmod(moment_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ns // 1000)


def rfc3339(moment_ns: int) -> str:
    """Return Unix nanoseconds as RFC 3339 text in UTC with milliseconds, such as ``2026-11-23T09:02:00.125Z``."""
    return utc(moment_ns).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment_ns // 1_000_000 % 1000:03d}Z"


def day_of(moment_ns: int) -> str:
    """Return the UTC day of Unix nanoseconds, such as ``2026-11-23``."""
    return utc(moment_ns).strftime("%Y-%m-%d")


def day_start_ns(day: str) -> int:
    """Return the Unix nanoseconds at which a UTC day such as ``2026-11-23`` begins."""
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * 1_000_000_000
