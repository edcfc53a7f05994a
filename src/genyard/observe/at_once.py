"""Work that is dear, a few at once. Nobody waits for a place: threads that wait are missed elsewhere."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from genyard.core.errors import Overloaded


class AtOnce:
    """So many places, of which one project has at most half. Safe to use from many threads."""

    def __init__(self, most: int, *, what: str, retry_s: float) -> None:
        """``what`` is how those that have a place are called; who finds none may come back after ``retry_s``."""
        self._most = most
        self._what = what
        self._retry_s = retry_s
        self._changing = threading.Lock()
        self._running: Counter[str] = Counter()

    @contextmanager
    def place(self, project: str) -> Iterator[None]:
        """Hold a place. Raises Overloaded where none is free."""
        with self._changing:
            of_project = max(1, self._most // 2)
            if self._running.total() >= self._most or self._running[project] >= of_project:
                raise Overloaded(
                    f"too many {self._what} run already", hint="ask again in a moment", retry_after_s=self._retry_s
                )
            self._running[project] += 1
        try:
            yield
        finally:
            with self._changing:
                self._running[project] -= 1
                if not self._running[project]:
                    del self._running[project]
