import asyncio

import pytest
from tests.discover.asking import OPENAI, ask, drained

from genyard.core.errors import ProviderBroken, ProviderOverloaded, ProviderRejected, ProviderTimeout
from genyard.discover.chat import ChatRequest, Completion, Message, Usage
from genyard.discover.scripted import HalfStream, ScriptedModel, echo, fixed


def completed(model: ScriptedModel, request: ChatRequest) -> Completion:
    return asyncio.run(model.complete(request))


def test_echo_says_what_the_user_said_last() -> None:
    messages = (Message(role="user", content="One"), Message(role="assistant", content="1"))
    request = ChatRequest(model=OPENAI, messages=(*messages, Message(role="user", content="Two"), messages[1]))
    assert completed(ScriptedModel(echo), request).content == "Two"


def test_fixed_says_its_text() -> None:
    assert completed(fixed("Yes."), ask()).content == "Yes."


def test_a_mapping_answers_by_the_users_message() -> None:
    model = ScriptedModel({"a": "1", "b": "2"})
    assert [completed(model, ask(text)).content for text in ("b", "a")] == ["2", "1"]
    with pytest.raises(ProviderRejected, match="no answer to 'c'"):
        completed(model, ask("c"))


def test_a_sequence_answers_in_order_and_ends() -> None:
    model = ScriptedModel(["1", "2"])
    assert [completed(model, ask()).content for _ in range(2)] == ["1", "2"]
    with pytest.raises(ProviderRejected, match="ended after 2 answers"):
        completed(model, ask())


def test_a_function_answers_from_the_request() -> None:
    assert completed(ScriptedModel(lambda request: request.model.model), ask()).content == "gpt-5-mini"


def test_a_whole_completion_is_given_as_it_is() -> None:
    given = Completion(content="a", finish_reason="length", usage=None, cost_usd=0.5)
    assert completed(ScriptedModel([given]), ask()) is given


def test_a_failure_is_raised() -> None:
    with pytest.raises(ProviderOverloaded, match="busy"):
        completed(ScriptedModel([ProviderOverloaded("busy")]), ask())


def test_half_a_stream_gives_its_pieces_and_breaks() -> None:
    pieces: list[str] = []

    async def main() -> None:
        async for piece in ScriptedModel([HalfStream(content="one two")]).stream(ask()):
            pieces.append(piece.content)

    with pytest.raises(ProviderBroken, match="stopped"):
        asyncio.run(main())
    assert pieces == ["one ", "two"]


def test_a_stream_is_the_answer_in_words() -> None:
    pieces, completion = asyncio.run(drained(fixed("one two  three "), ask()))
    assert "".join(pieces) == completion.content == "one two  three "
    assert len(pieces) == 4


def test_every_four_characters_begun_are_a_token() -> None:
    assert completed(fixed("12345"), ask("1234")).usage == Usage(input_tokens=1, output_tokens=2)


def test_latency_passes_before_the_answer_and_respects_the_deadline() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    model = ScriptedModel(echo, latency_s=2.0, sleep=sleep)
    assert completed(model, ask()).content == "Hello"
    with pytest.raises(ProviderTimeout):
        completed(model, ask(deadline_s=1.0))
    assert slept == [2.0, 1.0]
