"""The masking of every project, by its policy in the catalog, which is read again when it may have changed."""

import threading
from collections.abc import Callable, Sequence

from genyard.core.clock import Clock
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policies import policy_of
from genyard.store.engine import Database
from genyard.store.rows import Row

FRESH_S = 5.0
"""How long a policy is taken for the newest: another server on the same catalog may have changed it."""


class ProjectMasking:
    """Masks rows by the policy of their project. Safe to use from many threads."""

    def __init__(self, database: Database, *, key: Callable[[str], bytes], clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._changing = threading.Lock()
        self._maskers: dict[str, tuple[float, Masker]] = {}

    def mask_rows(self, project: str, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:
        """Return rows of ``project`` as they may be kept.

        Raises a GenyardError where the policy or its key cannot be read: then nothing may be kept.
        """
        return self.masker(project).mask_rows(rows, flag=flag)

    def masker(self, project: str) -> Masker:
        """Return the masker of a project. It is plain data, and may be sent to another process."""
        found = self.fresh(project)
        if found is not None:
            return found
        with self._changing:
            now_s = self._clock.monotonic_s()
            with self._database.read() as tx:
                policy = policy_of(tx, project)
            _, known = self._maskers.get(project, (0.0, None))
            if known is None or known.policy != policy:
                known = Masker(policy, key=self._key(project) if policy.mode == "hash" else b"")
            self._maskers[project] = (now_s, known)
            return known

    def fresh(self, project: str) -> Masker | None:
        """Return the masker of a project where that needs no look into the catalog: it never waits."""
        read_s, known = self._maskers.get(project, (0.0, None))
        return known if known is not None and self._clock.monotonic_s() - read_s < FRESH_S else None

    def forget(self, project: str) -> None:
        """Read the policy of a project anew before its next row: it was changed here."""
        with self._changing:
            self._maskers.pop(project, None)
