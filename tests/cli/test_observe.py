"""``genyard traces``, ``sessions`` and ``stats``, over a project that has lived."""

import json
import re
import time

import pytest
from tests.observe.pictures import data_url, png
from tests.projects import ROWS, Project

from genyard.cli.observe import hours_of, money_of
from genyard.core.errors import InvalidInput


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


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("24h", 24), ("7d", 168), ("1.5h", 1.5)])
def test_lengths_of_time(text: str, hours: float) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize("text", ["", "7", "d", "1w", "-1h", "٣h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(InvalidInput, match="no length of time"):
        hours_of(text)


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
