"""Writers killed with SIGKILL at each place that ``docs/design/write-ahead-log.md`` names."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.lake_child import OF_MANY_DAYS, POINTS
from tests.store.lake_rows import everything, keep, open_lake, span, span_ids

ROOT = Path(__file__).parents[2]

Said = dict[str, list[int]]


def write_until_killed(home: Path, point: str, count: int) -> Said:
    """Run the child to its death; return the numbers that it said after each word."""
    command = [sys.executable, "-m", "tests.faults.lake_child", str(home), point, str(count)]
    child = subprocess.run(
        command, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    said: Said = {"sent": [], "acknowledged": [], "refused": [], "not flushed": []}
    for line in child.stdout.splitlines():
        word, _, number = line.rpartition(" ")
        said[word].append(int(number))
    return said


def check(home: Path, said: Said) -> None:
    """The lake opens; it has each acknowledged row once, and no row that was not sent. A flush changes nothing."""
    lake = open_lake(home)
    spans = span_ids(everything(lake))
    scores = [int(str(row["score_id"])[1:]) for row in everything(lake, table="scores")]
    lake.flush()
    assert span_ids(everything(lake)) == spans
    lake.close()
    for found in (spans, scores):
        assert len(found) == len(set(found))
        assert set(said["acknowledged"]) <= set(found) <= set(said["sent"])
    assert len(list((home / "wal").glob("*.wal"))) == 1


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("point", [*POINTS, "half way through a write"])
def test_what_was_acknowledged_is_there_once_after_a_kill(tmp_path: Path, point: str, count: int) -> None:
    check(tmp_path, write_until_killed(tmp_path, point, count))


@pytest.mark.parametrize("point", OF_MANY_DAYS)
def test_rows_of_very_many_days_are_there_once_after_a_kill(tmp_path: Path, point: str) -> None:
    check(tmp_path, write_until_killed(tmp_path, point, 40 if "between" in point else 1))
    assert not list(tmp_path.rglob("_append/*"))


def test_rows_of_several_lives_add_up(tmp_path: Path) -> None:
    for point in ("after the fsync", "after the Delta commit", "half way through a write"):
        said = write_until_killed(tmp_path, point, 4)
    said["sent"] = list(range(1, 31))
    check(tmp_path, said)


def test_a_full_disk_refuses_rows_keeps_the_acknowledged_and_takes_new_ones_when_there_is_room(tmp_path: Path) -> None:
    said = write_until_killed(tmp_path, "disk full", 40_000)
    assert said["refused"] == [len(said["acknowledged"])]
    lake = open_lake(tmp_path)
    assert span_ids(everything(lake)) == said["acknowledged"]
    lake.close()


def test_rows_that_the_tables_have_but_the_log_still_names_are_not_read_twice(tmp_path: Path) -> None:
    """The crash after a Delta append, without a process: the segment comes back from the dead."""
    lake = open_lake(tmp_path)
    keep(lake, span(1))
    segment = sorted((tmp_path / "wal").glob("*.wal"))[-1]
    content = segment.read_bytes()
    lake.flush()
    lake.close()
    segment.write_bytes(content)
    lake = open_lake(tmp_path)
    assert span_ids(everything(lake)) == [1]
    keep(lake, span(2))
    lake.flush()
    assert span_ids(everything(lake)) == [1, 2]
    lake.close()
