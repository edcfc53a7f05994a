"""A process killed while it writes the catalog or a blob: the acknowledged is there, and nothing is there in part."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from genyard.access import audit
from genyard.access.tables import events
from genyard.core.clock import CountingClock
from genyard.core.digest import digest_of_bytes
from genyard.store import names
from genyard.store.blobs import Blobs
from genyard.store.engine import Database
from genyard.store.schema import artifact_references, artifacts
from genyard.store.schema import names as names_table

_WRITE = """
import sys
from genyard.access import audit
from genyard.core.clock import SystemClock
from genyard.core.records import Artifact, Reference
from genyard.store import artifacts, names
from genyard.store.engine import Database

def here(place):
    print(place, flush=True)
    if place == sys.argv[2]:
        sys.stdin.read()

database = Database.open(sys.argv[1], backups=None, clock=SystemClock())
for number in range(1, 100_000):
    part = Reference(role="part", kind="blob", digest="sha256:" + "0" * 64)
    artifact = Artifact(kind="tool", body={"number": number}, references=(part,))
    with database.write() as tx:
        artifacts.put(tx, "acme", artifact, at_ns=1, by="ana")
        here(f"{number} put")
        names.add_version(tx, "acme", "tool", "search", artifact.digest, at_ns=1, by="ana")
        here(f"{number} named")
        audit.append(
            tx, project="acme", actor="ana", verb="registered", object="tool/search", detail={}, at_ns=1
        )
        here(f"{number} told")
    here(f"{number} acknowledged")
"""


def run_until(place: str, script: str, *arguments: str) -> list[str]:
    """Run ``script`` until it prints ``place``, where it stands still; kill it; return all that it printed."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        printed: list[str] = []
        for line in child.stdout:
            printed.append(line.strip())
            if printed[-1] == place:
                break
        child.kill()
    return printed


@pytest.mark.parametrize("place", ["1 put", "3 named", "3 told", "3 acknowledged"])
def test_a_kill_keeps_what_was_acknowledged_and_no_part_of_the_rest(
    tmp_path: Path, clock: CountingClock, place: str
) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    printed = run_until(place, _WRITE, url)
    assert printed[-1] == place
    acknowledged = len([line for line in printed if line.endswith("acknowledged")])
    database = Database.open(url, backups=None, clock=clock)
    with database.read() as tx:
        for table in (artifacts, artifact_references, names_table, events):
            assert tx.execute(select(func.count()).select_from(table)).scalar() == acknowledged
        assert [one.version for one in names.versions(tx, "acme", "tool", "search")] == list(range(acknowledged, 0, -1))
        assert audit.verify(tx, "acme").whole
    database.close()


def test_a_kill_at_any_moment_keeps_what_was_acknowledged(tmp_path: Path, clock: CountingClock) -> None:
    """The child never stands still here: the kill falls where it falls, in one write or between two."""
    url = f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    total = 0
    for more in (1, 4, 9):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITE.replace('"search"', f'"search-{more}"'), url, "never"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            acknowledged = 0
            for line in child.stdout:
                acknowledged += line.endswith("acknowledged\n")
                if acknowledged == more:
                    child.kill()
        database = Database.open(url, backups=None, clock=clock)
        with database.read() as tx:
            found = len(names.versions(tx, "acme", "tool", f"search-{more}"))
            state = audit.verify(tx, "acme")
        database.close()
        total += found
        # One more than printed: the kill may fall after the commit and before the line.
        assert found in (acknowledged, acknowledged + 1)
        assert (state.count, state.whole) == (total, True)


_PUT = """
import os, sys
from itertools import count
from genyard.store.blobs import Blobs

numbers = count(1)

def stopping(name, real):
    def stop(*arguments):
        place = f"{next(numbers)} {name}"
        print(place, flush=True)
        if place == sys.argv[2]:
            sys.stdin.read()
        return real(*arguments)
    return stop

blobs = Blobs.open(sys.argv[1])
blobs.put(b"first")
os.fsync, os.replace = stopping("flush", os.fsync), stopping("move", os.replace)
blobs.put(b"second")
print("acknowledged", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("place", "is_there", "leftovers"),
    [
        ("1 flush", False, 0),  # of the folder's name
        ("2 flush", False, 1),  # of the unfinished file
        ("3 move", False, 1),
        ("4 flush", True, 0),  # of the blob's name: a killed process loses nothing here, a power cut may
        ("acknowledged", True, 0),
    ],
)
def test_a_killed_put_leaves_the_whole_blob_or_none(tmp_path: Path, place: str, is_there: bool, leftovers: int) -> None:
    assert run_until(place, _PUT, str(tmp_path))[-1] == place
    blobs = Blobs.open(tmp_path)
    assert blobs.get(digest_of_bytes(b"first")) == b"first"
    assert blobs.has(digest_of_bytes(b"second")) == is_there
    assert blobs.sweep() == leftovers
    assert blobs.get(blobs.put(b"second")) == b"second"
