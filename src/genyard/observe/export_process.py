"""The process that works on export requests: frames in on standard input, frames out on standard output."""

import os
import signal
import sys

import msgspec

from genyard.core.crossed import CrossedError
from genyard.core.errors import GenyardError
from genyard.observe.export import ExportRequest, export
from genyard.observe.exporters import Outcome
from genyard.observe.frames import read_frame, write_frame

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(ExportRequest)
NICENESS = 5


def main() -> None:
    """Answer requests until standard input ends: when the server ends, however it ends, so does this process."""
    # Ctrl-C reaches every process of a terminal. The server finishes what it accepted and then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where the processors are taken, answers of the endpoint go first, which the server's process makes.
    os.nice(NICENESS)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        write_frame(sys.stdout.buffer, _encoder.encode(_outcome(frame)))


def _outcome(frame: bytes) -> Outcome:
    try:
        return export(_requests.decode(frame))
    except GenyardError as error:
        return CrossedError.of(error)
    except Exception as error:  # noqa: BLE001 - a fault of one request must not take the others with it
        return CrossedError(code="internal", message=f"{type(error).__name__}: {error}", hint="")


if __name__ == "__main__":
    main()
