"""What was read from the catalog, for as long as nothing is committed to it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from genyard.store.engine import Database

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key. One that is found is what a transaction begun now would read. Safe to use from many threads.

    Where the database does not say whether it changed, nothing is remembered.
    """

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most
        self._kept: tuple[int | None, dict[K, V]] = (None, {})

    def known(self, key: K) -> V | None:
        """Return the value where it is known: it never waits."""
        state, values = self._kept
        found = values.get(key)
        return found if found is not None and state == self._database.state() else None

    def read(self, key: K, load: Callable[[Connection], V]) -> V:
        """Return the value, read by ``load`` where it is not known."""
        found = self.known(key)
        if found is not None:
            return found
        # Asked before the transaction begins: a commit in between makes what is read look old, never new.
        state = self._database.state()
        with self._database.read() as tx:
            value = load(tx)
        if state is not None:
            self._keep(state, key, value)
        return value

    def _keep(self, state: int, key: K, value: V) -> None:
        kept_state, values = self._kept
        if kept_state != state or len(values) >= self._most:
            self._kept = (state, {key: value})
        else:
            values[key] = value
