"""Two servers on one PostgreSQL and one bucket."""

import shutil
from pathlib import Path

from tests.homes import PROJECT
from tests.store.lake_rows import everything, keep, open_lake, span, span_ids
from tests.waiting import eventually

from genyard.access import projects
from genyard.app import build
from genyard.core.clock import SystemClock
from genyard.core.ids import RandomIds
from genyard.core.settings import read_settings
from genyard.govern.lake_limits import LakeLimits, set_limits
from genyard.store.lake import Lake


def test_a_quota_that_one_server_is_told_holds_on_the_other(bucket: str, postgres_catalog: str, tmp_path: Path) -> None:
    shared = {"lake_url": f"{bucket}/lake", "catalog_url": postgres_catalog, "flush_age_s": "0.2"}
    settings = read_settings(shared, environment={})
    with build(settings, tmp_path / "here") as here, build(settings, tmp_path / "there") as there:
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
            set_limits(tx, PROJECT, LakeLimits(quota_bytes=1000), by=here.local.actor, at_ns=1)
        eventually(lambda: there.bench.lake.quotas.state(PROJECT).limit == 1000)


def test_a_server_made_by_copying_the_home_of_another_loses_nothing(bucket: str, tmp_path: Path) -> None:
    def server(name: str) -> Lake:
        return open_lake(tmp_path / name, url=f"{bucket}/lake", ids=RandomIds(SystemClock()))

    first = server("first")
    keep(first, span(1))
    first.close()
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    first, copy = server("first"), server("copy")
    for lake, number in ((first, 2), (copy, 3), (first, 4), (copy, 5)):
        keep(lake, span(number))
        lake.flush()
    writers = {first.writer_id, copy.writer_id}
    for lake in (first, copy):
        lake.refresh()
        assert span_ids(everything(lake)) == [1, 2, 3, 4, 5]
        lake.close()
    again = [server(name) for name in ("first", "copy")]
    assert {lake.writer_id for lake in again} == writers
    for lake in again:
        lake.close()


def test_a_copy_of_a_log_with_rows_keeps_its_id(bucket: str, tmp_path: Path) -> None:
    first = open_lake(tmp_path / "first", url=f"{bucket}/lake", ids=RandomIds(SystemClock()))
    keep(first, span(1))
    # As a crash leaves it. That it goes on is only for the end of this test.
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    copy = open_lake(tmp_path / "copy", url=f"{bucket}/lake", ids=RandomIds(SystemClock()))
    assert (copy.writer_id, span_ids(everything(copy))) == (first.writer_id, [1])
    for lake in (copy, first):
        lake.close()
