"""The OpenAI-compatible door, asked by the real ``openai`` client over a real connection."""

import json
from collections.abc import Iterator
from typing import Any, cast

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletion
from tests.processes import Served, up
from tests.projects import ROWS, Project, make_project
from tests.upstream import Upstream, upstream

QUESTION = ROWS[0][1]


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with upstream() as here:
        yield here


@pytest.fixture(autouse=True)
def answering(provider: Upstream) -> None:
    provider.way = "answer"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, provider: Upstream) -> Project:
    """Two systems: ``desk`` answers with the embedded reader, ``far`` asks the provider."""
    project = make_project(
        tmp_path_factory.mktemp("door"),
        metrics="[{name: quick, metric: latency_s, cap: 1000}]",
        gates="[{metric: quick, on: golden, at_most: 1000}]",
        environment={"GENYARD_MAX_RETRIES": "0"},
    )
    far = f"  far: {{model: '{provider.model}', prompt: prompts/far.md, params: {{temperature: 0.5}}}}\n"
    project.replace("genyard.yaml", "systems:\n", f"systems:\n{far}")
    project.write("prompts/far.md", "---\nvariables: {question: string}\n---\n{{ question }}\n")
    return project


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Served]:
    with up(project) as served:
        for system in ("desk", "far"):
            project.ok("release", system)
            project.ok("deploy", system, "--to", "prod")
        project.ok("deploy", "desk", "--to", "staging")
        yield served


def client_of(served: Served, project: Project, *scopes: str) -> openai.OpenAI:
    given = [one for scope in scopes for one in ("--scope", scope)]
    key = project.ok("keys", "create", "test", *given)["secret"]
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key=key, max_retries=0, timeout=30)


@pytest.fixture(scope="module")
def client(served: Served, project: Project) -> openai.OpenAI:
    return client_of(served, project)


def ask(client: openai.OpenAI, model: str, question: str, **more: Any) -> tuple[ChatCompletion, Any]:
    """Return the answer and its headers."""
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": question}], **more
    )
    return cast("ChatCompletion", raw.parse()), raw.headers


def test_an_answer_names_its_release_its_endpoint_and_its_trace(
    client: openai.OpenAI, project: Project, served: Served
) -> None:
    answer, headers = ask(client, "desk", QUESTION)
    trace, release = headers["genyard-trace-id"], headers["genyard-release"]
    assert "ten seconds" in (answer.choices[0].message.content or "")
    assert (answer.model, answer.id, answer.choices[0].finish_reason) == ("desk", f"chatcmpl-{trace}", "stop")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert headers["genyard-endpoint"] == "desk@prod"
    why = project.ok("why", trace)
    assert (why["release"]["digest"], why["endpoint"]) == (release, "desk@prod")
    assert why["links"] == [f"{served.url}/p/acme/traces/{trace}"]
    assert [one["document"] for one in why["documents"] if one["used"]] == ["it/badges.md"]


def test_every_span_of_an_answer_is_stamped(client: openai.OpenAI, served: Served) -> None:
    _, headers = ask(client, "desk@staging", QUESTION, user="ada")
    reply = httpx2.get(
        f"{served.url}/api/projects/acme/traces/{headers['genyard-trace-id']}",
        headers={"Authorization": f"Bearer {client.api_key}"},
    )
    spans = reply.json()["spans"]
    assert [span["operation"] for span in spans] == ["workflow", "retrieval", "chat"]
    stamped = {(span["release"], span["release_attested"], span["endpoint"], span["user_id"]) for span in spans}
    assert stamped == {(headers["genyard-release"], True, "desk@staging", "ada")}


def test_a_stream_is_the_same_answer_in_pieces(client: openai.OpenAI, project: Project) -> None:
    whole, _ = ask(client, "desk", QUESTION)
    raw = client.chat.completions.with_raw_response.create(
        model="desk",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(raw.parse())
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert sum(bool(text) for text in texts) > 1
    assert chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {f"chatcmpl-{raw.headers['genyard-trace-id']}"}
    assert project.ok("why", raw.headers["genyard-trace-id"])["trace"]["status"] == "answered"


def test_models_are_the_endpoints(client: openai.OpenAI) -> None:
    found = [one.id for one in client.models.list()]
    assert found == ["desk", "desk@prod", "desk@staging", "far", "far@prod"]


@pytest.mark.parametrize("model", ["desc", "desk@nowhere", "nothing@prod"])
def test_an_unknown_endpoint_is_404(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError, match="no release of"):
        ask(client, model, "hello")


def test_a_name_that_is_none_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="is not a system"):
        ask(client, "GPT 5!", "hello")


def test_a_scoped_key_asks_its_endpoint_and_learns_of_no_other(project: Project, served: Served) -> None:
    client = client_of(served, project, "serve:desk")
    assert ask(client, "desk@staging", QUESTION)[0].choices
    assert {one.id.partition("@")[0] for one in client.models.list()} == {"desk"}
    for other in ("far", "does-not-exist"):
        with pytest.raises(openai.PermissionDeniedError):
            ask(client, other, "hello")
    reply = httpx2.get(f"{served.url}/api/projects/acme/traces", headers={"Authorization": f"Bearer {client.api_key}"})
    assert reply.status_code == 403


