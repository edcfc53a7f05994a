"""The ASGI app: API, OpenAI-compatible doors and pages, behind one set of checks."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from genyard.app import App
from genyard.observe.explorer.trace_trees import TraceTrees
from genyard.server import errors, health, metrics, openai, otlp
from genyard.server.api import (
    artifacts,
    audit,
    checkouts,
    datasets,
    erasures,
    jobs,
    keys,
    lake,
    lineage,
    masking,
    media,
    models,
    projects,
    releases,
    runs,
    scores,
    sessions,
    sign_in_links,
    sql,
    stats,
    systems,
    traces,
    views,
    work,
)
from genyard.server.browser import collecting, explorer, feedback, lists, nowhere, settings, sign_in, things
from genyard.server.browser import views as view_forms
from genyard.server.browser.failed import show_error
from genyard.server.checks import RequestChecks
from genyard.server.pages.render import Pages

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

TITLE = "Genyard"
# Routes are tried in this order: the doors of applications are asked most, by far.
ROUTERS = (
    otlp,
    openai,
    checkouts,
    systems,
    work,
    releases,
    traces,
    media,
    views,
    scores,
    sql,
    sessions,
    stats,
    lineage,
    datasets,
    lake,
    erasures,
    runs,
    jobs,
    audit,
    masking,
    keys,
    projects,
    sign_in_links,
    models,
    artifacts,
    health,
    metrics,
    sign_in,
    lists,
    explorer,
    feedback,
    view_forms,
    collecting,
    things,
    settings,
    nowhere,
)


def create(app: App, *, hosts: frozenset[str], lifespan: Lifespan | None = None) -> FastAPI:
    """Return the web app over ``app``. ``hosts`` are the names under which it may be asked."""
    api = FastAPI(
        title=TITLE,
        version="1",
        description="The whole life of a generative-AI system.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
    )
    api.state.app = app
    api.state.pages = Pages()
    api.state.trace_trees = TraceTrees()
    errors.install(api, show_error)
    for module in ROUTERS:
        api.include_router(module.router)
    api.add_middleware(
        RequestChecks, show=show_error, hosts=hosts, max_body_bytes=app.bench.settings.max_body_mb * 1024 * 1024
    )
    return api
