"""Requests that wait are kept together: what a request costs whatever is in it is then paid once for several.

While little is being worked on, small requests wait for it to end and go together then. Nothing waits where nothing is
worked on, and large requests do not wait for each other.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NamedTuple

from genyard.core.crossed import CrossedError
from genyard.observe.export import Accepted
from genyard.observe.masking.sent import SentMasker
from genyard.observe.otlp.replies import Encoding

KeptSignal = Literal["traces", "logs"]
Answer = Accepted | CrossedError

LITTLE_BYTES = 256 * 1024
"""Requests are joined up to this, and one of more than this is not waited for."""
MANY_WAITING = 32
"""So many do not wait any longer, however small they are."""


class Kind(NamedTuple):
    """What requests have in common that may go together."""

    signal: KeptSignal
    project: str
    encoding: Encoding
    masking: SentMasker


Work = Callable[[Kind, Sequence[bytes]], Awaitable[Sequence[Answer]]]


class _Asked(NamedTuple):
    body: bytes
    answer: "asyncio.Future[Answer]"


class _Lane:
    """The requests of one kind."""

    __slots__ = ("bytes_at_work", "waiting", "waiting_bytes")

    def __init__(self) -> None:
        self.waiting: deque[_Asked] = deque()
        self.waiting_bytes = 0
        self.bytes_at_work = 0

    def may_start(self) -> bool:
        """Return whether the next requests need not wait for those at work."""
        at_work, waiting = self.bytes_at_work, self.waiting_bytes
        many = max(at_work, waiting) >= LITTLE_BYTES or len(self.waiting) >= MANY_WAITING
        return bool(self.waiting) and (not at_work or many)

    def next_group(self) -> list[_Asked]:
        group = [self.waiting.popleft()]
        size = len(group[0].body)
        while self.waiting and size + len(self.waiting[0].body) <= LITTLE_BYTES:
            group.append(self.waiting.popleft())
            size += len(group[-1].body)
        self.waiting_bytes -= size
        return group


class Together:
    """Hands requests to ``work``, several at once where they wait. For one event loop."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lanes: dict[Kind, _Lane] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, kind: Kind, body: bytes) -> Answer:
        """Return what ``work`` says of ``body``, or raise what it raises."""
        lane = self._lanes.setdefault(kind, _Lane())
        asked = _Asked(body, asyncio.get_running_loop().create_future())
        lane.waiting.append(asked)
        lane.waiting_bytes += len(body)
        self._start(kind, lane)
        return await asked.answer

    def _start(self, kind: Kind, lane: _Lane) -> None:
        while lane.may_start():
            group = lane.next_group()
            lane.bytes_at_work += _size(group)
            # A task of its own: a sender that hangs up must not end the work for the others.
            task = asyncio.create_task(self._run(kind, lane, group))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, kind: Kind, lane: _Lane, group: Sequence[_Asked]) -> None:
        try:
            answers = await self._work(kind, [one.body for one in group])
            for asked, answer in zip(group, answers, strict=True):
                if not asked.answer.done():
                    asked.answer.set_result(answer)
        except Exception as error:  # noqa: BLE001 - it is for those who asked, whatever it is
            for asked in group:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
        finally:
            for asked in group:
                asked.answer.cancel()  # does nothing to an answer that is there
            lane.bytes_at_work -= _size(group)
            self._start(kind, lane)
            if not lane.bytes_at_work:
                self._lanes.pop(kind, None)


def _size(group: Sequence[_Asked]) -> int:
    return max(1, sum(len(one.body) for one in group))
