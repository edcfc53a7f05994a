"""``genyard traces``, ``sessions`` and ``stats``, over a project that has lived."""

import json
import re
import time

import pytest
from tests.observe.pictures import data_url, png
from tests.projects import ROWS, Project

from genyard.cli.trace_rows import money_of


def test_traces_are_listed_newest_first(lived: Project) -> None:
    traces = lived.ok("traces", "--limit", "3")["traces"]
    assert len(traces) == 3
    assert [one["at"] for one in traces] == sorted((one["at"] for one in traces), reverse=True)
    assert lived("traces").out.startswith("time")


def test_a_query_chooses_and_a_wrong_one_is_explained(lived: Project) -> None:
    question = ROWS[0][1]
    found = lived.ok("traces", f'"{question}" -status:error', "--since", "30d", "--sort", "latency")["traces"]
    assert {one["preview"] for one in found} == {question}
    assert lived("traces", "no-such-word-anywhere").out.startswith("no trace matches: genyard ")
    wrong = lived("traces", "statsu:error")
    assert (wrong.code, "did you mean status?" in wrong.err) == (2, True)


def test_whole_traces_are_exported(lived: Project) -> None:
    ran = lived("traces", "--export", "jsonl", "--limit", "1")
    spans = [json.loads(line) for line in ran.out.splitlines()]
    assert len({one["trace_id"] for one in spans}) == 1
    assert lived("traces", "--export", "otlp", "--limit", "1", "--out", "traces.jsonl").code == 0
    (line,) = (lived.root / "traces.jsonl").read_text().splitlines()
    assert json.loads(line)["resourceSpans"]
    assert lived("traces", "--export", "csv").code == 2
    assert lived("traces", "--export", "traces.parquet", "--limit", "1").code == 0
    assert sorted(path.name for path in lived.root.glob("traces*")) == ["traces.jsonl", "traces.parquet"]
    assert (lived.root / "traces.parquet").read_bytes()[:4] == b"PAR1"
    assert "--out" in lived("traces", "--export", "parquet").err


