"""When keys were last used: noted about once a minute, because the note is a write and the use is not."""

from genyard.access import keys
from genyard.core.ids import KeyId
from genyard.store.engine import Database

EVERY_NS = 60 * 1_000_000_000


class KeyUse:
    """Remembers which keys were noted of late."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[KeyId, int] = {}

    def is_due(self, key: KeyId, *, now_ns: int) -> bool:
        """Return whether the next use is to be noted: none was within the minute."""
        return now_ns - self._noted.get(key, 0) >= EVERY_NS

    def note(self, key: KeyId, *, now_ns: int) -> None:
        """Note a use, if that is due."""
        if not self.is_due(key, now_ns=now_ns):
            return
        self._noted[key] = now_ns
        with self._database.write() as tx:
            keys.touch(tx, key, now_ns=now_ns)
