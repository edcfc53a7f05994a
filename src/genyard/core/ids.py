"""Identifiers, made in one place and passed in.

Runs, scores and jobs carry a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits, so that
ids sort by time of making. Traces and spans carry OpenTelemetry's 16 and 8 random bytes in lower-case hex.
"""

import random
import secrets
from typing import NewType, Protocol

from genyard.core.clock import Clock

RunId = NewType("RunId", str)
ScoreId = NewType("ScoreId", str)
JobId = NewType("JobId", str)
KeyId = NewType("KeyId", str)
PrincipalId = NewType("PrincipalId", str)
TraceId = NewType("TraceId", str)
SpanId = NewType("SpanId", str)


class IdSource(Protocol):
    """Makes identifiers."""

    def uuid7(self) -> str:
        """Return a new UUIDv7 in its usual text form."""
        ...

    def trace_id(self) -> TraceId:
        """Return 32 hex digits, not all zero."""
        ...

    def span_id(self) -> SpanId:
        """Return 16 hex digits, not all zero."""
        ...

    def secret(self) -> str:
        """Return 32 random bytes in hex: for keys and one-time links."""
        ...


def _uuid7_text(milliseconds: int, random_bits: int) -> str:
    """Lay out the fields of RFC 9562, section 5.7. ``random_bits`` has 74 bits."""
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    number = (milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | 2 << 62 | low
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class RandomIds:
    """Identifiers from a clock and a random source that the operating system seeds; secrets from the system itself.

    Nobody may do more for knowing an id, and an answer has several: the system's source takes longer for each than
    all else that makes one. For one process: a fork of it would make the same ones.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._random = random.Random(secrets.randbits(256))

    def uuid7(self) -> str:
        milliseconds, rest_ns = divmod(self._clock.now_ns(), 1_000_000)
        # RFC 9562, section 6.2, method 3: 12 bits tell the time within the millisecond, so ids sort as they are made.
        fraction = rest_ns * 4096 // 1_000_000
        return _uuid7_text(milliseconds, fraction << 62 | self._random.getrandbits(62))

    def trace_id(self) -> TraceId:
        return TraceId(f"{self._random.getrandbits(128) or 1:032x}")

    def span_id(self) -> SpanId:
        return SpanId(f"{self._random.getrandbits(64) or 1:016x}")

    def secret(self) -> str:
        return secrets.token_hex(32)


class CountingIds:
    """Identifiers for tests: 1, 2, 3."""

    def __init__(self) -> None:
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def uuid7(self) -> str:
        return _uuid7_text(self._next(), 0)

    def trace_id(self) -> TraceId:
        return TraceId(f"{self._next():032x}")

    def span_id(self) -> SpanId:
        return SpanId(f"{self._next():016x}")

    def secret(self) -> str:
        return f"{self._next():064x}"
