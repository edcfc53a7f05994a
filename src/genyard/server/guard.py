"""Who is asking, and may they: every route names the permission that it needs.

A route is made with ``**needs("release:create")``. The permission stands in the OpenAPI document too, where a test
reads it: a route without one is a failure, unless it is in ``PUBLIC``.

What guards is the route's class, so every router has ``route_class=GuardedRoute``.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from genyard.access import projects, sessions
from genyard.access.principals import Actor, require
from genyard.access.roles import Permission
from genyard.app import App
from genyard.core.errors import Unauthenticated
from genyard.core.refs import check_name
from genyard.server.checks import bound_body
from genyard.server.exporter_keys import other_key

COOKIE = "genyard_session"
_ACTOR = "genyard.actor"
"""Where a request's scope keeps who asks, once that is known."""
MOST_READ_BYTES = 16 * 1024 * 1024
"""Of a body that is read into values at once: that takes thirty times as much memory."""
MAKING: frozenset[Permission] = frozenset({"checkout:create", "key:create", "masking:admin", "trace:write"})
"""A project comes into being by what these allow; all else is about one that is there."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
PUBLIC = frozenset({"/healthz", "/openapi.json", "/sign-in", "/static/{path:path}"})
"""Paths that answer anybody: they show nothing of any project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads pages here, and the projects that are open to them: what an error's page still knows."""

    name: str
    projects: tuple[str, ...]


def reader_of(request: Request) -> Reader | None:
    """Return who reads, where a browser's session said so before."""
    reader: Reader | None = getattr(request.state, "reader", None)
    return reader


def app_of(request: Request) -> App:
    app: App = request.app.state.app
    return app


async def _app(request: Request) -> App:
    # A plain function would be run in a thread: the way there and back takes longer than what is done here.
    return app_of(request)


AppDep = Annotated[App, Depends(_app)]


async def actor_of(request: Request, app: AppDep) -> Actor:
    """Return who asks, by the bearer key or the browser's session. Raises Unauthenticated."""
    found: Actor | None = request.scope.get(_ACTOR)
    return found or await _who(request, app)


async def _who(request: Request, app: App) -> Actor:
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, presented = header.partition(" ")
        if scheme.lower() != "bearer" or not presented:
            raise Unauthenticated("the Authorization header is not a bearer key", hint="send: Bearer gy_…")
        return await _actor_of(app, presented.strip())
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthenticated("no key was sent", hint="send Authorization: Bearer gy_…, or open the link of genyard up")
    actor, readable = await run_in_threadpool(_actor_of_session, app, cookie, request.path_params.get("project"))
    request.state.reader = Reader(name=actor.name, projects=readable)
    return actor


async def _actor_of(app: App, presented: str) -> Actor:
    known = _known_actor(app, presented)
    return known if known is not None else await run_in_threadpool(actor_of_key, app, presented)


def _actor_of_session(app: App, cookie: str, project: str | None) -> tuple[Actor, tuple[str, ...]]:
    with app.bench.database.read() as tx:
        actor = sessions.authenticate(tx, cookie, now_ns=app.bench.clock.now_ns(), project=project)
        return actor, tuple(one.name for one in projects.open_to(tx, actor))


def actor_of_key(app: App, presented: str) -> Actor:
    """Return who acts with a key. Raises Unauthenticated."""
    if app.local.matches(presented):
        return app.local.actor
    actor = app.known_keys.actor(presented)
    if actor.key:
        app.key_use.note(actor.key, now_ns=app.bench.clock.now_ns())
    return actor


def _known_actor(app: App, presented: str) -> Actor | None:
    """Return who acts with a key where nothing is to be read or written for it: no thread is needed then."""
    actor = app.known_keys.fresh(presented)
    if actor is None or actor.key is None or app.key_use.is_due(actor.key, now_ns=app.bench.clock.now_ns()):
        return None
    return actor


ActorDep = Annotated[Actor, Depends(actor_of)]


class Needs:
    """Lets a request through only with a permission in the project of its path, and if that is there.

    A project that is not there would answer as one without anything in it: a wrong name would not be found.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request, actor: Actor) -> None:
        # What is in no project's path is about the project that the key is for.
        named = request.path_params.get("project")
        # ``*`` stands for all projects in the tables of access: in a path it would be a project beside them.
        project = actor.project if named is None else check_name(named, "project")
        # A key for named endpoints only may knock; which endpoint it asks for stands in the body, and is checked there.
        require(actor, self.permission, project=project, scope=next(iter(actor.scopes), None))
        # An actor of one project comes no further in another; its own is there, or its key would not be.
        if named is not None and actor.project is None and self.permission not in MAKING:
            known = app_of(request).known_projects
            if not known.is_known(named):
                await run_in_threadpool(known.check, named)


class GuardedRoute(APIRoute):
    """A route of which nothing is read before it is known who asks and that they may.

    FastAPI reads a body before it asks for anything else, so whoever has no key could make the server read one.
    """

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        answer = self.answering()
        permission = (self.openapi_extra or {}).get("x-permission")
        needed = Needs(permission) if permission else None

        async def handle(request: Request) -> Response:
            if needed is not None:
                actor = await self.who(request, app_of(request))
                await needed(request, actor)
                request.scope[_ACTOR] = actor
            return await answer(request)

        return handle

    def answering(self) -> Handler:
        """Return what answers a request once it may be answered."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                bound_body(request.scope, MOST_READ_BYTES)
            return await handler(request)

        return handle

    async def who(self, request: Request, app: App) -> Actor:
        """Return who asks. Raises Unauthenticated."""
        return await _who(request, app)


class PlainRoute(GuardedRoute):
    """A route whose endpoint takes the request, the app and who asks, in this order, and answers.

    It is guarded as every route, by what ``needs`` says, and described as every route. But nothing of the request is
    made into arguments: for a route that is asked hundreds of times a second this took longer than the work.
    """

    def answering(self) -> Handler:
        """Return what answers a request once it may be answered."""

        async def handle(request: Request) -> Response:
            answer: Response = await self.endpoint(request, app_of(request), request.scope[_ACTOR])
            return answer

        return handle


class ExporterRoute(PlainRoute):
    """A route of exporters; those of Langfuse and LangSmith present keys in ways of their own."""

    async def who(self, request: Request, app: App) -> Actor:
        """Return who sends. Raises Unauthenticated."""
        presented = other_key(request.headers)
        return await _actor_of(app, presented) if presented else await super().who(request, app)


def needs(permission: Permission) -> dict[str, Any]:
    """Return the arguments of a ``GuardedRoute`` that needs ``permission``."""
    return {"openapi_extra": {"x-permission": permission}}
