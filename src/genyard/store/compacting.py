"""Where files are merged: in this process, or in one of its own, which ends after the work.

A merge takes hundreds of megabytes and a core. In a process of its own it goes after queries and intake, and its memory
is given back. What it leaves is a commit or nothing, so it may be killed at any moment.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from genyard.core.crossed import CrossedError
from genyard.core.errors import Unreachable
from genyard.store import compaction
from genyard.store.compaction import Compacted
from genyard.store.reads import QueryEngine
from genyard.store.rewrite import Rewriter
from genyard.store.table_place import TablePlace

MEMORY_MB = 192
MEMORY_MB_OF_LARGE_ROWS = 768
"""For rows of which few fit into the usual memory. An engine that is not used takes a few MB."""
_LOOK_S = 0.2
Check = Callable[[], None]


class CompactionRequest(msgspec.Struct, frozen=True, kw_only=True):
    place: TablePlace
    now_ns: int


class CompactionDone(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    result: Compacted


CompactionReply = CompactionDone | CrossedError


class Compactor(Protocol):
    """Merges the files of one table."""

    def compact(self, place: TablePlace, rewriter: Rewriter, *, now_ns: int, check: Check) -> Compacted:
        """Merge what is to be merged; ``check`` is called now and then and may raise to stop.

        ``rewriter`` is this process's own for the table. Raises Conflict when another server rewrote the same files,
        StorageFull, Unreachable. What is merged stays so.
        """
        ...


class CompactHere:
    """Merges in the thread that asks."""

    def compact(self, place: TablePlace, rewriter: Rewriter, *, now_ns: int, check: Check) -> Compacted:
        engines = [QueryEngine([Path(place.folder)], threads=1, memory_mb=one) for one in _MEMORIES]
        try:
            return compaction.compact(rewriter, engines=engines, copies=place.copies(), now_ns=now_ns, check=check)
        finally:
            for engine in engines:
                engine.close()


_MEMORIES = (MEMORY_MB, MEMORY_MB_OF_LARGE_ROWS)


class CompactInProcess:
    """Merges in a process that is started for it."""

    def compact(self, place: TablePlace, rewriter: Rewriter, *, now_ns: int, check: Check) -> Compacted:
        if not any(compaction.groups(rewriter.files(), now_ns=now_ns)):
            return Compacted()
        request = msgspec.msgpack.encode(CompactionRequest(place=place, now_ns=now_ns))
        try:
            said = _run(request, check)
        finally:
            rewriter.sweep()
        try:
            reply: CompactionReply = msgspec.msgpack.decode(said, type=CompactionReply)
        except msgspec.DecodeError as error:
            raise Unreachable("the process that merges files ended", hint="the next merge does its work") from error
        if isinstance(reply, CrossedError):
            raise reply.error()
        return reply.result


def _run(request: bytes, check: Check) -> bytes:
    # Ctrl-C of a terminal is for the server, which kills this process itself. Its standard input stays open for as long
    # as the server lives: its end tells the process that there is nobody left to work for.
    process = subprocess.Popen(
        [sys.executable, "-m", "genyard.store.compaction_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdin and process.stdout
        try:
            process.stdin.write(len(request).to_bytes(8) + request)
            process.stdin.flush()
            while True:
                check()
                try:
                    status = process.wait(_LOOK_S)
                    return process.stdout.read() if status == 0 else b""
                except subprocess.TimeoutExpired:
                    continue
        except BrokenPipeError:
            return b""
        finally:
            process.kill()
