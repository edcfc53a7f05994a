"""The gateway: how a request is read, and what an endpoint is at the moment of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.deploy.evidence import PROJECT, published
from tests.homes import resolved

from genyard.app import App
from genyard.core.errors import InvalidInput, NotFound, TooLarge
from genyard.core.ids import TraceId
from genyard.deploy import endpoints
from genyard.deploy.gateway import MAX_CHAT_BYTES, GatewayRequest, completion_of, headers, read_request
from genyard.develop.answer import Answer
from genyard.discover.chat import Usage
from genyard.discover.openai_request import MOST_MESSAGES

USER = {"role": "user", "content": "second"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def read(**body: Any) -> GatewayRequest:
    return read_request(json.dumps({"model": "desk", "messages": [USER]} | body).encode())


def test_the_last_message_is_the_question_and_the_others_are_history() -> None:
    said = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "answer"}, USER]
    found = read(messages=said, user="ada", stream=True)
    assert found.inputs == {
        "history": [{"content": one["content"], "role": one["role"]} for one in said[:2]],
        "question": "second",
    }
    assert (found.endpoint, found.user_id, found.stream, found.ignored) == ("desk", "ada", True, ())


def test_instructions_and_parameters_are_passed_over_and_named() -> None:
    found = read(messages=[{"role": "system", "content": "Be rude."}, USER], temperature=1, n=1, metadata={"a": "b"})
    assert found.inputs["history"] == []
    assert found.ignored == ("system message", "temperature")


@given(params=st.dictionaries(st.text(max_size=60), JSON, max_size=30))
def test_whatever_is_passed_over_can_stand_in_a_header(params: dict[str, object]) -> None:
    try:
        found = read(**{name: value for name, value in params.items() if name not in ("model", "messages")})
    except InvalidInput:
        return
    text = ", ".join(found.ignored)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) < 1000


@pytest.mark.parametrize(
    "name", ["functions", "response_format", "tool_choice", "audio", "modalities", "logprobs", "tools"]
)
def test_what_an_endpoint_cannot_do_is_refused_and_its_absence_is_not(name: str) -> None:
    given: Any = [{"type": "function", "function": {"name": "f"}}] if name == "tools" else True
    with pytest.raises(InvalidInput, match=f"takes no '{name}'"):
        read(**{name: given})
    assert read(**{name: None}).endpoint == "desk"


def test_a_conversation_that_would_hold_up_the_answers_of_others_is_refused() -> None:
    assert len(str(read(messages=[USER] * MOST_MESSAGES).inputs["history"])) > MOST_MESSAGES
    for messages in ([USER] * (MOST_MESSAGES + 1), [USER | {"content": "x" * MAX_CHAT_BYTES}]):
        with pytest.raises(TooLarge):
            read(messages=messages)


def test_an_endpoint_is_what_serves_at_the_moment_of_the_request(app: App) -> None:
    with pytest.raises(NotFound, match="no release of desk serves prod") as raised:
        app.serving.serve(PROJECT, "desk")
    assert raised.value.hint == "genyard deploy desk --to prod"
    made = published(app, "desk", 1, system=resolved(app))
    with app.bench.database.write() as tx:
        endpoints.deploy(tx, PROJECT, "desk", "prod", made, why="", by=app.local.actor, at_ns=1)
    served = app.serving.serve(PROJECT, "desk")
    assert (str(served.endpoint), served.endpoint.release) == ("desk@prod", made.digest)
    assert served.runnable.digest == made.part("system")
    told = headers(served, read(temperature=1), trace_id="abc", span_id="de")
    assert told == {
        "genyard-release": made.digest,
        "genyard-endpoint": "desk@prod",
        "genyard-trace-id": "abc",
        "genyard-span-id": "de",
        "genyard-ignored": "temperature",
    }


def test_who_answers_is_known_without_reading_until_anything_is_committed(app: App) -> None:
    made = published(app, "desk", 1, system=resolved(app))
    for environment in ("staging", "canary"):
        with app.bench.database.write() as tx:
            endpoints.deploy(tx, PROJECT, "desk", environment, made, why="", by=app.local.actor, at_ns=1)
        assert app.serving.known(PROJECT, "desk@staging") is None
        served = app.serving.serve(PROJECT, "desk@staging")
        assert app.serving.known(PROJECT, "desk@staging") == served
        assert served.endpoint.release == made.digest


def test_an_endpoint_of_another_project_is_not_there(app: App) -> None:
    with pytest.raises(NotFound):
        app.serving.serve("other", "desk")


def test_the_id_of_a_completion_holds_its_trace() -> None:
    answer = Answer(
        text="yes",
        sources=(),
        finish_reason="stop",
        usage=Usage(input_tokens=1, output_tokens=2),
        cost_usd=None,
        latency_s=0.1,
        ttft_s=None,
        trace_id=TraceId("ab" * 16),
        span_id="cd" * 8,
    )
    found = completion_of(answer, model="desk")
    assert (found.content, found.response_model, found.response_id) == ("yes", "desk", "chatcmpl-" + "ab" * 16)
