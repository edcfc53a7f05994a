"""No room on the disk: the write says StorageFull, what was acknowledged is kept, and with room again all goes on.

A limit on file size stands for a full disk. It fails the same system calls, and needs no rights.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.projects import ROWS, make_project
from tests.upstream import upstream

from genyard.store import home

_LIMIT = """
import resource, signal, sys
from pathlib import Path

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def raises_full(operation):
    from genyard.core.errors import StorageFull
    try:
        operation()
    except StorageFull as error:
        assert error.hint, error
        return True
    return False

folder = Path(sys.argv[1])
"""

_CATALOG = """
from genyard.access import audit
from genyard.core.clock import SystemClock
from genyard.core.records import Artifact
from genyard.store import artifacts
from genyard.store.engine import Database

database = Database.open(f"sqlite:///{folder}/catalog.sqlite3", backups=None, clock=SystemClock())

def put(number):
    with database.write() as tx:
        artifacts.put(tx, "acme", Artifact(kind="tool", body={"number": number, "text": "x" * 5000}), at_ns=1, by="ana")
        audit.append(tx, project="acme", actor="ana", verb="put", object="tool", detail={}, at_ns=1)

def check(count):
    with database.read() as tx:
        kept = artifacts.listing(tx, "acme", limit=1000)
        assert {one.artifact.body["number"] for one in kept} == set(range(count)), (count, len(kept))
        state = audit.verify(tx, "acme")
        assert (state.count, state.whole) == (count, True), state

limit((folder / "catalog.sqlite3-wal").stat().st_size + 1_000_000)
count = 0
while not raises_full(lambda: put(count)):
    count += 1
assert count > 3
check(count)
assert raises_full(lambda: put(count))
limit(resource.RLIM_INFINITY)
put(count)
check(count + 1)
database.close()
"""

_BACKUP = """
from genyard.core.clock import SystemClock
from genyard.store.engine import Database

path = folder / "catalog.sqlite3"
url = f"sqlite:///{path}"
Database.open(url, backups=None, clock=SystemClock()).close()
import sqlite3
connection = sqlite3.connect(path)
connection.executescript("UPDATE alembic_version SET version_num = '0001'")
connection.close()
before = path.read_bytes()
limit(8192)
assert raises_full(lambda: Database.open(url, backups=folder / "backups", clock=SystemClock()))
assert path.read_bytes() == before
assert not list((folder / "backups").iterdir())
"""

_BLOBS = """
from genyard.core.digest import digest_of_bytes
from genyard.store.blobs import Blobs

blobs = Blobs.open(folder)
small, large = b"small", b"large" * 100_000
blobs.put(small)
limit(65_536)
assert raises_full(lambda: blobs.put(large))
assert list(blobs.digests()) == [digest_of_bytes(small)]
assert blobs.sweep() == 0
assert blobs.get(digest_of_bytes(small)) == small
limit(resource.RLIM_INFINITY)
assert blobs.get(blobs.put(large)) == large
"""


def run(script: str, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMIT + script, str(folder)], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr


def test_a_full_disk_loses_nothing_of_the_catalog(tmp_path: Path) -> None:
    run(_CATALOG, tmp_path)


def test_a_backup_that_finds_no_room_leaves_the_catalog_alone(tmp_path: Path) -> None:
    run(_BACKUP, tmp_path)


def test_a_full_disk_loses_no_blob_and_leaves_no_half_one(tmp_path: Path) -> None:
    run(_BLOBS, tmp_path)


@pytest.mark.parametrize("verb", ["eval", "release"])
def test_a_disk_that_fills_up_during_work_is_told_and_the_work_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    with upstream() as provider, ThreadPoolExecutor() as pool:
        provider.say = {question: f"It is {answer} ." for _, question, answer in ROWS}.__getitem__
        project = make_project(tmp_path, model=provider.model, environment={"GENYARD_EVAL_CONCURRENCY": "2"})
        provider.hold_after(3)
        working = pool.submit(project, verb)
        assert provider.arrived(3 + 2)
        with monkeypatch.context() as full:
            full.setattr(home, "ROOM_BYTES", 2**62)
            ran = working.result()
        assert (ran.code, ran.out, ran.err.count("\n")) == (6, "", 1)
        assert "kB are free" in ran.err
        provider.let_go()
        assert project.ok(verb)["gate"]["verdict"] == "pass"
        assert len(provider.asked) == len(ROWS) + 2
