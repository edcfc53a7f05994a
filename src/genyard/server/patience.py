"""How long a connection may take to say what it wants: one that sends a byte now and then must not be held for ever."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol

_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):  # type: ignore[misc]  # which class it is depends on what is installed
    """uvicorn's protocol, which closes a connection where no head of a request is whole in time.

    uvicorn itself counts only the seconds between an answer and the first byte after it. Answers, however long they
    take, are not counted; how slowly a body may come is ``RequestChecks``'s to say.
    """

    patience_s: ClassVar[float] = 20.0

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._count_or_stop()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._count_or_stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
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
