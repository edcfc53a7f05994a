"""The images, recordings and files of traces, saved into a folder."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from genyard.client.api import Client, Reply
from genyard.core.digest import Digest
from genyard.core.errors import NotFound
from genyard.core.media import SCHEME, MediaReference, references_in

_TRACE = re.compile(r"[0-9a-f]{32}")


class Saved(msgspec.Struct, kw_only=True):
    """Counts of what was saved, and of what a trace mentions and is not there any more."""

    files: int = 0
    bytes: int = 0
    gone: int = 0


def save_media(client: Client, spans: Iterable[str], folder: Path, on_progress: Callable[[Reply], None]) -> Reply:
    """Save what ``spans``, lines of JSON as an export gives them, refer to: a file each, named by trace and digest.

    A file that is there is written anew. Raises what the server says, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Before the first is fetched: the server does not wait long for who reads an export slowly.
    wanted = _wanted(spans)
    saved = Saved()
    for done, ((trace, _), one) in enumerate(wanted.items(), start=1):
        _save(client, trace, one, folder, saved)
        on_progress({"progress": {"done": done, "total": len(wanted), "note": f"{saved.files} files"}})
    counts: dict[str, Any] = msgspec.to_builtins(saved)
    return counts


def _wanted(spans: Iterable[str]) -> dict[tuple[str, Digest], MediaReference]:
    """Return what spans refer to, by trace and digest."""
    wanted: dict[tuple[str, Digest], MediaReference] = {}
    for line in spans:
        if SCHEME not in line:
            continue
        trace = str(msgspec.json.decode(line)["trace_id"])
        if not _TRACE.fullmatch(trace):
            continue  # it is to be a part of a file's name
        for one in references_in(line):
            wanted.setdefault((trace, one.digest), one)
    return wanted


def _save(client: Client, trace: str, one: MediaReference, folder: Path, saved: Saved) -> None:
    file = folder / f"{trace}-{one.file_name}"
    unfinished = Path(f"{file}.unfinished")
    try:
        with unfinished.open("wb") as out:
            for piece in client.pieces(client.of_project("traces", trace, "media", one.digest)):
                saved.bytes += out.write(piece)
        unfinished.replace(file)
        saved.files += 1
    except NotFound:
        saved.gone += 1
    finally:
        unfinished.unlink(missing_ok=True)
