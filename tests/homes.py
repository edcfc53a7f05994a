"""An opened home for tests that work below the HTTP API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient
from tests.projects import PAGES, PROMPT

from genyard.app import App, build
from genyard.core.digest import Digest
from genyard.core.settings import read_settings
from genyard.develop.checkouts import Checkout, keep_checkout, open_checkout
from genyard.develop.resolve import Resolver
from genyard.server.checks import loopback_hosts
from genyard.server.web import create

PROJECT = "acme"
MANIFEST = """\
project: acme
systems:
  desk:
    model: scripted/echo
    prompt: prompts/answer.md
    retrieval: {corpus: "pages/**/*.md", top_k: 2}
datasets: {golden: data/golden.jsonl}
metrics: [contains]
gates: [{metric: contains, on: golden, at_least: 0.5}]
"""
FILES: Mapping[str, str] = {
    "prompts/answer.md": PROMPT,
    "data/golden.jsonl": '{"id": "a", "inputs": {"question": "What does a lost badge cost?"}}\n',
    **{f"pages/{path}": text for path, text in PAGES.items()},
}


@contextmanager
def opened(path: Path) -> Iterator[App]:
    """Open the home at ``path``; its jobs are not started."""
    with build(read_settings(environment={}), path) as app:
        yield app


@contextmanager
def client_of(app: App, *, raise_server_exceptions: bool = True) -> Iterator[TestClient]:
    """Yield a client of the app's API, with the token of who started it."""
    with TestClient(
        create(app, hosts=loopback_hosts()),
        base_url="http://127.0.0.1:8321",
        headers={"Authorization": f"Bearer {app.local.token}"},
        raise_server_exceptions=raise_server_exceptions,
    ) as client:
        yield client


def checked_out(app: App, *, manifest: str = MANIFEST, files: Mapping[str, str] = FILES) -> Checkout:
    """Keep ``files`` as a checkout, as the client would, and open it."""
    blobs = app.bench.library.blobs(PROJECT)
    digests = {path: blobs.put(text.encode()) for path, text in files.items()}
    return open_checkout(app.bench.library, PROJECT, keep_checkout(app.bench.library, PROJECT, manifest, digests, None))


def resolver(app: App, *, manifest: str = MANIFEST, files: Mapping[str, str] = FILES) -> Resolver:
    """Return what resolves the entries of such a checkout."""
    checkout = checked_out(app, manifest=manifest, files=files)
    return Resolver(library=app.bench.library, project=PROJECT, checkout=checkout, by=app.local.actor)


def resolved(app: App, *, manifest: str = MANIFEST, files: Mapping[str, str] = FILES) -> Digest:
    """Register the system ``desk`` of such a checkout, and return its digest."""
    return resolver(app, manifest=manifest, files=files).system("desk").digest
