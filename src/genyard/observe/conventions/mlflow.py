"""MLflow: every value is JSON text, and inputs and outputs are blobs of the provider's own form."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions import tools, values
from genyard.observe.conventions.documents import documents_of, query_of
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import choices_of, messages_of
from genyard.observe.conventions.took import mark_positional
from genyard.observe.conventions.usage import fill_parameters, fill_usage, usage_of
from genyard.observe.conventions.words import provider_of

_INPUTS, _OUTPUTS = "mlflow.spanInputs", "mlflow.spanOutputs"


def read_mlflow(draft: Draft) -> None:
    asked, answered = (values.unquoted(draft.rest.get(name)) for name in (_INPUTS, _OUTPUTS))
    _read_plain(draft)
    if draft.asks_a_model:
        _read_call(draft, values.object_of(asked), answered)
    elif draft.operation == "execute_tool":
        draft.fill("tool_name", draft.span.name)
        _fill_whole(draft, "tool_arguments", _INPUTS, asked)
        _fill_whole(draft, "tool_result", _OUTPUTS, answered)
        mark_positional(draft)
    else:
        _read_other(draft, asked, answered)


def _read_plain(draft: Draft) -> None:
    provider = values.text(values.unquoted(draft.rest.get("mlflow.llm.provider")))
    if provider and draft.fill("provider", provider_of(provider)) and draft.columns["provider"] != provider:
        draft.fill("provider_raw", provider)
    draft.fill("response_model", values.text(values.unquoted(draft.rest.get("mlflow.llm.model"))))
    fill_usage(draft, usage_of(draft.object("mlflow.chat.tokenUsage")))
    draft.fill("cost_usd", values.amount(draft.object("mlflow.llm.cost").get("total_cost")))
    draft.fill("tool_definitions", tools.definitions(draft.rest.get("mlflow.chat.tools")))
    bare = ("model", "temperature", "top_p", "max_tokens", "seed", "stream", "n", "stop")
    fill_parameters(draft, {name: values.unquoted(draft.rest[name]) for name in bare if name in draft.rest})


def _read_call(draft: Draft, asked: Mapping[str, Json], answered: Json) -> None:
    fill_parameters(draft, asked)
    given = values.object_of(answered)
    if draft.operation == "embeddings":
        first = next(iter(values.list_of(given.get("data"))), None)
        vector = first.get("embedding") if isinstance(first, Mapping) else None
        draft.fill("embedding_dimensions", len(vector) if isinstance(vector, list | tuple) and vector else None)
        return
    draft.fill("tool_definitions", tools.definitions(asked.get("tools")))
    draft.fill("input_messages", messages_of(asked.get("messages", asked.get("input")), role="user"))
    said = choices_of(given.get("choices")) or messages_of(given.get("output", answered), role="assistant")
    draft.fill("output_messages", said)
    draft.fill("response_id", values.text(given.get("id")))


def _read_other(draft: Draft, asked: Json, answered: Json) -> None:
    if draft.operation == "invoke_agent":
        draft.fill("agent_name", draft.span.name)
    if draft.operation == "retrieval":
        draft.fill("retrieval_query", query_of(asked))
        draft.fill("retrieval_documents", documents_of(answered))
    _fill_whole(draft, "input", _INPUTS, asked)
    _fill_whole(draft, "output", _OUTPUTS, answered)


def _fill_whole(draft: Draft, column: str, name: str, value: Json) -> None:
    if draft.fill(column, value):
        draft.used([name])
