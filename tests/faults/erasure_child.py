"""Processes that erase, or merge files, and kill themselves: ``erasure_child.py FOLDER``.

For each point there is a home of that name in FOLDER. All come from one process that has read its modules and done
nothing else, because reading them takes longer than an erasure. It says ``POINT: SIGNAL`` for each that ended.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.apart import run_apart
from tests.homes import PROJECT, opened

from genyard.access import audit
from genyard.govern.erasure_requests import ErasureRequests
from genyard.store import rewrite, runs
from genyard.store.blobs import Blobs
from genyard.store.media import Media
from genyard.store.places import FolderPlace
from genyard.store.upkeep import Upkeep

USER = "user-7f3a-planted"

Point = tuple[object, str, int, bool]
"""An object, the name of what it calls there, which call, and whether to die after that call instead of before it."""

ERASING: dict[str, Point] = {
    "after what was found is kept": (ErasureRequests, "note", 1, True),
    "before a commit": (rewrite.Rewriter, "commit", 1, False),
    "between scores and spans": (Upkeep, "take_out", 1, True),
    "before a version is followed by what is left": (runs, "start", 1, False),
    "before the rows of a version go": (Blobs, "remove", 1, False),
    "before old files are removed": (FolderPlace, "remove", 1, False),
    "before media go": (Media, "remove", 1, False),
    "before the event": (audit, "append", 1, False),
    "after the event": (ErasureRequests, "done", 1, False),
}
MERGING: dict[str, Point] = {
    "before the commit of a merge": (rewrite.Rewriter, "commit", 1, False),
    "after the commit of a merge": (rewrite.Rewriter, "commit", 1, True),
}


def die_at(point: Point) -> None:
    owner, name, count, after = point
    original: Callable[..., object] = getattr(owner, name)
    calls = iter(range(count - 1))

    def replaced(*given: object, **named: object) -> object:
        last = next(calls, None) is None
        if last and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*given, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, replaced)


def main(home: Path, point: str) -> None:
    with opened(home) as app:
        die_at((ERASING | MERGING)[point])
        if point in MERGING:
            app.bench.upkeep.compact(check=lambda: None)
            return
        request = app.bench.erasures.requests.make(PROJECT, "user", USER, by=app.local.actor.principal, at_ns=1)
        app.bench.erasures.carry_out(request.id, check=lambda: None)


if __name__ == "__main__":
    for each in (*ERASING, *MERGING):
        sys.stdout.write(f"{each}: {run_apart(main, Path(sys.argv[1]) / each, each)}\n")
