"""Where export requests are worked on: in this process, or in processes of their own.

A request of 512 spans takes the interpreter for milliseconds. In a process of its own it does not delay the answers of
the endpoint, and a second one uses the second core. What comes back is packed: this process only writes it down.
"""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec

from genyard.core.crossed import CrossedError
from genyard.core.errors import Overloaded, Unreachable
from genyard.observe.export import Exported, ExportRequest, export
from genyard.observe.frames import read_frame, write_frame

Outcome = Exported | CrossedError

_PIPE_BYTES = 1 << 20
"""What a pipe holds, where the system lets us say it: a request or its rows then cross it in one piece."""

_encoder = msgspec.msgpack.Encoder()
_outcomes: msgspec.msgpack.Decoder[Outcome] = msgspec.msgpack.Decoder(Outcome)


class Exporter(Protocol):
    """Turns export requests into rows."""

    async def export(self, request: ExportRequest) -> Exported:
        """Return what may be kept of ``request``. Raises Overloaded and Unreachable: it may be sent again."""
        ...

    def close(self) -> None:
        """End what was started for it."""
        ...


class InThisProcess:
    """Works in a thread of this process: for a server that lives no longer than one command."""

    async def export(self, request: ExportRequest) -> Exported:
        return await asyncio.to_thread(export, request)

    def close(self) -> None:
        """Nothing was started."""


class InProcesses:
    """Works in up to ``most`` processes, each started when it is first needed."""

    def __init__(self, most: int, *, queue: int = 64) -> None:
        """``queue`` requests may wait for a process; the next is told to come back later."""
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="genyard-export")
        self._room = most + queue
        self._idle: list[_Child] = []
        self._changing = threading.Lock()

    async def export(self, request: ExportRequest) -> Exported:
        if self._room <= 0:
            raise Overloaded("spans come faster than they can be read")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, request)
        finally:
            self._room += 1

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for child in self._idle:
            child.end()

    def _ask(self, request: ExportRequest) -> Exported:
        child = self._free() or _Child()
        try:
            outcome = child.ask(request)
        except (OSError, EOFError) as error:
            child.end()
            raise Unreachable("the process that reads spans ended", hint="send them again") from error
        with self._changing:
            self._idle.append(child)
        if isinstance(outcome, CrossedError):
            raise outcome.error()
        return outcome

    def _free(self) -> "_Child | None":
        with self._changing:
            return self._idle.pop() if self._idle else None


class _Child:
    """One process. For one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "genyard.observe.export_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout

    def ask(self, request: ExportRequest) -> Outcome:
        """Raises OSError or EOFError when the process is gone."""
        write_frame(self._to, _encoder.encode(request))
        reply = read_frame(self._from)
        if reply is None:
            raise EOFError
        return _outcomes.decode(reply)

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for stream in (self._to, self._from):
            try:
                stream.close()
            except OSError:
                continue  # what it still held is for a process that is gone
        self._process.wait()
