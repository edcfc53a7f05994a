"""Threads that questions run in: where the processors are taken, the endpoint's answers go first."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

NICENESS = 5
"""As nice as the processes that read spans: what comes in and what is asked for share what is left."""

T = TypeVar("T")


class QueryThreads:
    """A few threads that give way to the others of this process. Threads that are started in them do so too.

    Linux counts niceness by thread. Elsewhere it is the whole process's and is left alone.
    """

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="genyard-query", initializer=_give_way)

    def run(self, ask: Callable[[], T]) -> T:
        """Return what ``ask`` returns, or raise what it raises. Waits while ``most`` others run."""
        return self._threads.submit(ask).result()

    def close(self) -> None:
        self._threads.shutdown()


def _give_way() -> None:
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # A thread may become nicer and, without a privilege, never less nice: the process may stand above already.
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