def test_a_wrong_key_and_a_revoked_one_are_401(project: Project, served: Served) -> None:
    made = project.ok("keys", "create", "short")
    project.ok("keys", "revoke", made["id"])
    for key in ("gy_wrong", made["secret"]):
        with pytest.raises(openai.AuthenticationError):
            ask(openai.OpenAI(base_url=f"{served.url}/v1", api_key=key, max_retries=0), "desk", "hello")


TOOL = {"type": "function", "function": {"name": "open_door", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"tools": [TOOL]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"n": 2}, "one answer a request"),
        ({"logprobs": True}, "logprobs"),
    ],
)
def test_what_a_release_does_not_do_is_refused(client: openai.OpenAI, more: dict[str, Any], named: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=named):
        ask(client, "desk", "hello", **more)


def test_what_the_release_decides_itself_is_passed_over_and_named(client: openai.OpenAI, provider: Upstream) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="far",
        messages=[{"role": "system", "content": "Be rude."}, {"role": "user", "content": "hello"}],
        temperature=1.9,
        max_tokens=3,
        extra_body={"seed\r\nx-evil: 1": 1, "größe": 2},
    )
    assert raw.headers["genyard-ignored"] == "?, max_tokens, system message, temperature"
    assert "x-evil" not in raw.headers
    asked = provider.requests[-1]
    assert (asked["temperature"], "max_tokens" in asked) == (0.5, False)
    assert [one["content"] for one in asked["messages"]] == ["hello"]


@pytest.mark.parametrize("way", ["overloaded", "rejected", "rubbish"])
def test_a_provider_that_fails_at_once_is_an_error_status_with_its_trace(
    client: openai.OpenAI, provider: Upstream, project: Project, way: str
) -> None:
    provider.way = way  # type: ignore[assignment]
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError) as raised:
            ask(client, "far", "hello", stream=stream)
        assert cast("Any", raised.value.body)["code"].startswith("provider_")
        trace = raised.value.response.headers["genyard-trace-id"]
        assert project.ok("why", trace)["trace"]["status"] == "error"


def test_a_provider_that_fails_half_way_ends_the_stream_with_the_reason(
    client: openai.OpenAI, provider: Upstream, project: Project
) -> None:
    provider.way = "half"
    raw = client.chat.completions.with_raw_response.create(
        model="far", messages=[{"role": "user", "content": "hello"}], stream=True
    )
    came: list[str] = []
    with pytest.raises(openai.APIError, match="stopped before it was finished"):
        for chunk in raw.parse():
            came.append(chunk.choices[0].delta.content or "")
    assert "".join(came).strip() == "You"
    assert project.ok("why", raw.headers["genyard-trace-id"])["trace"]["status"] == "error"


def test_a_trace_of_the_caller_is_joined(client: openai.OpenAI, served: Served) -> None:
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    _, headers = ask(client, "desk", QUESTION, extra_headers={"traceparent": f"00-{trace}-{parent}-01"})
    assert headers["genyard-trace-id"] == trace
    reply = httpx2.get(
        f"{served.url}/api/projects/acme/traces/{trace}", headers={"Authorization": f"Bearer {client.api_key}"}
    )
    roots = [span for span in reply.json()["spans"] if span["is_root"]]
    assert [(one["parent_span_id"], one["span_name"]) for one in roots] == [(parent, "answer")]
    assert headers["genyard-span-id"] == roots[0]["span_id"]


def test_a_conversation_goes_on_by_its_last_question(client: openai.OpenAI, provider: Upstream) -> None:
    client.chat.completions.create(
        model="far",
        messages=[
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "answer"},
            {"role": "user", "content": "second"},
        ],
    )
    assert provider.requests[-1]["messages"][-1]["content"] == "second"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"model": "desk"}',
        b'{"model": "desk", "messages": []}',
        b'{"model": "desk", "messages": [{"role": "assistant", "content": "x"}]}',
        b'{"model": "desk", "messages": [{"role": "user", "content": " "}]}',
        b'{"model": "desk", "messages": [{"role": "boss", "content": "x"}]}',
        b'{"model": "desk", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
        b'{"model": 5, "messages": [{"role": "user", "content": "x"}]}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_question_is_refused_in_openai_s_form(
    client: openai.OpenAI, served: Served, body: bytes
) -> None:
    reply = httpx2.post(
        f"{served.url}/v1/chat/completions", content=body, headers={"Authorization": f"Bearer {client.api_key}"}
    )
    assert reply.status_code == 422
    error = json.loads(reply.content)["error"]
    assert (error["code"], error["type"]) == ("invalid_input", "invalid_input")
    assert "\n" not in error["message"]


@pytest.mark.parametrize(
    "question", ["Был ли бейдж? 🪪", "هل الشارة ضائعة؟", "<script>alert(1)</script>", "\x1b[31mred"]
)
def test_any_text_comes_back_as_it_went(client: openai.OpenAI, question: str) -> None:
    assert ask(client, "far", question)[0].choices[0].message.content == f"You asked: {question}"


def test_a_body_over_the_bound_is_refused(client: openai.OpenAI, served: Served) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(66):
            yield b" " * 1024 * 1024

    key = {"Authorization": f"Bearer {client.api_key}"}
    for content in (b" " * (65 * 1024 * 1024), pieces()):
        reply = httpx2.post(f"{served.url}/v1/chat/completions", content=content, headers=key)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
