"""Erasure: what was asked for is in no file of the home afterwards, and everything else is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.homes import PROJECT, opened
from tests.observe.pictures import png
from tests.store.lake_rows import Fields

from genyard.access import audit, projects
from genyard.app import App
from genyard.core.clock import day_of
from genyard.core.digest import digest_of_bytes
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.media import MediaReference
from genyard.govern.erasure_requests import SubjectKind
from genyard.observe.explorer import views
from genyard.observe.explorer.exports import Export, Given
from genyard.observe.explorer.trace_query import EVERY_TRACE
from genyard.observe.explorer.views import SavedView
from genyard.observe.explorer.window import Window
from genyard.store.lake import EVER_NS
from genyard.store.media import MediaObject

AT_NS = 1_750_000_000_000_000_000
USER, SESSION, SECRET = "user-7f3a-planted", "session-91c2-planted", "the planted words 5d1e"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path / "home") as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=app.local.actor, at_ns=1)
        yield app


def trace(number: int, **columns: str) -> list[Fields]:
    """Return a root that names user and session, and a child that holds words."""
    base: Fields = {"project": PROJECT, "trace_id": f"{number:032x}"}
    root = base | {"span_id": f"{2 * number:016x}", "start_ns": AT_NS + number, "is_root": True}
    child = base | {"span_id": f"{2 * number + 1:016x}", "start_ns": AT_NS + number + 1}
    said = columns.pop("said", "other words")
    return [root | columns, child | {"input": said, "preview": said}]


def score(number: int, **columns: str | int) -> Fields:
    return {"project": PROJECT, "score_id": f"s{number}", "at_ns": AT_NS, "name": "f1", "value": 1.0, **columns}


def keep(app: App, *rows: Fields, table: str = "spans", flush: bool = True) -> None:
    app.bench.lake.append(table, rows).wait(30)
    if flush:
        app.bench.lake.flush()


def erase(app: App, kind: SubjectKind, value: str) -> dict[str, object]:
    request = app.bench.erasures.requests.make(PROJECT, kind, value, by=app.local.actor.principal, at_ns=1)
    return dict(app.bench.erasures.carry_out(request.id, check=lambda: None))


def ids(app: App, table: str = "spans") -> list[str]:
    column = "span_id" if table == "spans" else "score_id"
    sql = f"SELECT {column} AS id FROM {table} ORDER BY id"
    rows = app.bench.lake.query(sql, table=table, project=PROJECT, since_ns=0, until_ns=EVER_NS)
    return [str(row["id"]) for row in rows]


def holding(home: Path, *words: str) -> list[str]:
    """Return the files of a home in which one of ``words`` stands, plain or in a Parquet file's pages."""
    import duckdb

    found = []
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                rows = duckdb.connect().execute("SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
                content += repr(rows).encode()
            found += [path.name for word in words if word.encode() in content]
    return found


def log(number: int, **attributes: str) -> Fields:
    """Return a log record of trace ``number`` that holds the words."""
    of = {"trace_id": f"{number:032x}", "span_id": f"{2 * number:016x}", "event_name": "gen_ai.user.message"}
    said: Fields = {"body": {"content": SECRET}, "attributes": {**attributes}}
    return {"project": PROJECT, "log_id": f"{number:032x}", "at_ns": AT_NS, **of, **said}


@pytest.mark.parametrize(("kind", "value"), [("user", USER), ("session", SESSION), ("trace", f"{1:032x}")])
@pytest.mark.parametrize(
    "named",
    [{"user.id": USER, "gen_ai.conversation.id": SESSION}, {"enduser.id": USER, "langfuse.session.id": SESSION}],
)
def test_what_only_log_records_say_is_erased_with_their_trace(
    app: App, kind: SubjectKind, value: str, named: dict[str, str]
) -> None:
    keep(app, *trace(1), *trace(2))
    keep(app, log(1, **named), log(2), table="logs")
    erase(app, kind, value)
    assert holding(app.home.path, USER, SESSION) == []
    assert ids(app) == [f"{4:016x}", f"{5:016x}"]


@pytest.mark.parametrize(("kind", "value"), [("user", USER), ("session", SESSION), ("trace", f"{1:032x}")])
def test_no_file_of_the_home_holds_what_was_erased(app: App, kind: SubjectKind, value: str) -> None:
    keep(app, *trace(1, user_id=USER, conversation_id=SESSION, said=SECRET), *trace(2, user_id="somebody"))
    keep(app, *trace(1, user_id=USER, conversation_id=SESSION, said=SECRET))
    app.bench.upkeep.compact(check=lambda: None)
    keep(app, score(1, trace_id=f"{1:032x}", explanation=SECRET), score(2, trace_id=f"{2:032x}"), table="scores")
    by_name = score(3, subject_kind="session", subject_id=SESSION, explanation=SECRET)
    keep(app, by_name, table="scores", flush=False)
    keep(app, *trace(1, user_id=USER, conversation_id=SESSION, said=SECRET), flush=False)
    planted = [USER, SESSION, SECRET]
    assert set(holding(app.home.path, *planted))
    told = erase(app, kind, value)
    assert holding(app.home.path, *planted) == []
    assert (told["traces"], told["spans"], told["scores"]) == (1, 2, 2)
    assert (ids(app), ids(app, "scores")) == ([f"{4:016x}", f"{5:016x}"], ["s2"])


@pytest.mark.parametrize(("kind", "value"), [("user", USER), ("session", SESSION), ("trace", f"{1:032x}")])
def test_saved_views_that_ask_for_what_is_erased_go_too(app: App, kind: SubjectKind, value: str) -> None:
    keep(app, *trace(1, user_id=USER, conversation_id=SESSION), *trace(2))
    queries = {"theirs": f"{kind}:{value} status:error", "others": "user:somebody", "words": f'"{value}"'}
    queries[value] = "latency>5s"
    with app.bench.database.write() as tx:
        for name, query in queries.items():
            views.save(tx, PROJECT, SavedView(name=name, query=query), by=app.local.actor, at_ns=1, ids=app.bench.ids)
    assert app.bench.erasures.look(PROJECT, kind, value)["views"] == 3
    erase(app, kind, value)
    assert holding(app.home.path, value) == []
    with app.bench.database.read() as tx:
        assert [one.view.name for one in views.listing(tx, PROJECT)] == ["others"]


def test_the_chain_proves_it_without_saying_who(app: App) -> None:
    keep(app, *trace(1, user_id=USER))
    told = erase(app, "user", USER)
    with app.bench.database.read() as tx:
        event = audit.events(tx, PROJECT, limit=1)[0]
        assert audit.verify(tx, PROJECT).whole
    assert (event.verb, event.object.partition("/")[0], dict(event.detail)) == ("erased", "erasure", told)
    assert str(told["asked"]).startswith("hmac-sha256:")
    assert USER not in repr(told)


def test_other_projects_users_and_blobs_in_use_stay(app: App) -> None:
    blobs = app.bench.library.blobs(PROJECT)
    own, shared = blobs.put(b"only theirs"), blobs.put(b"shared")
    keep(app, *trace(1, user_id=USER, said=f'{{"blob": "{own}", "other": "{shared}"}}'), *trace(2, said=f"{shared}"))
    keep(app, *[row | {"project": "other"} for row in trace(3, user_id=USER)])
    assert erase(app, "user", USER)["blobs"] == 1
    assert (blobs.has(own), blobs.has(shared)) == (False, True)
    sql = "SELECT count(*) AS n FROM spans WHERE user_id = $u"
    (row,) = app.bench.lake.query(
        sql, table="spans", project="other", since_ns=0, until_ns=EVER_NS, parameters={"u": USER}
    )
    assert row == {"n": 1}


def test_exports_that_may_hold_it_are_listed_for_nothing_here_can_erase_them(app: App) -> None:
    keep(app, *trace(1, user_id=USER), *trace(5_000))
    whole, cut_off, other = (exported(app, name) for name in ("whole", "cut-off", "other"))
    with app.bench.database.write() as tx:
        for one in (whole, cut_off, other):
            one.begin(tx, window(app), EVERY_TRACE, limit=9, at_ns=1)
        whole.end(tx, given(trace(1)), at_ns=2)
        other.end(tx, given(trace(5_000)), at_ns=2)
    assert app.bench.erasures.look(PROJECT, "user", USER)["export_count"] == 2
    told = erase(app, "user", USER)
    assert (told["exports"], told["export_count"]) == (["export/cut-off", "export/whole"], 2)
    assert erase(app, "user", "nobody")["exports"] == []


def exported(app: App, name: str) -> Export:
    return Export(id=name, project=PROJECT, by=app.local.actor.principal, format="jsonl")


def window(app: App) -> Window:
    return Window(lake=app.bench.lake, project=PROJECT, since_ns=0, until_ns=AT_NS + 10_000)


def given(rows: list[Fields]) -> Given:
    counts = Given()
    assert list(counts.counted([rows])) == [rows]
    return counts


def test_a_dry_run_counts_and_changes_nothing(app: App) -> None:
    keep(app, *trace(1, user_id=USER), *trace(2))
    found = app.bench.erasures.look(PROJECT, "user", USER)
    assert (found["traces"], found["spans"], found["dry_run"]) == (1, 2, True)
    assert len(ids(app)) == 4
    assert list(app.bench.erasures.requests.pending()) == []


def test_rows_that_come_while_it_works_go_too(app: App) -> None:
    keep(app, *trace(1, user_id=USER, said=SECRET), *trace(2))
    late = iter([trace(1, user_id=USER, said=SECRET), trace(3, user_id=USER)])

    def check() -> None:
        for rows in late:
            keep(app, *rows, flush=False)
            break

    request = app.bench.erasures.requests.make(PROJECT, "user", USER, by=app.local.actor.principal, at_ns=1)
    app.bench.erasures.carry_out(request.id, check=check)
    assert ids(app) == [f"{4:016x}", f"{5:016x}"]
    assert holding(app.home.path, USER, SECRET) == []


def test_a_trace_that_comes_between_look_and_removal_goes_whole(app: App) -> None:
    keep(app, *trace(1, user_id=USER))
    request = app.bench.erasures.requests.make(PROJECT, "user", USER, by=app.local.actor.principal, at_ns=1)
    asked = []

    def check() -> None:
        asked.append("")
        if len(asked) == 2:  # the first is before the look, the second before the first file is written anew
            keep(app, *trace(2, user_id=USER))

    app.bench.erasures.carry_out(request.id, check=check)
    assert ids(app) == []


def test_the_same_request_twice_is_one_and_a_done_one_is_unknown(app: App) -> None:
    make = app.bench.erasures.requests.make
    first = make(PROJECT, "user", USER, by="me", at_ns=1)
    assert make(PROJECT, "user", USER, by="me", at_ns=2) == first
    assert make("other", "user", USER, by="me", at_ns=2).hash != first.hash
    app.bench.erasures.carry_out(first.id, check=lambda: None)
    with pytest.raises(NotFound):
        app.bench.erasures.carry_out(first.id, check=lambda: None)


@pytest.mark.parametrize(("kind", "value"), [("user", " "), ("trace", "abc"), ("trace", "G" * 32)])
def test_what_is_no_subject_is_refused(app: App, kind: SubjectKind, value: str) -> None:
    with pytest.raises(InvalidInput):
        app.bench.erasures.look(PROJECT, kind, value)


def test_pictures_that_only_erased_spans_refer_to_go_and_others_stay(app: App) -> None:
    own, shared, other_day = (png(number) for number in (1, 2, 3))
    day = day_of(AT_NS)
    at = {"acme": [own, shared], "other": [own]}
    for project, pictures in at.items():
        objects = [MediaObject(day=day, digest=digest_of_bytes(one), content=one) for one in pictures]
        app.bench.lake.hold_media(project, objects).let_go()
    # Kept for a span that was never acknowledged: nothing says whom it is about.
    orphan = MediaObject(day="2025-01-01", digest=digest_of_bytes(other_day), content=other_day)
    app.bench.lake.hold_media(PROJECT, [orphan]).let_go()
    keep(app, *trace(1, user_id=USER, said=refers(own)))
    keep(app, *trace(2, said=refers(shared)), flush=False)
    keep(app, log(1) | {"body": {"content": refers(shared)}}, table="logs")
    keep(app, *[row | {"project": "other"} for row in trace(3, said=refers(own))])
    assert app.bench.erasures.look(PROJECT, "user", USER)["media"] == 2
    assert erase(app, "user", USER)["media"] == 1
    left = {project: [one.digest for one in app.bench.lake.media.listing(project)] for project in at}
    assert left == {"acme": [digest_of_bytes(shared)], "other": [digest_of_bytes(own)]}
    files = [path for path in (app.home.path / "lake" / "media" / "project=acme").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [shared]


def refers(picture: bytes) -> str:
    return str(MediaReference(digest=digest_of_bytes(picture), media_type="image/png", size=len(picture)))
