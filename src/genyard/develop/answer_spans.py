"""What the spans of an answer carry: OpenTelemetry's gen_ai names, and our stamps, which start with ``genyard.``"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from genyard.core.canonical import Json
from genyard.core.digest import Digest
from genyard.core.errors import GenyardError
from genyard.core.escape import one_line
from genyard.core.ids import TraceId
from genyard.develop.bm25 import Hit
from genyard.develop.citations import Source
from genyard.develop.systems import PromptStep, RetrieveStep
from genyard.discover.chat import ChatRequest, Completion, Message

Attributes = dict[str, AttributeValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Who an answer was made for. They stand on every span of it, so that lineage needs no second record."""

    project: str
    release: Digest | None = None
    endpoint: str | None = None
    """Such as ``helpdesk@prod``."""
    run_id: str | None = None
    row_id: str | None = None
    """The dataset row that was answered."""
    repeat: int | None = None
    conversation_id: str | None = None
    user_id: str | None = None

    def attributes(self, system: Digest) -> Attributes:
        found: dict[str, AttributeValue | None] = {
            "genyard.project": self.project,
            "genyard.release": self.release,
            "genyard.endpoint": self.endpoint,
            "genyard.system": system,
            "genyard.run_id": self.run_id,
            "genyard.row_id": self.row_id,
            "genyard.repeat": self.repeat,
            "gen_ai.conversation.id": self.conversation_id,
            "user.id": self.user_id,
        }
        return {name: value for name, value in found.items() if value is not None}


def root_attributes(stamps: Stamps, system: Digest, inputs: Mapping[str, Json]) -> Attributes:
    """Return what the root span of an answer knows at its start."""
    question = inputs.get("question")
    return stamps.attributes(system) | {
        "gen_ai.operation.name": "invoke_workflow",
        "genyard.input": _json(inputs),
        "genyard.preview": one_line(question if isinstance(question, str) else _json(inputs)),
    }


def asked_attributes(stamps: Stamps, system: Digest, step: str, *, operation: str, asked: str) -> Attributes:
    """Return what the span of any step knows at its start."""
    return stamps.attributes(system) | {
        "gen_ai.operation.name": operation,
        "genyard.step": step,
        "genyard.preview": one_line(asked),
    }


def retrieval_attributes(step: RetrieveStep, query: str, hits: Sequence[Hit]) -> Attributes:
    """Return what was searched for and found, in rank order."""
    documents = [
        {"content": hit.chunk.text, "id": hit.chunk.digest, "metadata": {"label": hit.chunk.label}, "score": hit.score}
        for hit in hits
    ]
    return {
        "gen_ai.retrieval.query.text": query,
        "gen_ai.retrieval.top_k": step.top_k,
        "gen_ai.retrieval.documents": _json(documents),
        "genyard.index_digest": step.index,
        "genyard.chunk_digests": [hit.chunk.digest for hit in hits],
        "genyard.document_digests": [hit.chunk.document for hit in hits],
    }


def chat_attributes(
    stamps: Stamps, system: Digest, step: PromptStep, prompt_name: str, request: ChatRequest
) -> Attributes:
    """Return what a model is asked."""
    last = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
    found = asked_attributes(stamps, system, step.name, operation="chat", asked=last)
    found |= {
        "gen_ai.provider.name": step.model.provider,
        "gen_ai.request.model": step.model.model,
        "gen_ai.prompt.name": prompt_name,
        "genyard.prompt_digest": step.prompt,
        "gen_ai.input.messages": _json([_message(one) for one in request.messages]),
    }
    for name in ("temperature", "top_p", "max_tokens", "seed"):
        value = step.params.get(name)
        if isinstance(value, int | float):
            found[f"gen_ai.request.{name}"] = value
    return found


def completion_attributes(completion: Completion, *, cost_usd: float | None, root: bool = False) -> Attributes:
    """Return what a model answered. On the root span usage is a sum of the calls below and is marked so."""
    found: dict[str, AttributeValue | None] = {
        "gen_ai.response.model": completion.response_model or None,
        "gen_ai.response.id": completion.response_id or None,
        "gen_ai.response.finish_reasons": [completion.finish_reason],
        "genyard.usage_scope": "aggregate" if root else "self",
        "genyard.cost_usd": cost_usd,
    }
    if completion.usage:
        found["gen_ai.usage.input_tokens"] = completion.usage.input_tokens
        found["gen_ai.usage.output_tokens"] = completion.usage.output_tokens
        found["gen_ai.usage.cache_read.input_tokens"] = completion.usage.cache_read_tokens or None
        found["gen_ai.usage.reasoning.output_tokens"] = completion.usage.reasoning_tokens or None
    said = {"finish_reason": completion.finish_reason, "parts": _text(completion.content), "role": "assistant"}
    found["gen_ai.output.messages"] = _json([said])
    return {name: value for name, value in found.items() if value is not None}


def source_attributes(sources: Sequence[Source], *, latency_s: float, ttft_s: float | None) -> Attributes:
    """Return what the root span says of an answer's sources and times, so that the root alone tells the whole answer.

    ``genyard.latency_s`` is the latency to the digit that was scored; the span's duration is measured a little later.
    """
    documents = [
        {
            "id": one.chunk_digest,
            "metadata": {"document": one.document, "label": one.label, "used": one.used},
            "score": one.score,
        }
        for one in sources
    ]
    found: Attributes = {
        "genyard.latency_s": latency_s,
        "gen_ai.retrieval.documents": _json(documents),
        "genyard.chunk_digests": [one.chunk_digest for one in sources],
        "genyard.document_digests": [one.document_digest for one in sources],
    }
    return found if ttft_s is None else found | {"gen_ai.response.time_to_first_chunk": ttft_s}


@contextmanager
def closing(span: Span) -> Iterator[None]:
    """End ``span`` with the block, as an error where the block raises or is cancelled."""
    try:
        yield
    except BaseException as error:
        span.set_status(Status(StatusCode.ERROR, error.message if isinstance(error, GenyardError) else str(error)))
        span.set_attribute("error.type", error.code if isinstance(error, GenyardError) else type(error).__name__)
        raise
    finally:
        span.end()


def child_of(span: Span) -> Context:
    """Return the context that makes a new span a child of ``span``."""
    return set_span_in_context(span)


def trace_id_of(span: Span) -> TraceId:
    return TraceId(f"{span.get_span_context().trace_id:032x}")


def span_id_of(span: Span) -> str:
    return f"{span.get_span_context().span_id:016x}"


def _message(message: Message) -> Json:
    return {"role": message.role, "parts": _text(message.content)}


def _text(content: str) -> list[Json]:
    return [{"type": "text", "content": content}]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
