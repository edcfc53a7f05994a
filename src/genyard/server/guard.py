"""Who is asking, and may they: every route names the permission that it needs.

A route is made with ``**needs("release:create")``. The permission stands in the OpenAPI document too, where a test
reads it: a route without one is a failure, unless it is in ``PUBLIC``.
"""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from genyard.access import keys, sessions
from genyard.access.principals import Actor, require
from genyard.access.roles import Permission
from genyard.app import App
from genyard.core.errors import Unauthenticated
from genyard.core.refs import check_name

COOKIE = "genyard_session"
PUBLIC = frozenset({"/healthz", "/openapi.json", "/sign-in", "/static/{path:path}"})
"""Paths that answer anybody: they show nothing of any project."""


def app_of(request: Request) -> App:
    app: App = request.app.state.app
    return app


async def _app(request: Request) -> App:
    # A plain function would be run in a thread: the way there and back takes longer than what is done here.
    return app_of(request)


AppDep = Annotated[App, Depends(_app)]


async def actor_of(request: Request, app: AppDep) -> Actor:
    """Return who asks, by the bearer key or the browser's session. Raises Unauthenticated."""
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, presented = header.partition(" ")
        if scheme.lower() != "bearer" or not presented:
            raise Unauthenticated("the Authorization header is not a bearer key", hint="send: Bearer gy_…")
        return await run_in_threadpool(actor_of_key, app, presented.strip())
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthenticated("no key was sent", hint="send Authorization: Bearer gy_…, or open the link of genyard up")
    return await run_in_threadpool(_actor_of_session, app, cookie, request.path_params.get("project"))


def _actor_of_session(app: App, cookie: str, project: str | None) -> Actor:
    with app.bench.database.read() as tx:
        return sessions.authenticate(tx, cookie, now_ns=app.bench.clock.now_ns(), project=project)


def actor_of_key(app: App, presented: str) -> Actor:
    """Return who acts with a key. Raises Unauthenticated."""
    if app.local.matches(presented):
        return app.local.actor
    now_ns = app.bench.clock.now_ns()
    with app.bench.database.read() as tx:
        actor = keys.authenticate(tx, presented, now_ns=now_ns)
    if actor.key:
        app.key_use.note(actor.key, now_ns=now_ns)
    return actor


ActorDep = Annotated[Actor, Depends(actor_of)]


class Needs:
    """A dependency that lets a request through only with a permission in the project of its path."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request, actor: ActorDep) -> None:
        # What is in no project's path is about the project that the key is for.
        named = request.path_params.get("project")
        # ``*`` stands for all projects in the tables of access: in a path it would be a project beside them.
        project = actor.project if named is None else check_name(named, "project")
        # A key for named endpoints only may knock; which endpoint it asks for stands in the body, and is checked there.
        require(actor, self.permission, project=project, scope=next(iter(actor.scopes), None))


def needs(permission: Permission) -> dict[str, Any]:
    """Return the arguments of a route that needs ``permission``."""
    return {"dependencies": [Depends(Needs(permission))], "openapi_extra": {"x-permission": permission}}
