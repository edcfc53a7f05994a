"""The one function that answers with a system. Playground, evaluation, endpoint and replay all call it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput
from genyard.core.ids import TraceId
from genyard.develop.answer_spans import (
    Stamps,
    asked_attributes,
    chat_attributes,
    child_of,
    closing,
    completion_attributes,
    retrieval_attributes,
    root_attributes,
    source_attributes,
    span_id_of,
    trace_id_of,
)
from genyard.develop.bm25 import Hit, OpenIndex
from genyard.develop.citations import Source, cited
from genyard.develop.prompts import Prompt, render
from genyard.develop.systems import PromptStep, RetrieveStep, Step, System
from genyard.discover.chat import ChatModel, ChatRequest, Completion, FinishReason, ModelRef, Usage
from genyard.discover.streams import closing as closing_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A system with its parts opened: everything was resolved to a digest before it came here."""

    system: System
    digest: Digest
    prompts: Mapping[Digest, Prompt]
    indexes: Mapping[Digest, OpenIndex]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What an answer is made with, and what does not change what it says."""

    tracer: Tracer
    clock: Clock
    model: Callable[[ModelRef], ChatModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer with what it cost and what it stood on."""

    text: str
    sources: tuple[Source, ...]
    finish_reason: FinishReason
    usage: Usage
    cost_usd: float | None
    """None when a price is not known."""
    latency_s: float
    ttft_s: float | None
    trace_id: TraceId
    span_id: str
    """Of its root span: a caller's trace may hold several answers."""
    response_model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of an answer on its way. The first carries only its ids, the last only the whole ``answer``."""

    text: str = ""
    trace_id: TraceId | None = None
    span_id: str = ""
    answer: Answer | None = None


@dataclass(slots=True, kw_only=True)
class _Course:
    """What one answer has gathered so far."""

    values: dict[str, Json | Sequence[Hit]]
    hits: list[Hit] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    first_text_s: float | None = None


async def answer(
    runnable: Runnable,
    inputs: Mapping[str, Json],
    *,
    runtime: Runtime,
    stamps: Stamps,
    context: Context | None = None,
) -> AsyncIterator[Piece]:
    """Answer ``inputs`` with a system: yield the last step's text as it comes, then the whole answer.

    Each step has a span under one root span, which carries the stamps. Closing the iterator cancels the model call.
    Raises InvalidInput for inputs that the system does not take, and ProviderError, also half way.
    """
    clock = runtime.clock
    started_s = clock.monotonic_s()
    root = runtime.tracer.start_span(
        "answer", context=context, attributes=root_attributes(stamps, runnable.digest, inputs)
    )
    with closing(root):
        yield Piece(trace_id=trace_id_of(root), span_id=span_id_of(root))
        course = _Course(values=dict(inputs))
        for step in runnable.system.steps:
            taken = _take(runnable, step, course, runtime=runtime, root=root, stamps=stamps)
            async with closing_stream(taken) as texts:
                async for text in texts:
                    if step is runnable.system.steps[-1]:
                        if course.first_text_s is None:
                            course.first_text_s = clock.monotonic_s() - started_s
                        yield Piece(text=text)
        whole = _whole(course, root=root, latency_s=clock.monotonic_s() - started_s)
        root.set_attributes(completion_attributes(_summed(course), cost_usd=whole.cost_usd, root=True))
        root.set_attributes(source_attributes(whole.sources, latency_s=whole.latency_s, ttft_s=whole.ttft_s))
    yield Piece(answer=whole)


async def whole_answer(pieces: AsyncIterator[Piece]) -> Answer:
    """Run an answer to its end and return it."""
    whole: Answer | None = None
    # To its very end: a generator that is left before it is closed later, by a task of its own.
    async for piece in pieces:
        whole = piece.answer
    assert whole is not None, "an answer ends with its whole"
    return whole


async def _take(
    runnable: Runnable, step: Step, course: _Course, *, runtime: Runtime, root: Span, stamps: Stamps
) -> AsyncIterator[str]:
    """Take one step; yield its text as it comes, where it makes one."""
    match step:
        case RetrieveStep():
            await _retrieve(runnable, step, course, runtime=runtime, root=root, stamps=stamps)
        case PromptStep():
            asked = _ask(runnable, step, course, runtime=runtime, root=root, stamps=stamps)
            async with closing_stream(asked) as texts:
                async for text in texts:
                    yield text
        case _:
            assert_never(step)


async def _retrieve(
    runnable: Runnable, step: RetrieveStep, course: _Course, *, runtime: Runtime, root: Span, stamps: Stamps
) -> None:
    query = course.values.get(step.query)
    if not isinstance(query, str):
        raise InvalidInput(f"the step {step.name} searches for {step.query!r}, which is not given as text")
    index = runnable.indexes[step.index]
    span = runtime.tracer.start_span(
        f"retrieve {step.name}",
        context=child_of(root),
        attributes=asked_attributes(stamps, runnable.digest, step.name, operation="retrieval", asked=query),
    )
    with closing(span):
        # The search is numpy work of a millisecond or more: beside the loop, it does not hold up other answers.
        hits = await asyncio.to_thread(index.search, query, step.top_k)
        span.set_attributes(retrieval_attributes(step, query, hits))
    course.hits.extend(hits)
    course.values[step.output] = hits


async def _ask(
    runnable: Runnable, step: PromptStep, course: _Course, *, runtime: Runtime, root: Span, stamps: Stamps
) -> AsyncIterator[str]:
    prompt = runnable.prompts[step.prompt]
    messages = render(prompt, {name: _value(course.values[name]) for name in prompt.variables if name in course.values})
    request = ChatRequest(model=step.model, messages=messages, params=step.params)
    span = runtime.tracer.start_span(
        f"chat {step.model.model}",
        context=child_of(root),
        attributes=chat_attributes(stamps, runnable.digest, step, prompt.name, request),
    )
    with closing(span):
        async with closing_stream(runtime.model(step.model).stream(request)) as deltas:
            async for delta in deltas:
                if delta.content:
                    yield delta.content
                if delta.completion is not None:
                    course.completions.append(delta.completion)
                    course.values[step.output] = delta.completion.content
                    span.set_attributes(completion_attributes(delta.completion, cost_usd=delta.completion.cost_usd))


def _value(found: Json | Sequence[Hit]) -> Json:
    if isinstance(found, list) and found and isinstance(found[0], Hit):
        return [_passage(hit) for hit in found if isinstance(hit, Hit)]
    return found  # type: ignore[return-value]  # an empty list of hits is an empty JSON list


def _passage(hit: Hit) -> Json:
    return {"label": hit.chunk.label, "path": hit.chunk.path, "text": hit.chunk.text, "title": hit.chunk.title}


def _summed(course: _Course) -> Completion:
    """Return the answering completion with the tokens of every model call of the course."""
    if not course.completions:
        raise InvalidInput("the system has no step that asks a model", hint="end its steps with a prompt")
    last = course.completions[-1]
    return Completion(
        content=last.content,
        finish_reason=last.finish_reason,
        usage=_usage(course.completions),
        response_model=last.response_model,
    )


def _whole(course: _Course, *, root: Span, latency_s: float) -> Answer:
    last = _summed(course)
    costs = [one.cost_usd for one in course.completions]
    return Answer(
        text=last.content,
        sources=_sources(course.hits, last.content),
        finish_reason=last.finish_reason,
        usage=last.usage or Usage(input_tokens=0, output_tokens=0),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        latency_s=latency_s,
        ttft_s=course.first_text_s,
        trace_id=trace_id_of(root),
        span_id=span_id_of(root),
        response_model=last.response_model,
    )


def _usage(completions: Sequence[Completion]) -> Usage:
    parts = [one.usage for one in completions if one.usage]
    return Usage(
        input_tokens=sum(one.input_tokens for one in parts),
        output_tokens=sum(one.output_tokens for one in parts),
        cache_read_tokens=sum(one.cache_read_tokens for one in parts),
        reasoning_tokens=sum(one.reasoning_tokens for one in parts),
    )


def _sources(hits: Sequence[Hit], text: str) -> tuple[Source, ...]:
    numbers = cited(text)
    return tuple(
        Source(
            label=hit.chunk.label,
            document=hit.chunk.path,
            chunk_digest=hit.chunk.digest,
            document_digest=hit.chunk.document,
            score=hit.score,
            used=position in numbers,
        )
        for position, hit in enumerate(hits, start=1)
    )
