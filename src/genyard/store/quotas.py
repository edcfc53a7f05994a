"""How much of the lake each project may take. A project at its limit is refused; the others go on."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from genyard.core.errors import StorageFull
from genyard.core.figures import size

log = logging.getLogger(__name__)

NEAR = 0.8
"""From this part of the limit on, people are warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    """Where a project stands. ``limit`` 0 is no limit."""

    limit: int
    used: int
    state: Literal["ok", "near", "full"]


class Quotas:
    """Limits in bytes, and what is used. Safe to use from many threads."""

    def __init__(self, default: int) -> None:
        """``default`` is the limit of projects that have none of their own; 0 is none."""
        self._default = default
        self._limits: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._full: frozenset[str] = frozenset()
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()

    def limit(self, limits: Mapping[str, int]) -> None:
        """Set the limits of the projects that have one of their own, in place of those set before."""
        with self._lock:
            self._limits = dict(limits)
            self._judge()

    def measured(self, used: Mapping[str, int]) -> None:
        """Take over how many bytes each project has in the lake."""
        with self._lock:
            self._used = dict(used)
            self._judge()

    def check(self, projects: Iterable[str]) -> None:
        """Raise StorageFull when one of ``projects`` is at its limit."""
        for project in self._full.intersection(projects) if self._full else ():
            at = self.state(project)
            raise StorageFull(
                f"the project {project} has {size(at.used)} in the lake, its quota is {size(at.limit)}",
                hint="keep fewer days or raise the quota: genyard lake limits",
            )

    def state(self, project: str) -> QuotaState:
        """Return where a project stands."""
        limit, used = self._limits.get(project, self._default), self._used.get(project, 0)
        state: Literal["ok", "near", "full"] = "ok"
        if limit:
            state = "full" if used >= limit else "near" if used >= NEAR * limit else "ok"
        return QuotaState(limit=limit, used=used, state=state)

    def _judge(self) -> None:
        states = {project: self.state(project) for project in self._used}
        self._full = frozenset(project for project, one in states.items() if one.state == "full")
        for project, one in states.items():
            # Said once each time that it gets worse, not with every flush.
            if one.state != self._said.get(project, "ok") and one.state != "ok":
                log.warning(
                    "the project %s has %s of %s of its quota in the lake%s",
                    *(project, size(one.used), size(one.limit)),
                    ": its rows are refused" if one.state == "full" else "",
                )
            self._said[project] = one.state
