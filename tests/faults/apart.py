"""Work in a process of its own, which may kill itself."""

import os
from collections.abc import Callable
from pathlib import Path


def run_apart(work: Callable[[Path, str], None], home: Path, point: str) -> int:
    """Return the signal that ended the process, 0 for none."""
    child = os.fork()
    if child:
        return os.WTERMSIG(os.waitpid(child, 0)[1])
    try:
        work(home, point)
    finally:
        os._exit(1)
