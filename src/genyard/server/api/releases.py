"""Releases with their evidence, and the endpoints where they serve."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.core.clock import rfc3339
from genyard.core.digest import Digest, digest_prefix
from genyard.core.refs import Ref
from genyard.deploy import endpoints
from genyard.deploy.releases import evidence_of, gate_of
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.store import artifacts, names

router = APIRouter(tags=["releases"], route_class=GuardedRoute)

Why = Annotated[str, Field(max_length=2000)]


class DeployRequest(Body):
    """Which release, by version or digest, empty for the newest; and the reason."""

    release: Annotated[str, Field(max_length=71)] = ""
    why: Why = ""


class RollbackRequest(Body):
    """The reason."""

    why: Why = ""


@router.get("/api/projects/{project}/releases", **needs("release:read"))
def listing(project: str, app: AppDep, system: str | None = None) -> dict[str, Any]:
    """List releases, newest first, with their verdict and where they serve."""
    with app.bench.database.read() as tx:
        systems = [system] if system else [one.name for one in names.named(tx, project, "release")]
        serving = endpoints.endpoints(tx, project)
        found = [
            {
                "at": rfc3339(one.at_ns),
                "digest": one.digest,
                "name": one.name,
                "serves": [at.environment for at in serving if at.system == one.name and at.release == one.digest],
                "verdict": gate_of(artifacts.get(tx, project, one.digest))["verdict"],
                "version": one.version,
            }
            for name in systems
            for one in names.versions(tx, project, "release", name)
        ]
    return {"releases": sorted(found, key=lambda one: str(one["at"]), reverse=True)}


@router.get("/api/projects/{project}/releases/{name}/{which}", **needs("release:read"))
def show(project: str, name: str, which: str, app: AppDep) -> dict[str, Any]:
    """Show one release: its manifest with the evidence."""
    with app.bench.database.read() as tx:
        version = names.resolve(tx, project, release_ref(name, which))
        artifact = artifacts.get(tx, project, version.digest)
    return {
        "digest": version.digest,
        "evidence": evidence_of(artifact),
        "manifest": artifact.as_json(),
        "name": name,
        "version": version.version,
    }


@router.get("/api/projects/{project}/endpoints", **needs("endpoint:read"))
def serving(project: str, app: AppDep) -> dict[str, Any]:
    """List endpoints and the release that answers at each."""
    with app.bench.database.read() as tx:
        found = endpoints.endpoints(tx, project)
    return {
        "endpoints": [{"endpoint": str(one), "release": one.release, "since": rfc3339(one.since_ns)} for one in found]
    }


@router.post("/api/projects/{project}/endpoints/{system}/{environment}/deploy", **needs("endpoint:deploy"))
def deploy(
    project: str, system: str, environment: str, body: DeployRequest, app: AppDep, actor: ActorDep
) -> dict[str, Any]:
    """Let a release answer in an environment."""
    with app.bench.database.write() as tx:
        version = names.resolve(tx, project, release_ref(system, body.release))
        move = endpoints.deploy(
            tx,
            project,
            system,
            environment,
            artifacts.get(tx, project, version.digest),
            why=body.why,
            by=actor,
            at_ns=app.bench.clock.now_ns(),
        )
        return _moved(names.names_of(tx, project, move.digest), move)


@router.post("/api/projects/{project}/endpoints/{system}/{environment}/rollback", **needs("endpoint:rollback"))
def rollback(
    project: str, system: str, environment: str, body: RollbackRequest, app: AppDep, actor: ActorDep
) -> dict[str, Any]:
    """Let the release before answer again."""
    with app.bench.database.write() as tx:
        move = endpoints.rollback(
            tx, project, system, environment, why=body.why, by=actor, at_ns=app.bench.clock.now_ns()
        )
        return _moved(names.names_of(tx, project, move.digest), move)


def release_ref(name: str, which: str) -> Ref:
    """Read ``3``, a digest or its first digits, or nothing for the newest."""
    if which.isdecimal() and len(which) < 6:
        return Ref(kind="release", name=name, version=int(which))
    prefix = digest_prefix(which) if which else None
    return Ref(
        kind="release",
        name=name,
        digest=Digest(prefix) if prefix else None,
        alias=None if prefix or not which else which,
    )


def _moved(known: list[names.Version], move: names.AliasMove) -> dict[str, Any]:
    version = next((one for one in known if one.kind == "release" and one.name == move.name), None)
    return {
        "digest": move.digest,
        "endpoint": f"{move.name}@{move.alias}",
        "previous": move.previous,
        "release": f"{move.name}:{version.version}" if version else move.name,
        "why": move.why,
    }
