"""The library's questions to its SQLite file, left out while nothing was committed to it."""

from collections.abc import Callable
from typing import Any, Final

from dbos import DBOS

from genyard.store.sqlite import Commits

MOST_LEFT_OUT: Final = 20
"""So often in a row a question is left out. It bounds what a look that failed can cost."""


class QuietQueues:
    """Answers for the library's database what its loops ask again and again: a look at a queue takes milliseconds.

    A queue is looked at when something was committed since the last look, or when jobs of it run here, because the end
    of one makes room without a commit that comes after it.
    """

    def __init__(self, library: DBOS, commits: Commits) -> None:
        self._library = library
        self._commits = commits
        self._looked: dict[str, tuple[int, int]] = {}
        self._queues: dict[str, tuple[int, Any]] = {}

    def install(self) -> None:
        """Stand before the library's own two methods from now on."""
        database = self._library._sys_db
        setattr(database, "dequeue_scopes", self._scopes(database.dequeue_scopes))  # noqa: B010 (mypy forbids a method)
        setattr(database, "get_queue", self._queue(database.get_queue))  # noqa: B010

    def _scopes(self, ask: Callable[[str], list[str | None]]) -> Callable[[str], list[str | None]]:
        def scopes(queue: str) -> list[str | None]:
            if self._library._active_workflows_set.count_for_queue(queue):
                self._looked.pop(queue, None)
                return ask(queue)
            # Asked before the look: what is committed during it is looked at again.
            now = self._commits.number()
            before, left_out = self._looked.get(queue, (None, 0))
            if now == before and left_out < MOST_LEFT_OUT:
                self._looked[queue] = (now, left_out + 1)
                return []
            self._looked[queue] = (now, 0)
            return ask(queue)

        return scopes

    def _queue(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def queue(name: str, **options: Any) -> Any:
            now = self._commits.number()
            before, found = self._queues.get(name, (None, None))
            if options or now != before:
                found = ask(name, **options)
                self._queues[name] = (now, found)
            return found

        return queue
