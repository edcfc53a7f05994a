"""Starts a limited process, hands it one request, and takes its reply or its life."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

from genyard.core.errors import Corrupted, GenyardError, InvalidInput, TooLarge, Unreachable
from genyard.core.escape import one_line
from genyard.store.limited.messages import Found, Refused, Reply, Request

log = logging.getLogger(__name__)

_PROGRAM = ("-I", "-B", "-m", "genyard.store.limited.process")
"""Isolated: no variable and no folder of the caller decides what is imported."""
_REPLY_SIZES = 4
"""A value may be longer in msgpack than in JSON, by which the process counts: 0.5 has nine bytes there."""
_FRAME_BYTES = 1 << 20
"""What a reply has beside its values."""
_ERRORS: dict[Literal["invalid_input", "too_large", "corrupted"], type[GenyardError]] = {
    "corrupted": Corrupted,
    "invalid_input": InvalidInput,
    "too_large": TooLarge,
}


def run_limited(request: Request, *, folder: Path, timeout_s: float) -> Found:
    """Return what the statement finds in files below ``folder``.

    Raises InvalidInput for a statement that is none or does not fit, TooLarge when it needs more time or memory than it
    may have, Corrupted when a file is missing or damaged, Unreachable when no process can be started.
    """
    with _started(folder) as process, _killed_after(process, timeout_s) as over:
        said = _exchange(process, msgspec.msgpack.encode(request), most=_REPLY_SIZES * request.size + _FRAME_BYTES)
        wrong = process.stderr.read(4096) if process.stderr else b""
        status = process.wait()
    if over.is_set():
        raise TooLarge(
            f"the query was stopped after {timeout_s:g} s", hint="ask for fewer days: WHERE day >= '2026-11-23'"
        )
    if status != 0:
        raise _broken(status, wrong)
    return _read(said)


@contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            [sys.executable, *_PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={},
            # A Ctrl-C of the person who holds the terminal is for the command, which ends this process itself.
            start_new_session=True,
        )
    except OSError as error:
        raise Unreachable(f"no process for a query can be started: {error.strerror}", hint="try again") from error
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _killed_after(process: subprocess.Popen[bytes], timeout_s: float) -> Iterator[threading.Event]:
    over = threading.Event()

    def end() -> None:
        over.set()
        process.kill()

    timer = threading.Timer(timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


def _exchange(process: subprocess.Popen[bytes], request: bytes, *, most: int) -> bytes:
    """Write the request, which the process reads whole before it says anything; return what it says, up to ``most``."""
    assert process.stdin and process.stdout
    with suppress(BrokenPipeError):  # it ended early; its status says why
        process.stdin.write(request)
        process.stdin.close()
    said = process.stdout.read(most)
    if len(said) == most:
        process.kill()  # it would wait for ever to be read
    return said


def _broken(status: int, wrong: bytes) -> GenyardError:
    """Return the error of a process that ended without a reply: by a limit of the system, or by a fault."""
    said = one_line(wrong.decode(errors="replace").strip().rpartition("\n")[2], limit=300)
    log.warning("a process for a query ended with %s: %s", status, said)
    if status < 0:
        return TooLarge(
            f"the query ended its process (signal {-status}): it needs more memory or time than it may have",
            hint="ask for fewer days, columns or groups",
        )
    return GenyardError("the process for a query failed; the server's log says why")


def _read(said: bytes) -> Found:
    try:
        reply: Reply = msgspec.msgpack.decode(said, type=Reply)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TooLarge("the answer is larger than it may be", hint="select fewer columns or rows") from error
    if isinstance(reply, Refused):
        raise _ERRORS[reply.code](reply.message, hint=reply.hint)
    return reply
