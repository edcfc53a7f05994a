"""Answers: the pieces in their order, a span for every step, and what happens half way."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from tests.homes import FILES, MANIFEST, PROJECT, resolved

from genyard.app import App
from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, ProviderBroken, ProviderOverloaded
from genyard.develop.answer import Answer, Piece, Runnable, Runtime, answer
from genyard.develop.answer_spans import Stamps
from genyard.discover.chat import ChatModel, ChatRequest, Completion, Delta, Usage
from genyard.discover.scripted import HalfStream, ScriptedModel
from genyard.observe.explorer import one_trace
from genyard.observe.explorer.traces import listing
from genyard.observe.explorer.window import Window
from genyard.observe.tracing import context_from

QUESTION = "What does a lost badge cost?"
TWO_STEPS = MANIFEST.replace(
    """\
    model: scripted/echo
    prompt: prompts/answer.md
    retrieval: {corpus: "pages/**/*.md", top_k: 2}
""",
    """\
    steps:
      - prompt: {name: draft, output: draft, file: prompts/draft.md, model: scripted/draft}
      - prompt: {name: final, output: final, file: prompts/final.md, model: scripted/final}
""",
)
DRAFTS = {
    "prompts/draft.md": "---\nvariables: {question: string}\n---\n{{ question }}",
    "prompts/final.md": "---\nvariables: {draft: string}\n---\nBetter: {{ draft }}",
}


def runtime(app: App, model: ChatModel | Callable[[str], ChatModel]) -> Runtime:
    return Runtime(
        tracer=app.bench.tracing.tracer(),
        clock=app.bench.clock,
        model=lambda ref: model(ref.model) if callable(model) else model,
    )


def runnable(app: App, *, manifest: str = MANIFEST) -> Runnable:
    return app.bench.library.runnable(PROJECT, resolved(app, manifest=manifest, files={**FILES, **DRAFTS}))


async def pieces(app: App, runnable: Runnable, runtime: Runtime, stamps: Stamps | None = None) -> list[Piece]:
    """Answer to the end, and wait until the spans are there."""
    inputs = {"question": QUESTION}
    found = [one async for one in answer(runnable, inputs, runtime=runtime, stamps=stamps or Stamps(project=PROJECT))]
    await app.bench.tracing.committed(whole(found).span_id)
    return found


def whole(found: list[Piece]) -> Answer:
    assert found[-1].answer
    return found[-1].answer


def spans(app: App, trace_id: str) -> list[one_trace.Row]:
    return one_trace.trace(app.bench.lake, PROJECT, trace_id)


def test_the_first_piece_names_the_trace_and_the_last_is_the_whole(app: App) -> None:
    found = asyncio.run(pieces(app, runnable(app), runtime(app, ScriptedModel(["15 euros, says page [1]."]))))
    assert (found[0].trace_id, found[0].text) == (whole(found).trace_id, "")
    assert "".join(one.text for one in found[1:-1]) == whole(found).text == "15 euros, says page [1]."
    assert len(found) > 3
    assert all(one.answer is None for one in found[:-1])


def test_the_whole_has_sources_usage_cost_and_times(app: App) -> None:
    usage = Usage(input_tokens=7, output_tokens=3)
    said = Completion(content="15 euros [1]", finish_reason="length", usage=usage, cost_usd=0.25)
    found = whole(asyncio.run(pieces(app, runnable(app), runtime(app, ScriptedModel([said])))))
    assert [(one.label, one.used) for one in found.sources][:1] == [("it/badges.md § Lost", True)]
    assert not any(one.used for one in found.sources[1:])
    assert (found.usage.input_tokens, found.cost_usd, found.finish_reason) == (7, 0.25, "length")
    assert 0 <= (found.ttft_s or 0) <= found.latency_s


def test_every_step_has_a_span_below_the_root_with_the_stamps(app: App) -> None:
    stamps = Stamps(project=PROJECT, endpoint="desk@prod", run_id="r1", row_id="a", repeat=2, user_id="ada")
    system = runnable(app)
    found = whole(asyncio.run(pieces(app, system, runtime(app, ScriptedModel(["yes"])), stamps)))
    root, retrieval, chat = spans(app, found.trace_id)
    assert [root["span_name"], retrieval["span_name"], chat["span_name"]] == [
        "answer",
        "retrieve retrieve",
        "chat echo",
    ]
    assert retrieval["parent_span_id"] == chat["parent_span_id"] == root["span_id"]
    for one in (root, retrieval, chat):
        stamped = [one[name] for name in ("endpoint", "run_id", "row_id", "repeat", "user_id", "system", "status")]
        assert stamped == ["desk@prod", "r1", "a", 2, "ada", system.digest, "unset"]
    assert retrieval["index_digest"] in system.indexes
    assert chat["prompt_digest"] in system.prompts
    assert retrieval["document_digests"] == root["document_digests"]


def test_the_trace_of_a_caller_is_gone_on_with(app: App) -> None:
    system, trace = runnable(app), "4bf92f3577b34da6a3ce929d0e0e4736"

    async def asked() -> list[Piece]:
        context = context_from({"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        model = runtime(app, ScriptedModel(["yes"]))
        given = answer(system, {"question": "x"}, runtime=model, stamps=Stamps(project=PROJECT), context=context)
        return [one async for one in given]

    assert whole(asyncio.run(asked())).trace_id == trace


def test_of_several_prompts_the_last_speaks_and_all_are_counted(app: App) -> None:
    models = {"draft": ScriptedModel(["a draft"]), "final": ScriptedModel(lambda asked: asked.messages[-1].content)}
    found = asyncio.run(pieces(app, runnable(app, manifest=TWO_STEPS), runtime(app, models.__getitem__)))
    assert "".join(one.text for one in found) == whole(found).text == "Better: a draft"
    root, *steps = spans(app, whole(found).trace_id)
    tokens = [one["output_tokens"] for one in steps]
    assert all(isinstance(one, int) and one > 0 for one in tokens)
    assert root["output_tokens"] == sum(int(str(one)) for one in tokens)
    assert (root["usage_scope"], steps[0]["usage_scope"]) == ("aggregate", "self")


def test_a_question_that_finds_nothing_is_asked_without_passages(app: App) -> None:
    system = runnable(app)

    async def asked() -> list[Piece]:
        model = runtime(app, ScriptedModel(["none"]))
        return [one async for one in answer(system, {"question": "zzz"}, runtime=model, stamps=Stamps(project=PROJECT))]

    assert whole(asyncio.run(asked())).sources == ()


@pytest.mark.parametrize("inputs", [{}, {"question": 5}, {"text": "x"}])
def test_inputs_that_do_not_fit_are_refused_and_traced(app: App, inputs: dict[str, Json]) -> None:
    with pytest.raises(InvalidInput, match="question"):
        asyncio.run(_fails(app, ScriptedModel(["x"]), inputs))
    assert failed_root(app)["error_type"] == "invalid_input"


def test_a_stream_that_breaks_off_has_said_what_came(app: App) -> None:
    said: list[str] = []
    with pytest.raises(ProviderBroken):
        asyncio.run(_fails(app, ScriptedModel([HalfStream(content="It is ")]), {"question": QUESTION}, said))
    assert "".join(said) == "It is "
    assert failed_root(app)["error_type"] == "provider_broken"


def test_a_model_that_is_overloaded_is_told_as_it_is(app: App) -> None:
    with pytest.raises(ProviderOverloaded):
        asyncio.run(_fails(app, ScriptedModel([ProviderOverloaded("busy")]), {"question": QUESTION}))


async def _fails(app: App, model: ChatModel, inputs: dict[str, Json], said: list[str] | None = None) -> None:
    root_id = ""
    try:
        async for one in answer(runnable(app), inputs, runtime=runtime(app, model), stamps=Stamps(project=PROJECT)):
            root_id = one.span_id or root_id
            if said is not None and one.text:
                said.append(one.text)
    finally:
        await app.bench.tracing.committed(root_id)


def failed_root(app: App) -> one_trace.Row:
    page = listing(Window(lake=app.bench.lake, project=PROJECT, since_ns=0, until_ns=app.bench.clock.now_ns() + 1))
    assert page.rows[0]["status"] == "error"
    return page.rows[0]


class _Watched:
    """A model that speaks for ever and says when its stream was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def complete(self, request: ChatRequest) -> Completion:
        raise NotImplementedError

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:  # noqa: ARG002
        try:
            while True:
                yield Delta(content="more ")
        finally:
            self.closed = True


def test_closing_an_answer_closes_the_model_s_stream_at_once_and_ends_every_span(app: App) -> None:
    system, model = runnable(app), _Watched()

    async def begun() -> str:
        given = answer(system, {"question": "x"}, runtime=runtime(app, model), stamps=Stamps(project=PROJECT))
        assert isinstance(given, AsyncGenerator)
        first = await anext(given)
        await anext(given)
        await given.aclose()
        assert model.closed
        await app.bench.tracing.committed(first.span_id)
        return str(first.trace_id)

    found = spans(app, asyncio.run(begun()))
    assert [(one["span_name"], one["status"]) for one in found][::2] == [("answer", "error"), ("chat echo", "error")]
