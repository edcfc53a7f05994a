"""What the phases work with: the stores, the tracer, the models, the sources of time and ids."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from genyard.access.principals import Actor
from genyard.core.clock import Clock
from genyard.core.errors import InvalidInput
from genyard.core.ids import IdSource, PrincipalId
from genyard.core.settings import Settings
from genyard.develop.answer import Runtime
from genyard.develop.library import Library
from genyard.discover.providers import Providers
from genyard.govern.erasure import Erasures
from genyard.observe.masking.projects import ProjectMasking
from genyard.observe.tracing import Tracing
from genyard.store.engine import Database
from genyard.store.lake import Lake
from genyard.store.upkeep import Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """The parts of one home, opened."""

    settings: Settings
    database: Database
    lake: Lake
    masking: ProjectMasking
    upkeep: Upkeep
    erasures: Erasures
    tracing: Tracing
    library: Library
    clock: Clock
    ids: IdSource

    @asynccontextmanager
    async def runtime(self) -> AsyncIterator[Runtime]:
        """Open what answers are made with, on the running loop: its connections belong to that loop."""
        providers = self.providers()
        try:
            yield self.runtime_with(providers)
        finally:
            await providers.aclose()

    def providers(self) -> Providers:
        """Return the models. Their connections open at the first question, on the loop that asks it."""
        return Providers(self.settings, clock=self.clock, sleep=asyncio.sleep, random=random.random)

    def runtime_with(self, providers: Providers) -> Runtime:
        """Return what answers are made with, over connections that are open already."""
        return Runtime(tracer=self.tracing.tracer(), clock=self.clock, model=providers.model)


def worker_actor(principal: PrincipalId, project: str) -> Actor:
    """Return who a job acts as: the person who enqueued it, with the developer's rights that enqueuing needed."""
    if not principal:
        raise InvalidInput("a job has no principal")
    return Actor(principal=principal, name=principal, project=project, role="developer", scopes=(), key=None)
