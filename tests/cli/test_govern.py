"""``genyard why``, ``affected`` and ``audit``, over a project that has lived."""

import json
import sqlite3
from pathlib import Path

from tests.projects import ROWS, Project


def newest(project: Project) -> str:
    found: str = project.ok("traces", "--limit", "100")["traces"][-1]["trace_id"]
    return found


def test_why_an_answer_without_a_release(lived: Project) -> None:
    trace = newest(lived)
    why = lived.ok("why", trace[:8])
    assert (why["release"], why["endpoint"], why["trace"]["status"]) == (None, None, "answered")
    assert {one["kind"] for one in why["made_of"]} == {"corpus", "index", "model", "prompt"}
    assert "release   none" in lived("why", trace).out
    assert "document  it/badges.md § Reset (cited)" in lived("why", trace).out


def test_a_trace_that_is_not_there_or_not_one(lived: Project) -> None:
    assert lived("why", "0" * 32, "--json").error["code"] == "not_found"
    for text in ("xyz", "12", "../../x", "0" * 33):
        assert lived("why", text, "--json").error["code"] in ("invalid_input", "not_found")


def test_affected_by_path_digest_and_reference(lived: Project) -> None:
    by_path = lived.ok("affected", "it/badges.md")
    digest = by_path["of"]["digests"][0]
    assert by_path["endpoints"] == ["desk@prod"]
    assert [one["kind"] for one in by_path["artifacts"]] == ["corpus", "index", "system", "release"]
    for thing in ("pages/it/badges.md", "badges.md", digest, digest[7:20]):
        assert lived.ok("affected", thing)["artifacts"] == by_path["artifacts"]
    everything = len(ROWS) + 1
    assert lived.ok("affected", "prompt/answer")["answers"]["count"] == everything
    assert lived.ok("affected", "people/leave.md")["answers"]["count"] < everything


def test_affected_by_what_is_not_there(lived: Project) -> None:
    for thing in ("no/such.md", "abcdef123456", "prompt/nothing"):
        ran = lived("affected", thing)
        assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_the_chain_is_whole_against_a_head_that_was_kept(project: Project) -> None:
    project.ok("index")
    (project.root / "head.json").write_text(project("audit", "head").out)
    project.ok("keys", "create", "ci")
    assert project("audit", "verify", "--head", "head.json").out.startswith("whole: ")
    head = json.loads((project.root / "head.json").read_text())
    (project.root / "head.json").write_text(json.dumps(head | {"sequence": head["sequence"] + 1}))
    forged = project("audit", "verify", "--head", "head.json")
    assert (forged.code, "not genuine" in forged.err) == (2, True)


def test_a_changed_event_is_found(project: Project) -> None:
    project.ok("index")
    database = sqlite3.connect(project.root / ".genyard" / "catalog.sqlite3")
    with database:
        database.execute("UPDATE events SET actor = 'nobody' WHERE sequence = 2")
    database.close()
    ran = project("audit", "verify")
    assert ran.code == 6
    assert ran.out.startswith("BROKEN after 1 events: event 2")
    assert "event 2 is not what was written" in ran.err


def test_events_are_listed(lived: Project) -> None:
    events = lived.ok("audit", "--limit", "100")["events"]
    # Other tests may have exported from it, which is an event too.
    changes = [one["verb"] for one in events if one["verb"] not in ("began", "exported")]
    assert changes[:2] == ["created", "deployed"]
    assert "endpoint/desk@prod" in lived("audit").out


def test_a_head_file_that_is_none(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("[1]")
    ran = project("audit", "verify", "--head", "bad.json")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_the_list_of_events_says_where_it_goes_on(lived: Project) -> None:
    every = lived.ok("audit", "--limit", "200")
    assert every["next"] is None and "more: " not in lived("audit", "--limit", "200").out
    first = lived.ok("audit", "--limit", "1")
    assert lived("audit", "--limit", "1").out.endswith(f"more: --after {first['next']}, or a higher --limit\n")
    rest = lived.ok("audit", "--after", str(first["next"]), "--limit", "200")
    assert first["events"] + rest["events"] == every["events"]
