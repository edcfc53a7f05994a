"""One suite over every backend: each test runs on SQLite and PostgreSQL, or on a folder and a bucket."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer
from tests.conftest import missing
from tests.postgres import Cluster, can_run, find_binaries

from genyard.core.clock import CountingClock
from genyard.store.blobs import Blobs
from genyard.store.engine import Database

BACKENDS = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private PostgreSQL server."""
    reason = can_run()
    if reason:
        missing(reason)
    binaries = find_binaries()
    assert binaries is not None
    running = Cluster.start(binaries)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A migrated database, from which a test's own is copied: quicker than migrating each time."""
    name = cluster.create_database()
    Database.open(cluster.url(name), backups=None, clock=CountingClock()).close()
    return name


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a SQLite file."""
    path = tmp_path_factory.mktemp("template") / "catalog.sqlite3"
    Database.open(f"sqlite:///{path}", backups=None, clock=CountingClock()).close()
    return path


@pytest.fixture
def postgres_url(cluster: Cluster) -> Iterator[str]:
    """The address of a PostgreSQL database with nothing in it."""
    name = cluster.create_database()
    yield cluster.url(name)
    cluster.drop_database(name)


@pytest.fixture
def postgres_catalog(cluster: Cluster, template: str) -> Iterator[str]:
    """The address of a catalog in PostgreSQL."""
    name = cluster.create_database(template=template)
    yield cluster.url(name)
    cluster.drop_database(name)


@pytest.fixture
def sqlite_catalog(template_file: Path, tmp_path: Path) -> str:
    """The address of a catalog in SQLite."""
    return f"sqlite:///{shutil.copy(template_file, tmp_path)}"


@pytest.fixture(params=BACKENDS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest) -> str:
    """The address of a catalog."""
    return str(request.getfixturevalue(f"{request.param}_catalog"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open catalog."""
    opened = Database.open(url, backups=None, clock=CountingClock())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(request: pytest.FixtureRequest, s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket, which is set up in the environment, as an operator does it."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    urlopen(Request(f"{s3}/{name}", method="PUT")).close()
    return f"s3://{name}"


@pytest.fixture(params=("folder", "bucket"))
def open_blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Blobs]:
    """Opens the same blobs, each time anew."""
    if request.param == "folder":
        return lambda: Blobs.open(tmp_path / "blobs")
    bucket: str = request.getfixturevalue("bucket")
    return lambda: Blobs.open(f"{bucket}/blobs", cache=tmp_path / "cache")


@pytest.fixture
def blobs(open_blobs: Callable[[], Blobs]) -> Blobs:
    return open_blobs()


@pytest.fixture(params=("folder", "bucket"))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the lake is."""
    if request.param == "folder":
        return str(tmp_path / "lake")
    return f"{request.getfixturevalue('bucket')}/lake"
