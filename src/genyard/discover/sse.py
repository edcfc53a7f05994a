"""Server-sent events, read and written (WHATWG HTML, section 9.2). Pure: bytes in, events out."""

from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    """One event. ``data`` is its data lines joined by newlines."""

    data: str
    event: str = "message"


class EventParser:
    """Turns bytes into events, however they are cut. Time and memory are linear in what is fed.

    An event that no empty line has ended is never given out: that is how the standard has it, and how half a stream
    shows.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._scanned = 0
        self._started = False
        self._after_cr = False
        self._data: list[str] = []
        self._event = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that ``chunk`` completes."""
        self._pending += chunk
        events = []
        for line in self._lines():
            event = self._line(line.decode("utf-8", "replace"))
            if event is not None:
                events.append(event)
        return events

    def _lines(self) -> list[bytes]:
        """Take the whole lines off the pending bytes. A line ends with CR LF, LF or CR."""
        if not self._started:
            if len(self._pending) < len(BOM) and BOM.startswith(self._pending):
                return []
            self._started = True
            if self._pending.startswith(BOM):
                del self._pending[: len(BOM)]
        if self._after_cr and self._pending:
            # The LF of a CR LF that was cut between the two.
            self._after_cr = False
            if self._pending[0] == 0x0A:
                del self._pending[0]
        end = max(self._pending.rfind(b"\n", self._scanned), self._pending.rfind(b"\r", self._scanned))
        if end < 0:
            self._scanned = len(self._pending)
            return []
        whole = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        self._scanned = 0
        self._after_cr = whole.endswith(b"\r")
        return whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:-1]

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, name = self._data, self._event
        self._data, self._event = [], ""
        return ServerSentEvent(data="\n".join(data), event=name or "message") if data else None


def encode_event(data: bytes) -> bytes:
    """Return one event whose data is ``data``, which holds no line break, as JSON in one line does not."""
    return b"data: " + data + b"\n\n"


DONE = encode_event(b"[DONE]")
"""The event with which the OpenAI API ends a stream."""
