import msgspec
import pytest
from tests.discover.asking import OPENAI, ask

from genyard.core.canonical import JsonObject
from genyard.core.errors import InvalidInput
from genyard.discover.chat import ChatRequest, Message, ModelRef, ToolCall
from genyard.discover.openai_request import decode_request, encode_request

CALL = ToolCall(id="call_1", name="look_up", arguments='{"word": "badge"}')
TOOL: JsonObject = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
CHAT = ChatRequest(
    model=OPENAI,
    messages=(
        Message(role="system", content="Be brief."),
        Message(role="user", content="Was heißt „badge“?", name="ana"),
        Message(role="assistant", tool_calls=(CALL,)),
        Message(role="tool", content="Ausweis", tool_call_id="call_1"),
    ),
    params={"temperature": 0, "response_format": {"type": "json_object"}},
    tools=(TOOL,),
)


def openai(name: str) -> ModelRef:
    return ModelRef(provider="openai", model=name)


def test_a_request_is_read_back_as_it_was_written() -> None:
    asked = decode_request(encode_request(CHAT, stream=False), openai)
    assert (asked.request, asked.stream, asked.include_usage) == (CHAT, False, False)


def test_a_stream_asks_for_its_usage() -> None:
    asked = decode_request(encode_request(CHAT, stream=True), openai)
    assert (asked.request, asked.stream, asked.include_usage) == (CHAT, True, True)


def test_a_request_has_the_fields_of_the_api() -> None:
    body = msgspec.json.decode(encode_request(CHAT, stream=False))
    assert body["messages"][2] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"word": "badge"}'}}
        ],
    }
    assert (body["model"], body["temperature"], body["tools"]) == ("gpt-5-mini", 0, [TOOL])


def test_text_in_parts_is_joined() -> None:
    body = (
        b'{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}'
    )
    assert decode_request(body, openai).request.messages[0].content == "a\n\nb"


@pytest.mark.parametrize("name", ["model", "messages", "tools", "stream", "stream_options"])
def test_params_may_not_replace_what_the_request_says(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        encode_request(ChatRequest(model=OPENAI, messages=ask().messages, params={name: True}), stream=False)


def test_several_answers_at_once_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'n'"):
        encode_request(ChatRequest(model=OPENAI, messages=ask().messages, params={"n": 2}), stream=False)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "not a chat request"),
        (b"[]", "not a chat request"),
        (b"[" * 100_000, "not a chat request"),
        (b'{"model":"m","messages":[]}', "no messages"),
        (b'{"messages":[{"role":"user","content":"a"}]}', "not a chat request"),
        (b'{"model":"m","messages":[{"role":"poet","content":"a"}]}', r"messages\[0\].role"),
        (b'{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]}', "image_url"),
        (b'{"model":"m","messages":[{"role":"user","content":7}]}', "content"),
        (b'{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]}', "names no function"),
    ],
)
def test_what_is_not_a_request_is_refused_with_its_place(body: bytes, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        decode_request(body, openai)
