"""Spans and log records of other applications: from the request's bytes to rows that are durable."""

from collections.abc import Sequence

import anyio

from genyard.core.clock import Clock
from genyard.core.crossed import CrossedError
from genyard.core.errors import GenyardError, Overloaded, StorageFull
from genyard.observe.export import Exported, ExportRequest
from genyard.observe.exporters import Exporter
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.projects import ProjectMasking
from genyard.observe.masking.sent import sent
from genyard.observe.meters import Meters
from genyard.observe.otlp.replies import Encoding
from genyard.observe.together import Answer, KeptSignal, Kind, Together
from genyard.observe.wire import Refused
from genyard.store.lake import Lake
from genyard.store.media import Held, MediaObject
from genyard.store.packed import PackedBatch
from genyard.store.wal import Commit

_PATIENCE_S = 2.0
"""How long a request waits for room in the log before its sender is told to come back."""
_WAITERS = 8
_MOST_MEDIA_BYTES = 64 * 1024 * 1024
"""Of media that wait for the disk or the bucket. One request may hold more, alone."""


class Intake:
    """What accepts spans. One for a process, used on its event loop."""

    def __init__(
        self, lake: Lake, exporter: Exporter, *, masking: ProjectMasking, clock: Clock, meters: Meters
    ) -> None:
        self._lake = lake
        self._masking = masking
        self._exporter = exporter
        self._clock = clock
        self._meters = meters
        self._together = Together(self._keep_all)
        # Requests that wait for room hold a thread each. More than these few would take the threads of everybody else.
        self._waiters = anyio.CapacityLimiter(_WAITERS)
        self._keepers = anyio.CapacityLimiter(_WAITERS)
        self._media_bytes = 0

    async def keep(self, signal: KeptSignal, project: str, body: bytes, encoding: Encoding) -> Sequence[Refused]:
        """Keep the spans or log records of ``body``; return those that are refused once all others are durable.

        Raises InvalidInput for a body that is no request, and StorageFull, Overloaded or Unreachable when nothing of it
        is kept for certain: it may be sent again.
        """
        try:
            masking = sent(await self._masker(project))
            answer = await self._together.ask(Kind(signal, project, encoding, masking), body)
            if isinstance(answer, CrossedError):
                raise answer.error()
        except GenyardError as error:
            self._meters.export_failed(signal, error.code)
            raise
        self._meters.exported(signal, kept=answer.kept, refused=len(answer.refused))
        return answer.refused

    async def _keep_all(self, kind: Kind, bodies: Sequence[bytes]) -> Sequence[Answer]:
        answers: list[Answer] = []
        commits: list[Commit] = []
        held: list[Held] = []
        try:
            for exported in await self._exported(kind, bodies):
                answers += exported.answers
                if exported.batch is not None:
                    if exported.media:
                        held.append(await self._hold(kind.project, exported.media))
                    commits.append(await self._append(exported.batch))
            for commit in commits:
                await commit.done()
        finally:
            # Not before: what can be read of the lake must have its media.
            for one in held:
                one.let_go()
        return answers

    async def _exported(self, kind: Kind, bodies: Sequence[bytes]) -> list[Exported]:
        """Return the rows of bodies: of all at once or, where one of them may be why that failed, of each by itself."""
        request = ExportRequest(
            signal=kind.signal,
            project=kind.project,
            encoding=kind.encoding,
            bodies=tuple(bodies),
            now_ns=self._clock.now_ns(),
            masking=kind.masking,
        )
        try:
            return [await self._exporter.export(request)]
        except GenyardError as error:
            # Where there is no room, no body is why.
            if len(bodies) == 1 or isinstance(error, Overloaded):
                return [Exported(batch=None, answers=[CrossedError.of(error)] * len(bodies))]
        return [one for body in bodies for one in await self._exported(kind, [body])]

    async def _masker(self, project: str) -> Masker:
        known = self._masking.fresh(project)
        return known if known is not None else await anyio.to_thread.run_sync(self._masking.masker, project)

    async def _hold(self, project: str, media: Sequence[MediaObject]) -> Held:
        size = sum(len(one.content) for one in media)
        if self._media_bytes and self._media_bytes + size > _MOST_MEDIA_BYTES:
            raise Overloaded("images and recordings come faster than they can be kept")
        self._media_bytes += size
        try:
            return await anyio.to_thread.run_sync(self._lake.hold_media, project, media, limiter=self._keepers)
        finally:
            self._media_bytes -= size

    async def _append(self, batch: PackedBatch) -> Commit:
        try:
            return self._lake.append_packed(batch, patience_s=0)
        except StorageFull:
            if self._waiters.available_tokens < 1:
                raise
        return await anyio.to_thread.run_sync(
            lambda: self._lake.append_packed(batch, patience_s=_PATIENCE_S), limiter=self._waiters
        )
