"""Files of conversations: what is read of a line, and the spans that are made of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.projects import Project

from genyard.client.conversation_spans import spans_of
from genyard.client.conversations import Conversation, Line, conversation_of, read_lines
from genyard.core.errors import InvalidInput

HERE = Path("chats.jsonl")
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}}
CHAT: list[dict[str, Any]] = [
    {"role": "user", "content": "Where is order 7?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "on its way"},
    {"role": "assistant", "content": "It is on its way."},
]
TEXT = st.text(max_size=20)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool"])},
        optional={
            "content": st.none() | TEXT,
            "tool_call_id": st.sampled_from(["a", "b"]),
            "tool_calls": st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {"id": st.sampled_from(["a", "b"]), "function": st.fixed_dictionaries({"name": TEXT})}
                ),
                max_size=3,
            ),
        },
    ),
    max_size=8,
)


def conversation(value: dict[str, Any]) -> Conversation:
    return conversation_of(Line(1, value), path=HERE, written_ns=5)


def attributes(span: Any) -> dict[str, str]:
    return {one["key"]: one["value"]["stringValue"] for one in span["attributes"]}


def test_a_conversation_is_an_agent_its_turns_and_its_calls() -> None:
    root, turn, call, end = spans_of(conversation({"messages": CHAT, "model": "gpt-4o", "reward": 1}))
    assert [one["name"] for one in (root, turn, call, end)] == [
        "invoke_agent",
        "chat gpt-4o",
        "execute_tool look_up",
        "chat gpt-4o",
    ]
    assert {one["parentSpanId"] for one in (turn, call, end)} == {root["spanId"]}
    assert json.loads(attributes(root)["metadata"]) == {"reward": 1}
    assert json.loads(attributes(root)["gen_ai.input.messages"]) == CHAT[:1]
    assert json.loads(attributes(end)["gen_ai.input.messages"]) == CHAT[:3]
    tool = attributes(call)
    assert (tool["gen_ai.tool.call.arguments"], tool["gen_ai.tool.call.result"]) == ('{"id": 7}', "on its way")


def test_an_id_that_comes_again_is_answered_by_the_next_answer() -> None:
    again = [*CHAT[:3], CHAT[1], {"role": "tool", "tool_call_id": "c1", "content": "it came"}]
    calls = [one for one in spans_of(conversation({"messages": again})) if one["name"].startswith("execute_tool")]
    assert [attributes(one)["gen_ai.tool.call.result"] for one in calls] == ["on its way", "it came"]


@pytest.mark.parametrize(
    ("given", "at_ns"),
    [
        ({"created": 2}, 2_000_000_000),
        ({"timestamp": "1970-01-01T00:00:03Z"}, 3_000_000_000),
        ({"created_at": "1970-01-01T00:00:03"}, 5),
        ({"created": True, "timestamp": "soon"}, 5),
        ({"created": -1}, 5),
        ({}, 5),
    ],
)
def test_the_time_is_that_of_the_line_else_that_of_the_file(given: dict[str, Any], at_ns: int) -> None:
    assert conversation({"messages": CHAT} | given).at_ns == at_ns


@given(MESSAGES)
def test_any_messages_become_one_tree_that_is_always_the_same(messages: list[dict[str, Any]]) -> None:
    spans = spans_of(conversation({"messages": messages}))
    assert spans == spans_of(conversation({"messages": messages}))
    root, *others = spans
    assert {one["parentSpanId"] for one in others} <= {root["spanId"]}
    assert len({one["spanId"] for one in spans}) == len(spans)
    turns = [one for one in messages if one["role"] == "assistant"]
    assert len(others) == len(turns) + sum(len(one.get("tool_calls") or ()) for one in turns)


def test_a_list_is_read_as_lines_are(tmp_path: Path) -> None:
    lines, whole = tmp_path / "lines", tmp_path / "list"
    lines.write_text('{"messages": []}\n\n{"messages": []}\n')
    whole.write_text('[{"messages": []}, {"messages": []}]')
    assert [one.value for one in read_lines(lines)] == [one.value for one in read_lines(whole)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "line 1: no JSON"),
        ('{"messages": []}\n7', "line 2: no JSON object"),
        ("[7]", "item 1: no JSON object"),
        ("[", "is no JSON"),
        ('{"question": "Why?"}', "line 1: no conversation"),
        ('{"messages": [{"content": "x"}]}', "line 1: no conversation"),
        ("[" * 100_000, "JSON"),
        ("\xff", "line 1: no JSON"),
    ],
)
def test_what_is_no_conversation_is_told_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput, match=told):
        for line in read_lines(path):
            conversation_of(line, path=path, written_ns=5)


def test_an_export_is_imported_into_another_project(tmp_path: Path) -> None:
    project = Project(root=tmp_path)
    chats = tmp_path / "chats.jsonl"
    chats.write_text(json.dumps({"messages": CHAT, "user": "ann"}) + "\n")
    assert project("traces", "--import", "chats.jsonl").out == "4 spans kept, lines read: 1\n"
    assert project("traces", "--export", "otlp", "--out", "moved.jsonl").code == 0
    assert project.ok("traces", "--import", "moved.jsonl", "--project", "other")["spans"] == 4
    (there,) = project.ok("traces", "--project", "other")["traces"]
    (here,) = project.ok("traces")["traces"]
    assert (there["trace_id"], there["user"], there["preview"]) == (here["trace_id"], "ann", "Where is order 7?")
    assert project("traces", "--import", "missing.jsonl").code == 2
