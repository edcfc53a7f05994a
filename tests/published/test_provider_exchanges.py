"""Recorded exchanges with providers of the OpenAI format: our reading gives the usage that they reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from genyard.core.errors import ProviderBroken, ProviderRejected
from genyard.discover.chat import Completion, Usage
from genyard.discover.openai_answer import decode_answer, decode_completion
from genyard.discover.openai_errors import refusal
from genyard.discover.openai_stream import ChunkAssembler
from genyard.discover.sse import EventParser

Exchange = dict[str, Any]


@pytest.fixture(scope="module")
def exchanges(shared_data: Path) -> list[Exchange]:
    lines = (shared_data / "provider_exchanges" / "exchanges.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if "chat/completions" in row["uri"]]


def body(exchange: Exchange) -> bytes:
    return json.dumps(exchange["response"]).encode()


def events(exchange: Exchange) -> list[str]:
    found = EventParser().feed(exchange["response"]["string"].encode())
    return [event.data for event in found if event.data != "[DONE]"]


def whole(exchange: Exchange) -> list[Exchange]:
    choices: list[Exchange] = exchange["response"].get("choices", [])
    return choices


def streamed(exchanges: list[Exchange]) -> list[Exchange]:
    return [one for one in exchanges if one["response"].get("string", "").startswith("data:")]


def assembled(exchange: Exchange) -> Completion:
    assembler = ChunkAssembler()
    for data in events(exchange):
        assembler.add(decode_answer(data))
    return assembler.finish(done=True)


def reported(usage: dict[str, Any] | None) -> Usage | None:
    if not usage:
        return None
    return Usage(
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        cache_read_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0,
        reasoning_tokens=(usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
    )


def test_every_whole_answer_is_read_with_its_usage(exchanges: list[Exchange]) -> None:
    answers = [one for one in exchanges if whole(one)]
    assert len(answers) == 65
    for one in answers:
        completion = decode_completion(body(one))
        assert completion.usage == reported(one["response"]["usage"]), one["id"]
        assert completion.finish_reason == whole(one)[0]["finish_reason"], one["id"]


def test_the_tokens_sum_to_what_the_providers_counted(exchanges: list[Exchange]) -> None:
    usages = [decode_completion(body(one)).usage for one in exchanges if whole(one)]
    counted = [one["response"]["usage"] for one in exchanges if whole(one)]
    assert sum(one.input_tokens for one in usages if one) == sum(one["prompt_tokens"] for one in counted) > 0
    assert sum(one.output_tokens for one in usages if one) == sum(one["completion_tokens"] for one in counted) > 0


def test_text_and_tool_calls_are_those_that_were_sent(exchanges: list[Exchange]) -> None:
    for one in exchanges:
        for choice in whole(one)[:1]:
            completion = decode_completion(body(one))
            calls = [call["function"] for call in choice["message"].get("tool_calls") or []]
            assert [(call.name, call.arguments) for call in completion.tool_calls] == [
                (call["name"], call["arguments"]) for call in calls
            ]
            if isinstance(choice["message"].get("content"), str):
                assert completion.content == choice["message"]["content"]


def test_every_stream_is_put_together_with_its_usage(exchanges: list[Exchange]) -> None:
    streams = streamed(exchanges)
    assert len(streams) == 4
    for one in streams:
        usages = [chunk["usage"] for chunk in map(json.loads, events(one)) if chunk.get("usage")]
        assert usages, one["id"]
        assert assembled(one).usage == reported(usages[-1]), one["id"]


def test_a_streamed_tool_call_is_put_together(exchanges: list[Exchange]) -> None:
    called = next(one for one in streamed(exchanges) if one["id"].endswith("streams_real_model#0"))
    completion = assembled(called)
    assert [(call.name, call.arguments) for call in completion.tool_calls] == [("get_capital", '{"country":"UK"}')]
    assert completion.finish_reason == "tool_calls"


def test_recorded_refusals_are_rejections_in_the_providers_words(exchanges: list[Exchange]) -> None:
    refused = [one for one in exchanges if one["status"]["code"] != 200]
    assert len(refused) == 6
    for one in refused:
        error = refusal(one["status"]["code"], {}, body(one), host="h", key="", hint="", now_ns=0)
        assert isinstance(error, ProviderRejected)
        assert one["response"]["error"]["message"][:40] in error.message


def test_what_is_no_completion_is_broken(exchanges: list[Exchange]) -> None:
    answered = [one for one in exchanges if one["status"]["code"] == 200]
    strange = [one for one in answered if not whole(one) and one not in streamed(exchanges)]
    assert len(strange) == 2
    for one in strange:
        with pytest.raises(ProviderBroken):
            decode_completion(body(one))
