"""Keys that were presented of late, with who holds them: a program presents its key with every request."""

from genyard.access import keys
from genyard.access.principals import Actor
from genyard.core.clock import Clock
from genyard.store.engine import Database
from genyard.store.remembered import Remembered, Unseen

FRESH_S = 5.0
"""How long a key is believed where the catalog does not tell that another server on it has revoked one."""
_MOST = 1024


class KnownKeys:
    """Finds the holders of keys. Safe to use from many threads."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        unseen = Unseen(for_s=FRESH_S, clock=clock)
        self._held: Remembered[str, tuple[Actor, int]] = Remembered(database, most=_MOST, unseen=unseen)
        """Who acts with a key and when it ends, by the digest of what is presented."""

    def actor(self, presented: str) -> Actor:
        """Return who acts with a key. Raises Unauthenticated."""
        now_ns = self._clock.now_ns()
        actor, expires_ns = self._held.read(
            keys.hashed(presented), lambda tx: keys.authenticate(tx, presented, now_ns=now_ns)
        )
        if now_ns < expires_ns:
            return actor
        with self._database.read() as tx:  # which says when it ended
            return keys.authenticate(tx, presented, now_ns=now_ns)[0]

    def fresh(self, presented: str) -> Actor | None:
        """Return who acts with a key where that needs no look into the catalog: it never waits."""
        actor, expires_ns = self._held.known(keys.hashed(presented)) or (None, 0)
        return actor if self._clock.now_ns() < expires_ns else None
