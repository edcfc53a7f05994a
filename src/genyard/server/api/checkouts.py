"""Checkouts: the files of a project folder, sent by digest."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from genyard.access import projects
from genyard.core.digest import Digest, digest_of_bytes, parse_digest
from genyard.core.errors import InvalidInput
from genyard.core.records import Code
from genyard.develop.checkouts import keep_checkout, open_checkout
from genyard.develop.manifest import files_needed, parse_manifest
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["checkouts"], route_class=GuardedRoute)

Text = Annotated[str, Field(max_length=1_000_000)]
DigestText = Annotated[str, Field(max_length=71)]


class PlanRequest(Body):
    """The text of a genyard.yaml."""

    manifest: Text


class MissingRequest(Body):
    """Digests of files that a client has."""

    digests: Annotated[list[DigestText], Field(max_length=50_000)]


class CodeState(Body):
    """The commit of the files, and the digest of what was not committed."""

    commit: Annotated[str, Field(min_length=1, max_length=200)]
    diff: DigestText | None = None


class CheckoutRequest(Body):
    """A genyard.yaml, the digests of the files it names, and the commit they were at."""

    manifest: Text
    files: Annotated[dict[Annotated[str, Field(max_length=1024)], DigestText], Field(max_length=50_000)]
    code: CodeState | None = None


@router.post("/api/plan", **needs("settings:read"))
def plan(body: PlanRequest) -> dict[str, Any]:
    """Say which files a genyard.yaml names, those of its datasets by name, and its project."""
    manifest = parse_manifest(body.manifest)
    return {
        "datasets": {name: one.path for name, one in manifest.datasets.items()},
        "patterns": files_needed(manifest),
        "project": manifest.project,
    }


@router.post("/api/projects/{project}/blobs/missing", **needs("checkout:create"))
def missing(project: str, body: MissingRequest, app: AppDep) -> dict[str, Any]:
    """Say which of these files are not here yet."""
    return {"missing": app.bench.library.blobs(project).missing([parse_digest(one) for one in body.digests])}


@router.put("/api/projects/{project}/blobs/{digest}", **needs("checkout:create"))
async def put_blob(project: str, digest: str, request: Request, app: AppDep) -> dict[str, Any]:
    """Keep a file. Its bytes must be the ones that the digest names."""
    content = await request.body()

    def keep() -> Digest:
        if digest_of_bytes(content) != parse_digest(digest):
            raise InvalidInput(f"the bytes sent are not {digest[:19]}…", hint="send the file again")
        return app.bench.library.blobs(project).put(content)

    return {"digest": await run_in_threadpool(keep)}


@router.post("/api/projects/{project}/checkouts", **needs("checkout:create"))
def create(project: str, body: CheckoutRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Keep a checkout. The project comes into being with its first one, where the person may create projects."""
    with app.bench.database.write() as tx:
        projects.ensure(tx, project, by=actor, at_ns=app.bench.clock.now_ns())
    code = Code(commit=body.code.commit, diff=_digest(body.code.diff)) if body.code else None
    digest = keep_checkout(app.bench.library, project, body.manifest, body.files, code)
    checkout = open_checkout(app.bench.library, project, digest)
    return {
        "checkout": digest,
        "datasets": sorted(checkout.manifest.datasets),
        "project": project,
        "systems": sorted(checkout.manifest.systems),
    }


def _digest(text: str | None) -> Digest | None:
    return parse_digest(text) if text else None
