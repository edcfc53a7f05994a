"""Scores on their way to the server: handed over at once, sent by a thread, given up when the server stays away."""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

from genyard.client.api import Client
from genyard.client.application.quiet import log
from genyard.client.application.tally import Tally
from genyard.core.errors import HomeError

Score = dict[str, Any]

_MOST_WAITING = 10_000
_AT_ONCE = 200
_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Between tries. What is not kept after the last is dropped, so that the memory of the host stays bounded."""


class Outbox:
    """A bounded queue and the thread that empties it."""

    def __init__(self, connect: Callable[[], Client], tally: Tally) -> None:
        """``connect`` is called in the thread, when the first score is sent."""
        self._connect = connect
        self._tally = tally
        self._waiting: queue.Queue[Score | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="genyard-scores", daemon=True)
        self._closing = threading.Event()
        self._idle = threading.Condition()
        self._open = 0
        self._thread.start()

    def put(self, score: Score) -> None:
        """Hand a score over. Never waits: where too many wait, it is dropped and counted."""
        with self._idle:
            self._open += 1
        try:
            self._waiting.put_nowait(score)
        except queue.Full:
            self._done([score], kept=False)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything was sent or given up; return whether it was in time."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, timeout_s)

    def close(self, timeout_s: float) -> None:
        """Flush, and let go of the thread: it ends with the process where the server does not answer."""
        self.flush(timeout_s)
        self._closing.set()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def _run(self) -> None:
        client: Client | None = None
        ended = False
        while not ended and (score := self._waiting.get()) is not None:
            more, ended = self._more()
            scores = [score, *more]
            try:
                client = client or self._connect()
                self._send(client, scores)
            except Exception as error:  # noqa: BLE001 - a server that answers nonsense must not end the thread
                log.warning("%d scores were not kept: %s", len(scores), error)
                self._done(scores, kept=False)
        if client is not None:
            client.close()

    def _more(self) -> tuple[list[Score], bool]:
        """Return what waits beside the first, and whether that was the last."""
        more: list[Score] = []
        while len(more) < _AT_ONCE - 1:
            try:
                score = self._waiting.get_nowait()
            except queue.Empty:
                break
            if score is None:
                return more, True
            more.append(score)
        return more, False

    def _send(self, client: Client, scores: list[Score]) -> None:
        for pause_s in (*_PAUSES_S, None):
            try:
                client.post(client.of_project("scores"), {"scores": scores})
            except HomeError:
                if pause_s is None or self._closing.wait(pause_s):
                    raise
            else:
                self._done(scores, kept=True)
                return

    def _done(self, scores: list[Score], *, kept: bool) -> None:
        self._tally.add("scores" if kept else "scores_dropped", len(scores))
        with self._idle:
            self._open -= len(scores)
            self._idle.notify_all()
