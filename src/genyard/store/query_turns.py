"""Whose turn it is among the questions of one engine, which share its memory.

**A question that the memory is too small for beside others is asked again alone.** So what one person asks cannot fail
because of what others ask; what fails alone is too large. Questions that read payloads go a few at once: more of them
would take each other's memory and no less time.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from genyard.core.errors import Overloaded

PATIENCE_S = 20.0
_MOST_WAITING = 16
"""Who waits holds a thread of the server, and others are missed elsewhere when these are all taken."""


class Turn:
    """A question that runs. ``beside`` says whether another one ran at any moment of it."""

    __slots__ = ("beside",)

    def __init__(self) -> None:
        self.beside = False


class QueryTurns:
    """Lets questions run side by side, or one alone. Safe to use from many threads."""

    def __init__(self, *, dear: int, patience_s: float = PATIENCE_S) -> None:
        """``dear`` questions that read payloads run at once."""
        self._most_dear = dear
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._running: set[Turn] = set()
        self._dear = 0
        self._waiting = 0
        self._wanted_alone = 0

    @contextmanager
    def beside_others(self, *, dear: bool) -> Iterator[Turn]:
        """Run, once nobody wants to be alone and there is a place. Raises Overloaded where that takes too long."""
        turn = Turn()
        with self._changed:
            self._wait(lambda: not self._wanted_alone and (not dear or self._dear < self._most_dear))
            self._dear += dear
            self._begin(turn)
        try:
            yield turn
        finally:
            with self._changed:
                self._dear -= dear
                self._end(turn)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run when nobody else does; who comes meanwhile waits. Raises Overloaded where that takes too long."""
        turn = Turn()
        with self._changed:
            self._wanted_alone += 1
            try:
                self._wait(lambda: not self._running)
                self._begin(turn)
            except Overloaded:
                self._no_longer_alone()
                raise
        try:
            yield
        finally:
            with self._changed:
                self._end(turn)
                self._no_longer_alone()

    def _wait(self, free: Callable[[], bool]) -> None:
        if free():
            return
        if self._waiting >= _MOST_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            if not self._changed.wait_for(free, self._patience_s):
                raise _busy()
        finally:
            self._waiting -= 1

    def _begin(self, turn: Turn) -> None:
        self._running.add(turn)
        if len(self._running) > 1:
            for one in self._running:
                one.beside = True

    def _end(self, turn: Turn) -> None:
        self._running.discard(turn)
        self._changed.notify_all()

    def _no_longer_alone(self) -> None:
        self._wanted_alone -= 1
        self._changed.notify_all()


def _busy() -> Overloaded:
    return Overloaded("the lake is asked too much at once", hint="ask again in a moment", retry_after_s=2)
