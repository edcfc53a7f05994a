import pytest

from genyard.core.errors import ProviderBroken
from genyard.discover.chat import Completion, ToolCall, Usage
from genyard.discover.openai_answer import decode_completion, decode_embeddings, encode_completion, finish_reason

WHOLE = Completion(
    content="",
    finish_reason="tool_calls",
    usage=Usage(input_tokens=9, output_tokens=4, cache_read_tokens=3, reasoning_tokens=2),
    response_model="gpt-5-mini-2025-08-07",
    response_id="chatcmpl-1",
    tool_calls=(ToolCall(id="call_1", name="look_up", arguments="{}"),),
    system_fingerprint="fp_1",
)


def test_an_answer_is_read_back_as_it_was_written() -> None:
    assert decode_completion(encode_completion(WHOLE, created_s=1_750_000_000)) == WHOLE


def test_nulls_and_missing_fields_are_taken() -> None:
    body = b'{"choices":[{"message":{"content":"a","tool_calls":null},"finish_reason":null}],"usage":null,"id":null}'
    assert decode_completion(body) == Completion(content="a", finish_reason="stop", usage=None)


def test_thinking_parts_are_left_out() -> None:
    body = b'{"choices":[{"message":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"a"}]}}]}'
    assert decode_completion(body).content == "a"


def test_a_refusal_is_a_filtered_answer() -> None:
    completion = decode_completion(b'{"choices":[{"message":{"content":null,"refusal":"I cannot."}}]}')
    assert (completion.content, completion.finish_reason) == ("I cannot.", "content_filter")


@pytest.mark.parametrize(
    ("said", "meant"), [("length", "length"), ("function_call", "tool_calls"), ("STOP", "stop"), ("novel", "stop")]
)
def test_finish_reasons_become_the_words_of_the_api(said: str, meant: str) -> None:
    assert finish_reason(said) == meant


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"null",
        b"[" * 100_000,
        b'{"choices":[]}',
        b'{"choices":[{"message":null}]}',
        b'{"choices":[{"message":{"content":7}}]}',
        b'{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":-1}}',
        b'{"choices":[{"message":{"tool_calls":[{"id":"x"}]}}]}',
        b'{"choices":[{"message":{"content":"\xff"}}]}',
    ],
)
def test_rubbish_is_a_broken_answer(body: bytes) -> None:
    with pytest.raises(ProviderBroken):
        decode_completion(body)


def test_vectors_come_back_in_the_order_of_the_texts() -> None:
    body = b'{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}]}'
    assert decode_embeddings(body, count=2) == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "rows",
    [
        b"",
        b'{"index":0,"embedding":[1]}',
        b'{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}',
        b'{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}',
    ],
)
def test_missing_doubled_and_uneven_vectors_are_refused(rows: bytes) -> None:
    with pytest.raises(ProviderBroken, match="2 vectors of one length"):
        decode_embeddings(b'{"data":[' + rows + b"]}", count=2)
