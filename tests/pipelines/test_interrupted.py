"""Runs whose process was killed, as the next one to open the home finds them."""

from pathlib import Path

import pytest
from tests.homes import PROJECT

from genyard.app import App, build
from genyard.core.ids import RunId
from genyard.core.records import Run
from genyard.core.settings import read_settings
from genyard.store import runs


def begin(app: App) -> Run:
    """Record a run that nobody ends."""
    run = Run(
        id=RunId(app.bench.ids.uuid7()),
        project=PROJECT,
        activity="evaluate",
        principal=app.local.actor.principal,
        started_ns=app.bench.clock.now_ns(),
    )
    with app.bench.database.write() as tx:
        runs.start(tx, run)
    return run


@pytest.mark.parametrize("shared", [False, True])
def test_a_run_is_ended_where_nobody_else_can_be_doing_it(tmp_path: Path, shared: bool) -> None:
    catalog = {"GENYARD_CATALOG_URL": f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"} if shared else {}
    settings = read_settings(environment=catalog)
    with build(settings, tmp_path / "home") as app:
        run = begin(app)
    with build(settings, tmp_path / "home") as app, app.bench.database.read() as tx:
        found = runs.get(tx, PROJECT, run.id)[1]
    assert (found and found.status) == (None if shared else "interrupted")