def test_an_export_has_all_that_there_is_and_says_how_much(lived: Project) -> None:
    every = lived.ok("traces", "--limit", "1000")
    assert (len(every["traces"]) > 5, every["next"]) == (True, None)
    exported = lived.ok("traces", "--export", "every.jsonl")
    assert (exported["traces"], exported["matching"]) == (len(every["traces"]), len(every["traces"]))
    lines = (lived.root / "every.jsonl").read_text().splitlines()
    assert {json.loads(line)["trace_id"] for line in lines} == {one["trace_id"] for one in every["traces"]}
    written = lived("traces", "--export", "few.parquet", "--limit", "2").out
    assert written == f"the newest 2 of {len(every['traces'])} traces written to few.parquet\n"
    piped = lived("traces", "--export", "jsonl", "--limit", "2")
    assert (piped.code, piped.err) == (0, f"genyard: the newest 2 of {len(every['traces'])} traces\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--export", "csv"), "an export is jsonl, otlp or parquet, not 'csv'"),
        (("--export", "jsonl", "--out", "b.parquet"), "b.parquet is no name for an export as jsonl"),
        (("--export", "nowhere/a.jsonl"), "nowhere/a.jsonl: No such file or directory"),
        (("--since", "soon"), "'soon' is no time  (write 30m, 24h, 7d or 2w ago, or 2026-11-23"),
        (("--since", "0d"), "this time ends before it begins"),
        (("--since", "9w", "--until", "10w"), "this time ends before it begins"),
        (("--since", "900d"), "this time is longer than a year"),
        (("--columns", "modle"), "did you mean model?"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_with_how_it_can(
    lived: Project, arguments: tuple[str, ...], told: str
) -> None:
    ran = lived("traces", *arguments)
    assert (ran.code, told in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err


def test_a_list_says_that_there_is_more_and_goes_on_there(lived: Project) -> None:
    first, every = lived("traces", "--limit", "2").out.splitlines(), lived.ok("traces", "--limit", "4")["traces"]
    place = re.fullmatch(r"more: --after (\S+), or a higher --limit", first[-1])
    assert place
    rest = lived.ok("traces", "--limit", "2", "--after", place[1])["traces"]
    assert [one["trace_id"] for one in rest] == [one["trace_id"] for one in every[2:]]


def test_a_time_is_an_age_a_date_or_a_moment(lived: Project) -> None:
    every = lived.ok("traces", "--limit", "1000")["traces"]
    newest = every[0]["at"]
    for since in ("2w", "90d", "1.5h", newest[:10]):
        assert len(lived.ok("traces", "--limit", "1000", "--since", since)["traces"]) == len(every), since
    assert lived.ok("traces", "--until", "1h")["traces"] == []
    before = lived.ok("traces", "--limit", "1000", "--since", "1d", "--until", newest)["traces"]
    assert len(before) == sum(one["at"] < newest for one in every)
    assert lived.ok("stats", "--since", "90d")["points"] == lived.ok("stats", "--since", "7d")["points"]


def test_a_list_shows_the_columns_that_are_chosen_and_else_what_says_where_a_trace_is_from(lived: Project) -> None:
    assert lived("traces", "--columns", "user,service").out.splitlines()[0].split() == [
        *("time", "trace", "status", "user", "service", "asked")
    ]
    heads = lived("traces", "-endpoint:*").out.splitlines()[0].split()
    assert heads == ["time", "trace", "status", "model", "took", "tokens", "cost", "asked"]


def test_what_is_not_wanted_begins_with_a_minus_wherever_it_stands(lived: Project) -> None:
    every = lived.ok("traces", "--limit", "1000")["traces"]
    assert lived.ok("traces", "-status:error", "--limit", "1000")["traces"] == every
    assert lived.ok("traces", "--limit", "1000", "-status:error")["traces"] == every
    assert lived("traces", "--limit", "1000", "--", "-name:*").out.startswith("no trace matches")
    assert lived.ok("traces", "name:*", "-hidden", "--limit=1000")["traces"] == every
    assert lived.ok("traces", "name:*", "-name:*")["traces"] == []
    assert lived.ok("stats", "-name:*")["points"] == []
    assert lived("traces", "-h").out.startswith("Usage: ")
    assert "No such option: --sicne" in lived("traces", "--sicne", "7d").err


def test_a_view_takes_what_is_not_wanted_and_its_columns_are_shown(project: Project) -> None:
    project.ok("run", ROWS[0][1])
    saved = project.ok("views", "save", "went-well", "-status:error", "name:*", "--columns", "user")
    assert (saved["name"], saved["query"]) == ("went-well", "-status:error name:*")
    assert "  user  asked" in project("traces", "--view", "went-well").out.splitlines()[0]
    assert "Missing argument 'name'" in project("views", "save").err


def test_figures_of_a_whole_time_have_no_hour(lived: Project) -> None:
    assert lived("stats", "--every", "whole").out.startswith("count")


def test_an_order_by_what_nothing_has_is_told(lived: Project) -> None:
    assert "none has a value to sort by score.nope" in lived("traces", "--sort", "score.nope").out


def test_an_export_that_cannot_be_imported_says_which_can(lived: Project) -> None:
    lived("traces", "--export", "one.jsonl", "--limit", "1")
    told = lived("traces", "--import", "one.jsonl").err
    assert "export with --export traces.otlp.jsonl" in told


def test_pictures_and_recordings_of_traces_are_saved(project: Project) -> None:
    at_ns, pictures = time.time_ns(), [png(1), png(2)]
    attributes = [
        {"key": f"picture.{place}", "value": {"stringValue": data_url(one, "image/png")}}
        for place, one in enumerate(pictures)
    ]
    ids = {"traceId": f"{7:032x}", "spanId": f"{7:016x}", "name": "look"}
    span = ids | {"startTimeUnixNano": str(at_ns), "endTimeUnixNano": str(at_ns), "attributes": attributes}
    sent = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    (project.root / "sent.otlp.jsonl").write_text(json.dumps(sent) + "\n")
    assert project.ok("traces", "--import", "sent.otlp.jsonl")["spans"] == 1
    ran = project("traces", "name:look", "--media", "pictures", "--since", "1h")
    assert (ran.code, ran.out) == (0, "2 files saved in pictures\n")
    saved = list((project.root / "pictures").iterdir())
    assert all(re.fullmatch(f"{7:032x}-[0-9a-f]{{16}}\\.png", path.name) for path in saved)
    assert sorted(path.read_bytes() for path in saved) == sorted(pictures)
    lake = project("lake").out
    assert re.search(r"\nmedia +2 +\S+ kB", lake)
    assert re.search(r"\nday +files +rows +size +bytes a row +media +model calls", lake)
    (lost,) = [path for path in project.root.rglob("lake/media/*/*/*") if path.read_bytes() == pictures[0]]
    lost.unlink()
    told = project.ok("traces", "name:look", "--media", "pictures", "--since", "1h")
    assert told == {"bytes": len(pictures[1]), "files": 1, "gone": 1}


def test_figures_by_day_and_model(lived: Project) -> None:
    points = lived.ok("stats", "--by", "model", "--every", "whole")["points"]
    assert all(one["count"] > 0 and one["errors"] == 0 for one in points)
    assert lived("stats").out.startswith("day")
    assert lived.ok("stats", "--by", "kind")["points"] == lived.ok("stats", "--by", "operation")["points"]
    assert lived.ok("stats", "--by", "service")["points"] == lived.ok("stats", "--by", "service_name")["points"]
    assert "did you mean model?" in lived("stats", "--by", "modle").err


def test_there_is_no_session_where_nobody_named_one(lived: Project) -> None:
    assert lived.ok("sessions")["sessions"] == []
    assert lived("sessions").out.startswith("no session")
    assert lived("sessions", "nobody").code == 2


@pytest.mark.parametrize(
    ("usd", "text"), [(None, "—"), (0.0, "$0.0000"), (0.00002, "<$0.0001"), (0.00005, "$0.0001"), (12.5, "$12.5000")]
)
def test_a_small_cost_is_not_shown_as_none(usd: float | None, text: str) -> None:
    assert money_of(usd) == text


def test_a_trace_is_shown_as_a_tree_in_parts(project: Project) -> None:
    trace = project.ok("run", "How do I reset my badge?")["trace_id"]
    shown = project("trace", trace[:12])
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0].startswith(f"trace {trace} · ") and not lines[1].startswith(" ") and lines[2].startswith("  ")
    reply = project.ok("trace", trace)
    assert reply["spans"][0]["below"] + 1 == reply["span_count"] == len(lines) - 1
    top = project("trace", trace, "--limit", "1").out
    assert f"more: --span {reply['spans'][0]['span_id']}" in top
    below = project.ok("trace", trace, "--span", reply["spans"][0]["span_id"])
    assert [one["span_id"] for one in below["spans"]] == [one["span_id"] for one in reply["spans"][0]["children"]]
    assert project("trace", "ffffffffffff").err.startswith("genyard: the project")
