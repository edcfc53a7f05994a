"""What holds for a span whatever its encoding: which ids and times can be kept, and what is repaired."""

_LAST_NS = 2**63 - 2
"""2262-04-11, the last moment before which 64 bits of nanoseconds can say that something was."""

_PARENT_REMOTE = 0x300
"""Bits of a span's flags: whether it is known if the parent is remote, and that it is."""


def parent_is_remote(flags: int) -> bool:
    """Return whether a span's flags say that its parent is in another process."""
    return flags & _PARENT_REMOTE == _PARENT_REMOTE


def id_fault(trace_id: str, span_id: str) -> str | None:
    """Return why these hex ids cannot be kept, or None."""
    return _fault("trace id", trace_id, 32) or _fault("span id", span_id, 16)


def _fault(what: str, digits: str, length: int) -> str | None:
    if len(digits) != length:
        return f"its {what} has {len(digits) // 2} bytes and not {length // 2}"
    return None if digits.strip("0") else f"its {what} is all zeros"


def parent_of(digits: str, flags: list[str]) -> str | None:
    """Return a parent's id; None for none, and for one that is no id, which is named in ``flags``."""
    if not digits.strip("0"):
        return None
    if len(digits) == 16:
        return digits
    flags.append("bad_parent_id")
    return None


def timed(start_ns: int, end_ns: int, flags: list[str]) -> tuple[int, int] | str:
    """Return start and end, repaired and named in ``flags``; or why there is no time to keep the span under."""
    if not start_ns:
        if not end_ns:
            return "it has neither a start nor an end time"
        flags.append("start_missing")
        start_ns = end_ns
    if start_ns > _LAST_NS:
        return "it starts after the year 2262"
    if end_ns > _LAST_NS:
        flags.append("end_out_of_range")
        end_ns = start_ns
    return start_ns, end_ns
