"""SQL over a project: every acknowledged row once, no row of another project, and a bound on how many ask at once."""

import threading
from dataclasses import replace

import pytest
from tests.store.lake_rows import AT_NS, keep, span
from tests.waiting import eventually

from genyard.core.digest import digest_of_bytes
from genyard.core.errors import Corrupted, InvalidInput, Overloaded, TooLarge
from genyard.observe.explorer.sql import SqlLimits, SqlQueries
from genyard.store.lake import Lake
from genyard.store.media import MediaObject
from genyard.store.stored_table import Source

ENDLESS = "SELECT count(*) FROM range(1000000000000) a, range(1000000000000) b WHERE hash(a.range) = 1"


def queries(lake: Lake, *, at_once: int = 4) -> SqlQueries:
    return SqlQueries(lake, limits=SqlLimits(timeout_s=60, memory_mb=256, at_once=at_once))


def test_every_row_is_seen_once_and_none_of_another_project(lake: Lake) -> None:
    keep(lake, span(1, preview="old"), span(2, tags=["a"]), span(1, project="other", preview="SENTINEL"))
    lake.flush()
    keep(lake, span(1, preview="sent again"), span(3), span(4, project="other", preview="SENTINEL"))
    keep(lake, {"project": "acme", "score_id": "s", "at_ns": AT_NS, "name": "f1", "value": 0.5}, table="scores")
    sql = "SELECT span_id[-1:], preview, tags, project, day FROM spans ORDER BY start_ns"
    found = queries(lake).run("acme", sql, rows=10)
    assert found.rows == [
        ["1", "sent again", None, "acme", "2025-06-15"],
        ["2", None, ["a"], "acme", "2025-06-15"],
        ["3", None, None, "acme", "2025-06-15"],
    ]
    joined = queries(lake).run("acme", "SELECT count(*), (SELECT sum(value) FROM scores) FROM spans", rows=1)
    assert joined.rows == [[3, 0.5]]
    assert queries(lake).run("other", "SELECT count(*) FROM spans", rows=1).rows == [[2]]
    assert queries(lake).run("third", "SELECT count(*) FROM spans", rows=1).rows == [[0]]


def test_the_file_of_another_project_cannot_be_named(lake: Lake) -> None:
    keep(lake, span(1), span(1, project="other", preview="SENTINEL"))
    lake.flush()
    other = next(lake.folder.glob("spans/project=other/**/*.parquet"))
    for sql in (f"SELECT * FROM '{other}'", f"SELECT * FROM read_parquet('{other.relative_to(lake.folder)}')"):
        with pytest.raises(InvalidInput) as refused:
            queries(lake).run("acme", sql, rows=10)
        assert "SENTINEL" not in refused.value.message
    with pytest.raises(InvalidInput, match="project"):
        queries(lake).run("../other", "SELECT 1", rows=1)


def test_media_cannot_be_read_and_their_references_can(lake: Lake) -> None:
    picture = MediaObject(day="2025-06-15", digest=digest_of_bytes(b"SENTINEL"), content=b"SENTINEL")
    lake.hold_media("acme", [picture]).let_go()
    keep(lake, span(1, input=f"genyard:media/{picture.digest};type=image/png;size=8"))
    lake.flush()
    (file,) = lake.folder.glob("media/project=acme/*/*")
    for sql in (
        f"SELECT * FROM '{file}'",
        f"SELECT content FROM read_blob('{file}')",
        f"SELECT * FROM read_csv('{file}')",
    ):
        with pytest.raises(InvalidInput) as refused:
            queries(lake).run("acme", sql, rows=10)
        assert "SENTINEL" not in refused.value.message
    (row,) = queries(lake).run("acme", "SELECT input FROM spans", rows=1).rows
    assert picture.digest in str(row)


def test_a_long_tail_is_handed_over_in_parts(lake: Lake) -> None:
    keep(lake, *(span(number) for number in range(1, 2501)))
    assert queries(lake).run("acme", "SELECT count(DISTINCT span_id) FROM spans", rows=1).rows == [[2500]]


def test_a_shorter_time_may_be_asked_for_and_no_longer_one(lake: Lake) -> None:
    short = SqlQueries(lake, limits=SqlLimits(timeout_s=1.5, memory_mb=256, at_once=4))
    for asked_s, stopped_s in ((0.5, "0.5"), (1000, "1.5")):
        with pytest.raises(TooLarge, match=f"after {stopped_s} s"):
            short.run("acme", ENDLESS, rows=1, timeout_s=asked_s)


def test_a_file_that_is_gone_is_looked_for_again_and_then_told(lake: Lake) -> None:
    keep(lake, span(1))
    lake.flush()
    next(lake.folder.glob("spans/**/*.parquet")).unlink()
    with pytest.raises(Corrupted, match="has no file"):
        queries(lake).run("acme", "SELECT * FROM spans", rows=1)


def test_files_that_went_meanwhile_are_listed_anew(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(lake, span(1))
    listed = lake.sources

    def stale(project: str) -> list[Source]:
        monkeypatch.setattr(lake, "sources", listed)
        found = [replace(one, files=(lake.folder / "spans" / "merged.parquet",)) for one in listed(project)]
        keep(lake, span(2))
        lake.flush()
        return found

    monkeypatch.setattr(lake, "sources", stale)
    assert queries(lake).run("acme", "SELECT count(*) FROM spans", rows=1).rows == [[2]]


def test_too_many_at_once_are_refused_and_places_come_back(lake: Lake) -> None:
    desk = SqlQueries(lake, limits=SqlLimits(timeout_s=3, memory_mb=256, at_once=2))
    ended: list[str] = []

    def ask(sql: str) -> str:
        try:
            return str(desk.run("acme", sql, rows=1).rows)
        except (Overloaded, TooLarge) as stopped:
            return stopped.code

    def go_on() -> None:
        while (code := ask(ENDLESS)) == "overloaded":
            pass  # one of the questions below came first
        ended.append(code)

    thread = threading.Thread(target=go_on)
    thread.start()
    eventually(lambda: ask("SELECT 1") == "overloaded")
    # A second project has a place of its own.
    assert desk.run("other", "SELECT 1", rows=1).rows == [[1]]
    thread.join()
    assert ended == ["too_large"]
    assert ask("SELECT 1") == "[[1]]"


def test_no_place_at_all_refuses_everything(lake: Lake) -> None:
    with pytest.raises(Overloaded):
        queries(lake, at_once=0).run("acme", "SELECT 1", rows=1)


def test_settings_beyond_all_measure_are_no_fault(lake: Lake) -> None:
    for timeout_s, memory_mb in ((float("inf"), 2**50), (60, 0)):
        limits = SqlLimits(timeout_s=timeout_s, memory_mb=memory_mb, at_once=2)
        assert SqlQueries(lake, limits=limits).run("acme", "SELECT 1", rows=1).rows == [[1]]
