"""Erasure and merging under SIGKILL, at each place that ``docs/design/erasure.md`` and ``lake.md`` name."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.erasure_child import ERASING, MERGING, USER
from tests.govern.test_erasure import AT_NS, SECRET, holding, ids, keep, score, trace
from tests.homes import PROJECT, opened

from genyard.access import audit, projects
from genyard.core.clock import day_of
from genyard.core.digest import digest_of_bytes
from genyard.develop.dataset_versions import newest_dataset
from genyard.develop.trace_rows import Wish
from genyard.pipelines.collecting import collect
from genyard.store.media import MediaObject

ROOT = Path(__file__).parents[2]
PICTURE = MediaObject(day=day_of(AT_NS), digest=digest_of_bytes(SECRET.encode()), content=SECRET.encode())


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Homes by the point at which their process was killed.

    Each has two traces of the user and one of somebody else, in several files.
    """
    folder = tmp_path_factory.mktemp("killed")
    filled = folder / "filled"
    with opened(filled) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=app.local.actor, at_ns=1)
        for number in (1, 2):
            keep(app, *trace(number, user_id=USER, said=SECRET), *trace(3))
        app.bench.lake.hold_media(PROJECT, [PICTURE]).let_go()
        keep(app, *trace(2, user_id=USER, said=f"{SECRET} genyard:media/{PICTURE.digest};type=image/png;size=9"))
        collect(app.bench, PROJECT, "golden", [f"{1:032x}", f"{3:032x}"], wish=Wish(), by=app.local.actor)
        keep(app, score(1, trace_id=f"{1:032x}", explanation=SECRET), score(2), table="scores")
    for point in (*ERASING, *MERGING):
        shutil.copytree(filled, folder / point)
    command = [sys.executable, "-m", "tests.faults.erasure_child", str(folder)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    child = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    ends = [f"{point}: {int(signal.SIGKILL)}" for point in (*ERASING, *MERGING)]
    assert child.stdout.splitlines() == ends, child.stderr
    return folder


@pytest.mark.parametrize("point", ERASING)
def test_an_erasure_that_was_killed_is_finished_and_told_once(killed: Path, point: str) -> None:
    with opened(killed / point) as app:
        (request,) = app.bench.erasures.requests.pending()
        told = app.bench.erasures.carry_out(request.id, check=lambda: None)
        assert (told["traces"], told["spans"], told["scores"], told["media"]) == (2, 4, 1, 1)
        golden = newest_dataset(app.bench.library, PROJECT, "golden")
        assert golden is not None
        assert (told["rows"], golden[0].version, len(golden[1].cases), len(golden[1].erased)) == (1, 2, 1, 1)
        assert (ids(app), ids(app, "scores")) == ([f"{6:016x}", f"{7:016x}"], ["s2"])
        with app.bench.database.read() as tx:
            assert [one.verb for one in audit.events(tx, PROJECT)].count("erased") == 1
    assert holding(killed / point, USER, SECRET) == []


@pytest.mark.parametrize("point", MERGING)
def test_a_merge_that_was_killed_loses_and_doubles_nothing(killed: Path, point: str) -> None:
    with opened(killed / point) as app:
        expected = [f"{number:016x}" for number in range(2, 8)]
        assert ids(app) == expected
        app.bench.upkeep.compact(check=lambda: None)
        assert ids(app) == expected
        app.bench.upkeep.purge()
        named = {Path(one.path).name for stored in app.bench.lake.tables.values() for one in stored.files}
    assert {path.name for path in (killed / point / "lake").rglob("*.zstd.parquet")} == named
