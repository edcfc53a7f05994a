"""Waiting for what happens in another thread or process: until a condition holds, never for a time."""

import threading
import time
from collections.abc import Callable

DEADLINE_S = 30.0
"""So long that only a defect reaches it."""


def eventually(condition: Callable[[], bool]) -> None:
    """Return when ``condition`` holds. Fails when it does not within the deadline."""
    deadline_s = time.monotonic() + DEADLINE_S
    between = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, "what was waited for did not happen"
        between.wait(0.01)


def happened(event: threading.Event) -> bool:
    """Return whether ``event`` was set before the deadline."""
    return event.wait(DEADLINE_S)
