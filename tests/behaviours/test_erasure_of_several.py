"""An erasure where several servers write one bucket: it reaches what another one has in its log."""

import platform
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.homes import PROJECT
from tests.lossy_bucket import lossy
from tests.store.lake_rows import AT_NS, span
from tests.waiting import eventually

from genyard.access import projects
from genyard.app import App, build
from genyard.core.clock import day_of
from genyard.core.digest import digest_of_bytes
from genyard.core.media import MediaReference
from genyard.core.settings import read_settings
from genyard.govern.erasure_requests import ErasureRequest
from genyard.govern.other_writers import SILENT_S
from genyard.store.lake import EVER_NS
from genyard.store.media import MediaObject

USER = "user-7f3a-planted"


def test_rows_that_another_server_has_not_yet_flushed_go_too(bucket: str, tmp_path: Path) -> None:
    settings = read_settings({"lake_url": f"{bucket}/lake", "flush_age_s": "1"}, environment={})
    with build(settings, tmp_path / "here") as here, build(settings, tmp_path / "there") as there:
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
        there.bench.lake.append("spans", [span(1, user_id=USER), span(2, trace_id=f"{2:032x}")]).wait(30)
        here.bench.lake.append("spans", [span(3)]).wait(30)
        told = erase(here)
        assert (told["spans"], told["traces"]) == (2, 1)
        for app in (here, there):
            app.bench.lake.refresh()
            assert kept(app) == [span(2)["span_id"]]
            assert not [
                path for path in app.home.path.rglob("*") if path.is_file() and USER.encode() in path.read_bytes()
            ]


def test_a_picture_of_a_server_that_joins_while_media_are_removed_stays(bucket: str, tmp_path: Path) -> None:
    settings = read_settings({"lake_url": f"{bucket}/lake", "flush_age_s": "1"}, environment={})
    content = b"a picture" * 500
    picture = MediaObject(day=day_of(AT_NS), digest=digest_of_bytes(content), content=content)
    said = MediaReference(digest=picture.digest, media_type="image/png", size=len(content))
    with ExitStack() as closing:
        here = closing.enter_context(build(settings, tmp_path / "here"))
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
        here.bench.lake.hold_media(PROJECT, [picture]).let_go()
        joined = list[App]()

        def join() -> None:
            # Media are removed without the gate, after all rows.
            if not joined and not here.bench.erasures.gate.locked():
                joined.append(closing.enter_context(build(settings, tmp_path / "there")))
                held = joined[0].bench.lake.hold_media(PROJECT, [picture])
                joined[0].bench.lake.append("spans", [span(1, input_messages=[{"content": str(said)}])]).wait(30)
                held.let_go()

        here.bench.erasures.carry_out(asked(here).id, check=join)
        assert joined
        assert here.bench.lake.media.read(PROJECT, picture.day, picture.digest) == content


def test_a_server_that_nobody_sends_to_lets_go_of_what_another_one_erased(bucket: str, tmp_path: Path) -> None:
    settings = read_settings({"lake_url": f"{bucket}/lake", "flush_age_s": "0.2"}, environment={})
    with build(settings, tmp_path / "here") as here, build(settings, tmp_path / "there") as there:
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
        here.bench.lake.append("spans", [span(1, user_id=USER), span(2, trace_id=f"{2:032x}")]).wait(30)
        eventually(lambda: len(kept(there)) == 2)
        assert copies(there)
        erase(here)
        eventually(lambda: kept(there) == [span(2)["span_id"]])
        assert not [path for path in copies(there) if path not in {one.path for one in there.bench.lake.files[0]}]


def test_a_server_that_was_killed_is_named_and_what_its_log_held_goes_with_the_next_erasure(
    bucket: str, tmp_path: Path
) -> None:
    settings = read_settings({"lake_url": f"{bucket}/lake", "flush_age_s": "0.2"}, environment={})
    killed(bucket, tmp_path / "there")
    with build(settings, tmp_path / "here") as here:
        with here.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
        told = erase(here, silent_s=0.5)
        assert (told["spans"], told["unheard"]) == (0, [platform.node()])
        with build(settings, tmp_path / "there") as there:
            told = erase(here)
            assert (told["spans"], told["unheard"]) == (1, [])
            eventually(lambda: kept(there) == [])
        assert erase(here)["unheard"] == []


def killed(bucket: str, home: Path) -> None:
    """Let a server of the bucket acknowledge a row of the user, and kill it before it flushes."""
    program = (
        "import os, sys; from pathlib import Path; from genyard.app import build;"
        "from genyard.core.settings import read_settings; from tests.store.lake_rows import span;"
        "settings = read_settings({'lake_url': sys.argv[1] + '/lake', 'flush_age_s': '1'}, environment={});"
        "opened = build(settings, Path(sys.argv[2])); app = opened.__enter__();"
        "app.bench.lake.append('spans', [span(1, user_id=sys.argv[3])]).wait(30); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program, bucket, str(home), USER], check=False)
    assert ended.returncode == -9


def test_an_erasure_begins_again_where_the_bucket_did_not_answer(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings({"lake_url": f"{bucket}/lake", "flush_age_s": "0.1"}, environment={})
    with lossy(s3) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        with build(settings, tmp_path / "here") as here:
            with here.bench.database.write() as tx:
                projects.ensure(tx, PROJECT, by=here.local.actor, at_ns=1)
            here.bench.lake.append("spans", [span(1, user_id=USER), span(2, trace_id=f"{2:032x}")]).wait(30)
            here.bench.lake.flush()
            told = list[str]()
            # Each file is refused until the erasure said that it begins again.
            wire.lose(lambda method, path: method == "GET" and ".parquet" in path and not told, instead=403)
            shutil.rmtree(tmp_path / "here" / "lake-copies")
            erasures = replace(here.bench.erasures, pause=lambda _: None)
            request = asked(here)
            done = erasures.see_through(request.id, check=lambda: None, tell=told.append)
            assert (done["spans"], kept(here)) == (1, [span(2)["span_id"]])
            assert told[0].startswith("begins again: the lake's file")


def erase(app: App, *, silent_s: float = SILENT_S) -> dict[str, object]:
    erasures = replace(app.bench.erasures, silent_s=silent_s)
    return dict(erasures.carry_out(asked(app).id, check=lambda: None))


def asked(app: App) -> ErasureRequest:
    requests, now_ns = app.bench.erasures.requests, app.bench.clock.now_ns()
    return requests.make(PROJECT, "user", USER, by=app.local.actor.principal, at_ns=now_ns)


def kept(app: App) -> list[object]:
    rows = app.bench.lake.query(
        "SELECT span_id FROM spans", table="spans", project=PROJECT, since_ns=0, until_ns=EVER_NS
    )
    return [row["span_id"] for row in rows]


def copies(app: App) -> list[str]:
    """Return the files of spans of which the home has copies."""
    folder = app.home.path / "lake-copies" / "spans"
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet*")]
