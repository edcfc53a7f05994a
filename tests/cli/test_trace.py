"""``genyard trace --span``: what a step was asked, what it answered, and what went wrong."""

import json
import time

from tests.projects import ROWS, Project

from genyard.cli.span_lines import LONGEST, span_lines


def send(project: Project, **span: object) -> None:
    """Keep one span of trace 7 that began a second ago."""
    at_ns = str(time.time_ns() - 1_000_000_000)
    sent = {"traceId": f"{7:032x}", "spanId": f"{7:016x}", "startTimeUnixNano": at_ns, "endTimeUnixNano": at_ns} | span
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]}
    project.write("sent.otlp.jsonl", json.dumps(request) + "\n")
    assert project.ok("traces", "--import", "sent.otlp.jsonl")["spans"] == 1


def test_a_span_is_shown_with_what_was_said_and_below_it_the_tree(lived: Project) -> None:
    trace = lived.ok("traces", f'"{ROWS[0][1]}"', "--limit", "1")["traces"][0]["trace_id"]
    (first,) = lived.ok("trace", trace)["spans"]
    call = first["children"][-1]
    shown = lived("trace", trace, "--span", call["span_id"]).out
    assert f"span {call['span_id']} · {call['span_name']}\n" in shown
    assert f"\n  user: {ROWS[0][1]}\n" in shown
    assert "\n  assistant: " in shown
    whole = lived.ok("trace", trace, "--span", call["span_id"])["span"]
    assert whole["output_messages"][0]["parts"][0]["content"] in shown
    above = lived("trace", trace, "--span", first["span_id"]).out
    assert "\nbelow it\n" in above and call["span_id"] in above
    assert "has no span" in lived("trace", trace, "--span", "0" * 16).err


def test_an_error_has_its_class_in_the_tree_and_its_message_at_the_span(project: Project) -> None:
    message = "no stock\nfor order 7"
    status = {"code": 2, "message": message}
    attributes = [{"key": "error.type", "value": {"stringValue": "StockError"}}]
    send(project, name="buy", status=status, attributes=attributes)
    assert f"failed: StockError  {7:016x}\n" in project("trace", f"{7:032x}").out
    shown = project("trace", f"{7:032x}", "--span", f"{7:016x}").out
    (line,) = [number for number, one in enumerate(shown.splitlines()) if one.startswith("error_message")]
    assert [one.split()[-1] for one in shown.splitlines()[line : line + 2]] == ["stock", "7"]


def test_a_long_message_is_cut_and_says_so_and_nothing_in_it_steers_the_terminal(project: Project) -> None:
    said = "\x1b[2J" + "a" * (LONGEST + 100)
    asked = json.dumps([{"role": "user", "parts": [{"type": "text", "content": said}]}])
    send(project, name="chat", attributes=[{"key": "gen_ai.input.messages", "value": {"stringValue": asked}}])
    shown = project("trace", f"{7:032x}", "--span", f"{7:016x}").out
    assert "\x1b" not in shown and "\\x1b[2J" in shown
    assert "(104 more letters: --json has them all)" in shown
    whole = project.ok("trace", f"{7:032x}", "--span", f"{7:016x}")["span"]
    assert whole["input_messages"][0]["parts"][0]["content"] == said


def test_what_has_no_form_that_is_known_is_shown_as_json() -> None:
    span = {
        "span_id": "a",
        "span_name": None,
        "output_messages": ["plain", {"role": "user", "content": 3}],
        "tags": ["x", "y"],
    }
    lines = list(span_lines(span | {"tool_arguments": {"order": 7}}))
    assert lines[:2] == ["span a · —", "tags  x, y"]
    assert lines[2:5] == ["", "output_messages", "  plain"]
    assert '    "order": 7' in lines
