"""The library: artifacts opened for use, and new ones put under their names."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from genyard.access.principals import Actor
from genyard.access.publish import publish
from genyard.core.clock import Clock
from genyard.core.digest import Digest
from genyard.core.records import Artifact
from genyard.develop.answer import Runnable
from genyard.develop.bm25 import OpenIndex, open_index
from genyard.develop.prompts import Prompt
from genyard.develop.systems import PromptStep, RetrieveStep, System
from genyard.store import artifacts, names
from genyard.store.blobs import Blobs
from genyard.store.engine import Database
from genyard.store.names import Version

KEPT_OPEN = 32
"""How many systems and releases stay opened. Each is found by digest, so an opened one can never be out of date."""


class Library:
    """Reads and writes the artifacts of projects."""

    def __init__(self, database: Database, blobs: Callable[[str], Blobs], *, clock: Clock) -> None:
        self.database = database
        self.blobs = blobs
        """Opens the blobs of a project. Projects share none: who knows a digest does not thereby get the bytes."""
        self._clock = clock
        self._opened: OrderedDict[tuple[str, Digest], Runnable] = OrderedDict()
        self._lock = Lock()  # guards _opened, which request threads share

    def artifact(self, project: str, digest: Digest) -> Artifact:
        """Return an artifact. Raises NotFound."""
        with self.database.read() as tx:
            return artifacts.get(tx, project, digest)

    def names_of(self, project: str, digest: Digest) -> list[Version]:
        """Return the names and versions under which an artifact is known."""
        with self.database.read() as tx:
            return names.names_of(tx, project, digest)

    def publish(self, project: str, name: str, artifact: Artifact, *, by: Actor) -> Version:
        """Put an artifact under a name in a transaction of its own."""
        with self.database.write() as tx:
            return publish(tx, project, name, artifact, by=by, at_ns=self._clock.now_ns())

    def runnable(self, project: str, digest: Digest) -> Runnable:
        """Open a system, or the system of a release.

        Raises NotFound when it is not in the project, Corrupted when its parts are not whole.
        """
        found = self.opened(project, digest)
        if found:
            return found
        artifact = self.artifact(project, digest)
        if artifact.kind == "release":
            opened = self.runnable(project, artifact.part("system"))
        else:
            opened = self._open(project, artifact)
        with self._lock:
            self._opened[project, digest] = opened
            if len(self._opened) > KEPT_OPEN:
                self._opened.popitem(last=False)
        return opened

    def opened(self, project: str, digest: Digest) -> Runnable | None:
        """Return a system, or that of a release, where it is open already: it reads nothing."""
        with self._lock:
            found = self._opened.get((project, digest))
            if found:
                self._opened.move_to_end((project, digest))
            return found

    def _name_of(self, project: str, digest: Digest) -> str:
        known = self.names_of(project, digest)
        return known[0].name if known else ""

    def _open(self, project: str, artifact: Artifact) -> Runnable:
        system = System.of(artifact)
        prompts: dict[Digest, Prompt] = {}
        indexes: dict[Digest, OpenIndex] = {}
        for step in system.steps:
            if isinstance(step, PromptStep):
                prompts[step.prompt] = Prompt.of(
                    self.artifact(project, step.prompt), name=self._name_of(project, step.prompt)
                )
            elif isinstance(step, RetrieveStep):
                indexes[step.index] = open_index(self.artifact(project, step.index), self.blobs(project))
        return Runnable(system=system, digest=artifact.digest, prompts=prompts, indexes=indexes)
