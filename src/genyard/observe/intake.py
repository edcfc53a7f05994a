"""Spans and log records of other applications: from the request's bytes to rows that are durable."""

from collections.abc import Sequence
from typing import Literal

import anyio

from genyard.core.clock import Clock
from genyard.core.errors import GenyardError, StorageFull
from genyard.observe.export import Exported, ExportRequest
from genyard.observe.exporters import Exporter
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.projects import ProjectMasking
from genyard.observe.masking.sent import sent
from genyard.observe.meters import Meters
from genyard.observe.otlp.replies import Encoding
from genyard.observe.wire import Refused
from genyard.store.lake import Lake
from genyard.store.packed import PackedBatch
from genyard.store.wal import Commit

KeptSignal = Literal["traces", "logs"]

_PATIENCE_S = 2.0
"""How long a request waits for room in the log before its sender is told to come back."""
_WAITERS = 8


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
        # Requests that wait for room hold a thread each. More than these few would take the threads of everybody else.
        self._waiters = anyio.CapacityLimiter(_WAITERS)

    async def keep(self, signal: KeptSignal, project: str, body: bytes, encoding: Encoding) -> Sequence[Refused]:
        """Keep the spans or log records of ``body``; return those that are refused once all others are durable.

        Raises InvalidInput for a body that is no request, and StorageFull, Overloaded or Unreachable when nothing of it
        is kept for certain: it may be sent again.
        """
        try:
            masking = sent(await self._masker(project))
            now_ns = self._clock.now_ns()
            exported = await self._kept(
                ExportRequest(
                    signal=signal, project=project, encoding=encoding, body=body, now_ns=now_ns, masking=masking
                )
            )
        except GenyardError as error:
            self._meters.export_failed(signal, error.code)
            raise
        kept = exported.batch.count if exported.batch else 0
        self._meters.exported(signal, kept=kept, refused=len(exported.refused))
        return exported.refused

    async def _kept(self, request: ExportRequest) -> Exported:
        exported = await self._exporter.export(request)
        if exported.batch is not None:
            commit = await self._append(exported.batch)
            await commit.done()
        return exported

    async def _masker(self, project: str) -> Masker:
        known = self._masking.fresh(project)
        return known if known is not None else await anyio.to_thread.run_sync(self._masking.masker, project)

    async def _append(self, batch: PackedBatch) -> Commit:
        try:
            return self._lake.append_packed(batch, patience_s=0)
        except StorageFull:
            if self._waiters.available_tokens < 1:
                raise
        return await anyio.to_thread.run_sync(
            lambda: self._lake.append_packed(batch, patience_s=_PATIENCE_S), limiter=self._waiters
        )
