"""The boundary to the host: a fault of ours is logged and never reaches the application."""

import functools
import logging
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

log = logging.getLogger("genyard")

P = ParamSpec("P")
R = TypeVar("R")


def quiet(function: Callable[P, R]) -> Callable[P, R | None]:
    """Return ``function`` such that it logs what it would raise, and returns None then."""

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the host must not fail because it is watched
            log.warning("genyard.%s: %s", function.__name__.lstrip("_"), error)
            return None

    return called


def within(seconds: float, work: Callable[[], object]) -> bool:
    """Do ``work`` for so long and return whether it ended: it goes on in a thread that nobody waits for."""
    thread = threading.Thread(target=quiet(work), name="genyard-wait", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return not thread.is_alive()
