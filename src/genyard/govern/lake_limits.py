"""What a project may keep in the lake: for how many days, and how many bytes.

The newest event that tells of a limit is the limit: there is no row beside it that could say something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from genyard.access import audit, projects
from genyard.access.principals import Actor, require
from genyard.core.errors import InvalidInput

OBJECT = "lake/limits"
MOST_DAYS = 36_500
MOST_BYTES = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeLimits:
    """None is what the settings of the home say; ``keep_days`` None is for ever."""

    keep_days: int | None = None
    quota_bytes: int | None = None


def limits(tx: Connection, project: str) -> LakeLimits:
    """Return what was set last for a project."""
    newest = audit.events(tx, project, object=OBJECT, limit=1)
    if not newest:
        return LakeLimits()
    detail = newest[0].detail
    return LakeLimits(keep_days=_number(detail.get("keep_days")), quota_bytes=_number(detail.get("quota_bytes")))


def set_limits(tx: Connection, project: str, wanted: LakeLimits, *, by: Actor, at_ns: int) -> LakeLimits:
    """Set both limits of a project. Raises Forbidden, NotFound, InvalidInput."""
    require(by, "project:admin", project=project)
    projects.get(tx, project)
    if wanted.keep_days is not None and not 1 <= wanted.keep_days <= MOST_DAYS:
        raise InvalidInput(f"{wanted.keep_days} days cannot be kept", hint=f"keep 1 to {MOST_DAYS} days")
    if wanted.quota_bytes is not None and not 0 <= wanted.quota_bytes <= MOST_BYTES:
        raise InvalidInput(f"{wanted.quota_bytes} bytes are no quota", hint="0 is none")
    audit.append(
        tx,
        project=project,
        actor=by.principal,
        verb="limited",
        object=OBJECT,
        detail={"keep_days": wanted.keep_days, "quota_bytes": wanted.quota_bytes},
        at_ns=at_ns,
    )
    return wanted


def all_limits(tx: Connection, by: Actor) -> Mapping[str, LakeLimits]:
    """Return the limits of every project that ``by`` may act in."""
    return {one.name: limits(tx, one.name) for one in projects.listing(tx, by)}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
