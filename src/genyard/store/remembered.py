"""What was read from the catalog, for as long as nothing is committed to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from genyard.core.clock import Clock
from genyard.store.engine import Database

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """How long a value may be old where the database does not tell what others commit to it."""

    for_s: float
    clock: Clock


class Remembered(Generic[K, V]):
    """Values by key. One that is found is what a transaction begun now would read. Safe to use from many threads.

    Where the database does not tell what others commit, nothing is remembered unless ``unseen`` says for how long.
    """

    def __init__(self, database: Database, *, most: int, unseen: Unseen | None = None) -> None:
        self._database = database
        self._most = most
        self._unseen = None if database.sees_others else unseen
        self._remembers = database.sees_others or unseen is not None
        self._kept: tuple[int | None, dict[K, tuple[V, float]]] = (None, {})

    def known(self, key: K) -> V | None:
        """Return the value where it is known: it never waits."""
        state, values = self._kept
        found = values.get(key)
        if found is None or state != self._database.state():
            return None
        value, read_s = found
        return value if self._unseen is None or self._now_s() - read_s < self._unseen.for_s else None

    def read(self, key: K, load: Callable[[Connection], V]) -> V:
        """Return the value, read by ``load`` where it is not known."""
        found = self.known(key)
        if found is not None:
            return found
        # Asked before the transaction begins: a commit in between makes what is read look old, never new.
        state, now_s = self._database.state(), self._now_s()
        with self._database.read() as tx:
            value = load(tx)
        if self._remembers:
            self._keep(state, key, (value, now_s))
        return value

    def _now_s(self) -> float:
        return self._unseen.clock.monotonic_s() if self._unseen else 0.0

    def _keep(self, state: int, key: K, value: tuple[V, float]) -> None:
        kept_state, values = self._kept
        if kept_state != state or len(values) >= self._most:
            self._kept = (state, {key: value})
        else:
            values[key] = value
