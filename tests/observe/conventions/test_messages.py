"""Messages of every dialect in one form."""

import json

import pytest
from tests.observe.conventions.spans import text

from genyard.core.canonical import Json
from genyard.observe.conventions.messages import answered, asked, choices_of, instructions, messages_of
from genyard.observe.conventions.tools import definitions
from genyard.store.rows import WrittenJson

CALL: Json = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Oslo"}}
RESULT: Json = {"type": "tool_call_response", "id": "c1", "response": {"celsius": 7}}


@pytest.mark.parametrize(
    "written",
    [
        '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
        '[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"}],"finish_reason":"stop"}]',
        '[{"role":"assistant","parts":[{"type":"tool_call","name":"f","arguments":{"a":[1]}}],"name":"bot"}]',
        "[]",
    ],
)
def test_what_is_in_form_stays_the_text_it_is(written: str) -> None:
    found = asked(written)
    assert (found, type(found)) == (written, WrittenJson)


def test_nulls_are_left_out_and_unknown_keys_and_parts_stay() -> None:
    odd: Json = {"type": "hologram", "x": 1}
    sent: Json = [
        {"role": "user", "name": None, "mood": "gay", "parts": [odd, {"type": "text", "content": "a", "id": None}]}
    ]
    expected = [{"role": "user", "mood": "gay", "parts": [odd, {"type": "text", "content": "a"}]}]
    assert asked(json.dumps(sent)) == expected
    assert asked(sent) == expected


def test_a_word_for_an_end_is_the_one_word() -> None:
    sent = '[{"role":"assistant","parts":[{"type":"text","content":"a"}],"finish_reason":"tool_calls"}]'
    assert answered(sent) == [{**text("assistant", "a"), "finish_reason": "tool_call"}]


def test_plain_text_is_a_message() -> None:
    assert asked("hi") == [text("user", "hi")]
    assert answered("hi") == [text("assistant", "hi")]
    assert asked("") is None
    assert asked("[cut") is None


_CALLED: Json = {
    "id": "c1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
}
SHAPES: dict[str, list[Json]] = {
    "openai": [
        {"role": "assistant", "content": None, "tool_calls": [_CALLED]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"celsius":7}'},
    ],
    "openai responses": [
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Oslo"}', "id": "fc"},
        {"type": "function_call_output", "call_id": "c1", "output": '{"celsius":7}'},
    ],
    "anthropic": [
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}}],
        },
        {"role": "tool", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": '{"celsius":7}'}]},
    ],
    "bedrock": [
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Oslo"}}}],
        },
        {"role": "tool", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": {"celsius": 7}}]}}]},
    ],
    "gemini": [
        {"role": "assistant", "parts": [{"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Oslo"}}}]},
        {"role": "tool", "parts": [{"function_response": {"id": "c1", "name": "w", "response": {"celsius": 7}}}]},
    ],
    "vercel": [
        {
            "role": "assistant",
            "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Oslo"}}],
        },
        {
            "role": "tool",
            "content": [
                {"type": "tool-result", "toolCallId": "c1", "output": {"type": "json", "value": {"celsius": 7}}}
            ],
        },
    ],
    "langchain": [
        {
            "lc": 1,
            "id": ["langchain", "schema", "messages", "AIMessage"],
            "kwargs": {"content": "", "tool_calls": [{"id": "c1", "name": "weather", "args": {"city": "Oslo"}}]},
        },
        {"type": "tool", "tool_call_id": "c1", "content": '{"celsius":7}'},
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tools_call_and_its_answer_are_the_same_in_every_shape(shape: str) -> None:
    assert messages_of(SHAPES[shape], role="user") == [
        {"role": "assistant", "parts": [CALL]},
        {"role": "tool", "parts": [RESULT]},
    ]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ([{"type": "output_text", "text": "a", "annotations": []}], [{"type": "text", "content": "a"}]),
        ([{"type": "thinking", "thinking": "hm", "n": 1}], [{"type": "reasoning", "content": "hm", "n": 1}]),
        ([{"reasoningContent": {"reasoningText": {"text": "hm"}}}], [{"type": "reasoning", "content": "hm"}]),
        ([{"type": "image_url", "image_url": {"url": "u"}}], [{"type": "image_url", "image_url": {"url": "u"}}]),
        ('[{"type":"text","text":"a"}]', [{"type": "text", "content": "a"}]),
        ("[not a list of parts]", [{"type": "text", "content": "[not a list of parts]"}]),
        ("[1, 2]", [{"type": "text", "content": "[1, 2]"}]),
    ],
)
def test_parts_of_every_kind_are_read(content: Json, parts: Json) -> None:
    assert messages_of([{"role": "user", "content": content}], role="user") == [{"role": "user", "parts": parts}]


def test_a_message_that_says_nothing_is_left_out() -> None:
    assert messages_of([{"role": "user"}, {"role": "user", "content": ""}, 5, None], role="user") is None


def test_a_batch_of_one_conversation_is_that_conversation() -> None:
    assert messages_of([[{"type": "human", "content": "hi"}]], role="user") == [text("user", "hi")]


def test_choices_keep_their_ends() -> None:
    choices: Json = [{"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "a"}}, {}, 3]
    assert choices_of(choices) == [{**text("assistant", "a"), "finish_reason": "length"}]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('[{"type":"text","content":"a"}]', "a"),
        ([{"type": "text", "content": "a"}, {"text": "b"}], "a\n\nb"),
        ("be brief", "be brief"),
        ('[{"type":"image"}]', [{"type": "image"}]),
    ],
)
def test_instructions_that_are_text_are_one_text(written: Json, read: Json) -> None:
    assert instructions(written) == read


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "function", "function": {"name": "f", "parameters": {"a": 1}, "strict": True}},
        {"name": "f", "inputSchema": {"a": 1}},
        {"name": "f", "input_schema": {"a": 1}, "description": None},
        '{"type":"function","name":"f","parameters":{"a":1}}',
    ],
)
def test_a_tools_definition_is_taken_out_of_its_wrapping(raw: Json) -> None:
    assert definitions([raw]) == [{"type": "function", "name": "f", "parameters": {"a": 1}}]
