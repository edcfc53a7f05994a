import pytest

from genyard.core.errors import ProviderBroken
from genyard.discover.chat import Completion, Delta, ToolCall, Usage
from genyard.discover.openai_answer import decode_answer
from genyard.discover.openai_stream import ChunkAssembler, ChunkWriter
from genyard.discover.sse import EventParser

ANSWER = Completion(
    content="Hello there",
    finish_reason="tool_calls",
    usage=Usage(input_tokens=3, output_tokens=2),
    response_model="m",
    response_id="id-1",
    tool_calls=(ToolCall(id="a", name="f", arguments="{}"), ToolCall(id="b", name="g", arguments='{"x":1}')),
)


def assembled(*chunks: str, done: bool = True) -> Completion:
    assembler = ChunkAssembler()
    for chunk in chunks:
        assembler.add(decode_answer(chunk))
    return assembler.finish(done=done)


def delta(content: str) -> str:
    return '{"choices":[{"index":0,"delta":' + content + "}]}"


def test_what_is_cut_up_is_put_together_again() -> None:
    writer = ChunkWriter(answer_id="id-1", model="m", created_s=1, include_usage=True)
    deltas = [Delta(content="Hello "), Delta(content="there"), Delta(completion=ANSWER)]
    events = EventParser().feed(b"".join(writer.write(one) for one in deltas))
    assert assembled(*(event.data for event in events), done=False) == ANSWER


def test_usage_is_only_sent_when_asked_for() -> None:
    writer = ChunkWriter(answer_id="id-1", model="m", created_s=1, include_usage=False)
    assert b"usage" not in writer.write(Delta(completion=ANSWER))


def test_a_tool_call_grows_by_its_index() -> None:
    whole = assembled(
        delta('{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}'),
        delta('{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}]}'),
        delta('{"tool_calls":[{"index":0,"function":{"arguments":"{}"}},{"index":1,"function":{"arguments":"}"}}]}'),
    )
    assert whole.tool_calls == (
        ToolCall(id="a", name="f", arguments="{}"),
        ToolCall(id="b", name="g", arguments="{}"),
    )


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    whole = assembled(
        delta('{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}'),
        delta('{"tool_calls":[{"function":{"arguments":"}"}}]}'),
        delta('{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}]}'),
    )
    assert [call.arguments for call in whole.tool_calls] == ["{}", "{}"]


def test_other_choices_are_passed_over() -> None:
    whole = assembled(delta('{"content":"a"}'), '{"choices":[{"index":1,"delta":{"content":"b"}}]}')
    assert whole.content == "a"


def test_a_stream_without_mark_and_reason_stopped_half_way() -> None:
    with pytest.raises(ProviderBroken, match="the stream stopped before it was finished"):
        assembled(delta('{"content":"a"}'), done=False)


def test_a_stream_of_nothing_is_no_answer() -> None:
    with pytest.raises(ProviderBroken, match="stopped"):
        assembled(done=True)
