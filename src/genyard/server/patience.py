"""What a connection may take: how many there are, how long to say what it wants and to take what it is given."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol

LEAST_TAKEN = 32 * 1024
_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):  # type: ignore[misc]  # which class it is depends on what is installed
    """uvicorn's protocol, which closes a connection where no head of a request is whole in time, or nobody reads.

    uvicorn itself counts only the seconds between an answer and the first byte after it. Answers, however long they
    take, are not counted; how slowly a body may come is ``RequestChecks``'s to say. An answer of which less than
    ``LEAST_TAKEN`` bytes are taken in ``reading_s`` is broken off, and with it what makes it. More than ``most``
    connections are closed at once: what is left of the process's files is for the log and the lake.
    """

    most: ClassVar[int] = 512
    patience_s: ClassVar[float] = 20.0
    reading_s: ClassVar[float] = 30.0

    _timer: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._count_or_stop()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._count_or_stop()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._stop_watching()
        super().connection_lost(exc)

    def _count_or_stop(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.patience_s, self.transport.close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch_reader(self) -> None:
        self._stop_watching()
        waiting = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(self.reading_s, self._look_at_reader, waiting)

    def _look_at_reader(self, waiting: int) -> None:
        # Nothing is written meanwhile, so what is missing was taken.
        if waiting - self.transport.get_write_buffer_size() < LEAST_TAKEN:
            self.transport.abort()  # to close it would wait until the reader has taken the rest
        else:
            self._watch_reader()

    def _stop_watching(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def patient(*, most: int) -> type[PatientProtocol]:
    """Return the protocol of a server that has up to ``most`` connections."""
    return type("PatientProtocol", (PatientProtocol,), {"most": most})
