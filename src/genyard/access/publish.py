"""Putting an artifact under a name, with the event that says so, in one transaction."""

from sqlalchemy import Connection

from genyard.access import audit
from genyard.access.principals import Actor
from genyard.core.records import Artifact
from genyard.store import artifacts, names
from genyard.store.names import Version


def publish(tx: Connection, project: str, name: str, artifact: Artifact, *, by: Actor, at_ns: int) -> Version:
    """Store ``artifact`` as a version of ``kind/name`` and return the version.

    The same artifact under the same name is the version that it already was, and makes no event.
    """
    artifacts.put(tx, project, artifact, at_ns=at_ns, by=by.principal)
    version = names.add_version(tx, project, artifact.kind, name, artifact.digest, at_ns=at_ns, by=by.principal)
    if version.new:
        audit.append(
            tx,
            project=project,
            actor=by.principal,
            verb="registered",
            object=f"{artifact.kind}/{name}:{version.version}",
            detail={"digest": artifact.digest},
            at_ns=at_ns,
        )
    return version
