"""Intake of pictures under SIGKILL, at each place that ``docs/design/media.md`` names."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.media_child import POINTS, SPANS, body_of
from tests.homes import PROJECT, opened
from tests.observe.pictures import png

from genyard.app import App
from genyard.core.digest import digest_of_bytes
from genyard.core.errors import NotFound
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.trace_media import media_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Homes by the point at which their process was killed."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.faults.media_child", str(folder)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    child = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert child.stdout.splitlines() == [f"{point}: {int(signal.SIGKILL)}" for point in POINTS], child.stderr
    return folder


def pictures(number: int) -> list[bytes]:
    return [png(10 * number + place) for place in (1, 2)]


def given(app: App, number: int) -> list[bytes]:
    trace = OneTrace.found(app.bench.lake, PROJECT, f"{number:032x}")
    return [media_of(trace, digest_of_bytes(one)).content for one in pictures(number)]


@pytest.mark.parametrize("point", POINTS)
def test_what_was_acknowledged_has_its_pictures_and_what_nothing_mentions_goes(killed: Path, point: str) -> None:
    home = killed / point
    told = [int(line) for line in (home / "acknowledged").read_text().split()]
    assert told
    assert len(told) < SPANS
    with opened(home) as app:
        # Also the one that was on its way: where its row is there, so are its pictures.
        rows = [number for number in range(1, SPANS + 1) if number in told or is_there(app, number)]
        assert [given(app, number) for number in rows] == [pictures(number) for number in rows]
        assert not list((home / "lake" / "media").glob(".incoming/*"))
        # The sender has no answer, and sends again.
        asyncio.run(keep(app, told[-1] + 1))
        assert given(app, told[-1] + 1) == pictures(told[-1] + 1)
        request = app.bench.erasures.requests.make(
            PROJECT, "trace", f"{told[-1] + 1:032x}", by=app.local.actor.principal, at_ns=1
        )
        assert app.bench.erasures.carry_out(request.id, check=lambda: None)["media"] == 2
        with pytest.raises(NotFound):
            given(app, told[-1] + 1)
        wanted = {digest_of_bytes(one) for number in told for one in pictures(number)}
        assert {one.digest for one in app.bench.lake.media.listing(PROJECT)} == wanted


def is_there(app: App, number: int) -> bool:
    try:
        return bool(OneTrace.found(app.bench.lake, PROJECT, f"{number:032x}").spans)
    except NotFound:
        return False


async def keep(app: App, number: int) -> None:
    assert await app.intake.keep("traces", PROJECT, body_of(number), "protobuf") == []
