"""``genyard`` in a process that stops itself: ``life_child.py SIGNAL POINT ARGUMENTS`` runs the command up to POINT.

SIGKILL ends it there. SIGINT is Ctrl-C: what runs at the point goes on until the command has stopped it.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from genyard.access import audit
from genyard.cli.main import run
from genyard.client.api import Client
from genyard.develop import resolve
from genyard.develop.library import Library
from genyard.pipelines import evaluation
from genyard.store.blobs import Blobs

Reaches = Callable[..., bool]
"""Whether a call is the one at which to stop, by its arguments."""
Point = tuple[object, str, Reaches, bool]
"""An object, the name of what it calls there, which call, and whether to stop after that call instead of before it."""


def _any(*_: Any, **__: Any) -> bool:
    return True


def _publishes(kind: str) -> Reaches:
    return lambda *given, **_: given[3].kind == kind


def _has_index(_: Blobs, content: bytes) -> bool:
    return content.startswith(b"GYINDEX")


def _deploys(_: Client, path: str, __: object) -> bool:
    return path.endswith("/deploy")


POINTS: dict[str, Point] = {
    "before the index is built": (resolve, "build_index", _any, False),
    "after the index has its blob": (Blobs, "put", _has_index, True),
    "after the index is published": (Library, "publish", _publishes("index"), True),
    "before the scores of a release": (evaluation, "write_scores", _any, False),
    "before the release is published": (Library, "publish", _publishes("release"), False),
    "after the release is published": (Library, "publish", _publishes("release"), True),
    "between the deployment's move and its event": (audit, "append", _any, False),
    "before the deployment is committed": (audit, "append", _any, True),
    "after the deployment, before its answer": (Client, "post", _deploys, True),
}


def stop_at(point: Point, by: signal.Signals) -> None:
    owner, name, reaches, after = point
    original: Callable[..., object] = getattr(owner, name)

    def replaced(*given: Any, **named: Any) -> object:
        here = reaches(*given, **named)
        if here and not after:
            os.kill(os.getpid(), by)
        result = original(*given, **named)
        if here and after:
            os.kill(os.getpid(), by)
        return result

    setattr(owner, name, replaced)


if __name__ == "__main__":
    stop_at(POINTS[sys.argv[2]], signal.Signals[sys.argv[1]])
    sys.exit(run(sys.argv[3:]))
