"""Two servers on one PostgreSQL and one bucket."""

from pathlib import Path

from tests.homes import PROJECT
from tests.waiting import eventually

from genyard.access import projects
from genyard.app import build
from genyard.core.settings import read_settings
from genyard.govern.lake_limits import LakeLimits, set_limits


def test_a_quota_that_one_server_is_told_holds_on_the_other(bucket: str, postgres_catalog: str, tmp_path: Path) -> None:
    shared = {"lake_url": f"{bucket}/lake", "catalog_url": postgres_catalog, "flush_age_s": "0.2"}
    settings = read_settings(shared, environment={})
    with build(settings, tmp_path / "here") as here, build(settings, tmp_path / "there") as there:
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
            set_limits(tx, PROJECT, LakeLimits(quota_bytes=1000), by=here.local.actor, at_ns=1)
        eventually(lambda: there.bench.lake.quotas.state(PROJECT).limit == 1000)
