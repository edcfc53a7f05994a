"""The process that merges the files of one table: a request on standard input, a reply on standard output."""

import os
import sys
import threading

import msgspec

from genyard.core.clock import SystemClock
from genyard.core.crossed import CrossedError
from genyard.core.errors import GenyardError
from genyard.core.ids import RandomIds
from genyard.store.columns import TABLES
from genyard.store.compacting import (
    CompactHere,
    CompactionDone,
    CompactionReply,
    CompactionRequest,
)
from genyard.store.rewrite import Rewriter

_NICE = 10


def main() -> None:
    """Do what is asked, and end: at once when the server ends first."""
    os.nice(_NICE)
    length = int.from_bytes(sys.stdin.buffer.read(8))
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(length), type=CompactionRequest)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    sys.stdout.buffer.write(msgspec.msgpack.encode(_reply_to(request)))
    sys.stdout.buffer.flush()
    os._exit(0)  # at once: the thread that waits for the end of the input holds what an orderly end would wait for


def _reply_to(request: CompactionRequest) -> CompactionReply:
    place, clock = request.place, SystemClock()
    try:
        rewriter = Rewriter(place, TABLES[place.table], clock=clock, ids=RandomIds(clock))
        return CompactionDone(result=CompactHere().compact(place, rewriter, now_ns=request.now_ns, check=_go_on))
    except GenyardError as error:
        return CrossedError.of(error)


def _go_on() -> None:
    """Stop for nothing: the server kills this process when somebody wants it to stop."""


def _end_with_the_server() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
