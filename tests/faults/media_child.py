"""Processes that take spans with pictures and kill themselves: ``media_child.py FOLDER``.

For each point there is a home of that name in FOLDER, made here. In it ``acknowledged`` says which
spans were. All come from one process that has read its modules and done nothing else.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.apart import run_apart
from tests.faults.lake_child import Point, die, die_at
from tests.homes import PROJECT, opened
from tests.observe.otlp.requests import request, wire
from tests.observe.pictures import data_url, png

from genyard.app import App
from genyard.store import media_shelves
from genyard.store.lake import Lake
from genyard.store.media import Held
from genyard.store.wal import Commit

POINTS: dict[str, tuple[Point, int]] = {
    "before an object is written": ((media_shelves, "write_durably", False), 3),
    "before an object is in its place": ((os, "replace", False), 3),
    "after an object is written": ((media_shelves, "write_durably", True), 3),
    "between an object and the log": ((Lake, "append_packed", False), 2),
    "after the log, before the acknowledgement": ((Commit, "resolve", False), 2),
    "before objects are let go of": ((Held, "let_go", False), 2),
}
"""What to die at, and at which call of it. Each span has two pictures of its own."""
SPANS = 5


def body_of(number: int) -> bytes:
    pictures = {f"picture.{place}": data_url(png(10 * number + place), "image/png") for place in (1, 2)}
    return request(wire(number, attributes=pictures, trace_id=number.to_bytes(16)))


def main(home: Path, point: str) -> None:
    with opened(home) as app:
        target, count = POINTS[point]
        if target[1] == "replace":
            _die_before_a_move_into_media(count)
        else:
            die_at(target, count)
        asyncio.run(_send(app, home))


def _die_before_a_move_into_media(count: int) -> None:
    original: Callable[..., None] = os.replace
    calls = iter(range(count - 1))

    def replaced(source: str, target: Path) -> None:
        if "media" in str(target) and next(calls, None) is None:
            die()
        original(source, target)

    os.replace = replaced  # type: ignore[assignment]


async def _send(app: App, home: Path) -> None:
    for number in range(1, SPANS + 1):
        assert await app.intake.keep("traces", PROJECT, body_of(number), "protobuf") == []
        with (home / "acknowledged").open("a") as told:
            told.write(f"{number}\n")


if __name__ == "__main__":
    for each in POINTS:
        sys.stdout.write(f"{each}: {run_apart(main, Path(sys.argv[1]) / each, each)}\n")
