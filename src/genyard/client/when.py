"""The time that a list, an export or figures are asked about."""

from typing import Any, TypedDict


class When(TypedDict, total=False):
    """By default the last week."""

    hours: float
    """The last hours, up to now or ``until``."""
    since: str
    """In their place its beginning: how long ago (``7d``), a date or a time."""
    until: str
    """Its end, written in the same way, which is not in it itself."""


def parameters(when: When, *, hours: float = 168) -> dict[str, Any]:
    """Return ``when`` as the API is asked for it. Raises TypeError for a keyword that is none of its own."""
    unknown = sorted(when.keys() - When.__annotations__.keys())
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}: a time is told with hours, since and until")
    since = when.get("since") or None
    return {"hours": None if since else when.get("hours", hours), "since": since, "until": when.get("until") or None}
