"""Keys that were presented of late, with who holds them: a program presents its key with every request.

What is known is believed for a few seconds, because another server on the same catalog may have revoked the key. A
change that is made here is told, and then nothing of before it is believed.
"""

import threading

from genyard.access import keys
from genyard.access.principals import Actor
from genyard.core.clock import Clock
from genyard.store.engine import Database

FRESH_NS = 5_000_000_000
_MOST = 1024


class KnownKeys:
    """Finds the holders of keys. Safe to use from many threads."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._changing = threading.Lock()
        self._known: dict[str, tuple[int, Actor]] = {}
        """Until when each is believed, by the digest of what is presented."""
        self._changes = 0

    def actor(self, presented: str) -> Actor:
        """Return who acts with a key. Raises Unauthenticated."""
        found = self.fresh(presented)
        if found is not None:
            return found
        changes, now_ns = self._changes, self._clock.now_ns()
        with self._database.read() as tx:
            actor, expires_ns = keys.authenticate(tx, presented, now_ns=now_ns)
        with self._changing:
            # What was read before a change must not be believed after it.
            if changes == self._changes:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[keys.hashed(presented)] = (min(now_ns + FRESH_NS, expires_ns), actor)
        return actor

    def fresh(self, presented: str) -> Actor | None:
        """Return who acts with a key where that needs no look into the catalog: it never waits."""
        until_ns, actor = self._known.get(keys.hashed(presented), (0, None))
        return actor if actor is not None and self._clock.now_ns() < until_ns else None

    def forget(self) -> None:
        """Look into the catalog for every key anew: keys or roles were changed here. Call it after the change."""
        with self._changing:
            self._changes += 1
            self._known.clear()
