"""OpenInference: lists spelled out as attributes, and ``input.value`` and ``output.value`` on everything."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions import tools, values
from genyard.observe.conventions.documents import document_of, query_of
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.flattened import Leaves, items_of, under
from genyard.observe.conventions.messages import message_of
from genyard.observe.conventions.took import fill_io
from genyard.observe.conventions.usage import TOKENS, fill_parameters, fill_usage, usage_of

_INPUT, _OUTPUT = "input.value", "output.value"


def read_openinference(draft: Draft) -> None:
    """Read what stands before the flattened messages of other dialects."""
    parameters = values.object_of(draft.columns.get("request_params"))
    fill_parameters(draft, parameters)
    _read_cost(draft)
    _read_documents(draft)
    _read_embeddings(draft)
    _read_evaluations(draft)


def read_messages(draft: Draft) -> None:
    _read_list(draft, "input_messages", "llm.input_messages.", "message.", role="user")
    _read_list(draft, "output_messages", "llm.output_messages.", "message.", role="assistant")
    _read_completion(draft)
    _read_tools(draft)


def read_values(draft: Draft) -> None:
    """Read the generic pair, the last of all."""
    if draft.dialect != "openinference":
        return
    messages = "input_messages" in draft.columns or "output_messages" in draft.columns
    if not (draft.asks_a_model and (messages or draft.operation == "embeddings")):
        fill_io(draft, _INPUT, _OUTPUT)
        _read_usage(draft)


def _read_usage(draft: Draft) -> None:
    """Read the usage of an answer that was kept whole and not taken apart, as of a compacted response."""
    if draft.asks_a_model and not any(column in draft.columns for column in TOKENS):
        fill_usage(draft, usage_of(values.object_of(values.object_of(draft.columns.get("output")).get("usage"))))


def _read_list(draft: Draft, column: str, beginning: str, inside: str, *, role: str) -> None:
    if column in draft.columns:
        return
    found: list[Json] = []
    read: list[str] = []
    for start, item in items_of(draft.rest, beginning):
        leaves = under(item, inside)
        one = message_of(_message(leaves), role)
        if one is not None:
            found.append(one)
            read += [start + inside + leaf for leaf in leaves if _is_read(leaf)]
    if draft.fill(column, found or None):
        draft.used(read)


def _message(leaves: Leaves) -> Json:
    """Return one message as OpenAI would write it."""
    calls = [under(item, "tool_call.") for _, item in items_of(leaves, "tool_calls.")]
    contents = [under(item, "message_content.") for _, item in items_of(leaves, "contents.")]
    return {
        "role": leaves.get("role"),
        "name": leaves.get("name"),
        "content": leaves.get("content") or [_content(one) for one in contents] or None,
        "tool_call_id": leaves.get("tool_call_id"),
        "tool_calls": [_call(one) for one in calls],
        "function_call": _function(leaves),
    }


def _content(leaves: Leaves) -> Json:
    if "text" in leaves:
        return {"type": "text", "text": leaves["text"]}
    url = leaves.get("image.image.url")
    return {"type": "uri", "modality": "image", "uri": url} if isinstance(url, str) else dict(leaves)


def _call(leaves: Leaves) -> Json:
    return {
        "id": leaves.get("id"),
        "function": {"name": leaves.get("function.name"), "arguments": leaves.get("function.arguments")},
    }


def _function(leaves: Leaves) -> Json:
    name = leaves.get("function_call_name")
    return {"name": name, "arguments": leaves.get("function_call_arguments_json")} if name else None


def _is_read(leaf: str) -> bool:
    return leaf in _LEAVES or leaf.startswith(("tool_calls.", "contents."))


_LEAVES = frozenset({"role", "name", "content", "tool_call_id", "function_call_name", "function_call_arguments_json"})


def _read_completion(draft: Draft) -> None:
    """Read prompts and choices of models that complete text."""
    for column, beginning, leaf, role in (
        ("input_messages", "llm.prompts.", "prompt.text", "user"),
        ("output_messages", "llm.choices.", "completion.text", "assistant"),
    ):
        items = [(start, item[leaf]) for start, item in items_of(draft.rest, beginning) if leaf in item]
        found = [message_of(said, role) for _, said in items]
        if draft.fill(column, [one for one in found if one is not None] or None):
            draft.used(start + leaf for start, _ in items)


def _read_tools(draft: Draft) -> None:
    leaf = "tool.json_schema"
    items = [(start, item[leaf]) for start, item in items_of(draft.rest, "llm.tools.") if leaf in item]
    schemas = [schema for _, schema in items]
    found = tools.definitions(schemas)
    if draft.fill("tool_definitions", found) and tools.kept_whole(schemas, found):
        draft.used(start + leaf for start, _ in items)


def _read_cost(draft: Draft) -> None:
    parts = {
        name[len("llm.cost.") :]: value
        for name, value in draft.rest.items()
        if name.startswith("llm.cost.") and values.number(value) is not None
    }
    if parts and draft.fill("cost_details", parts):
        draft.used(f"llm.cost.{part}" for part in parts)


def _read_documents(draft: Draft) -> None:
    beginning = "reranker.output_documents." if draft.operation == "rerank" else "retrieval.documents."
    items = items_of(draft.rest, beginning)
    if not items:
        return
    # LangChain's documents have their ids in the output only.
    whole = values.list_of(values.object_of(draft.rest.get(_OUTPUT)).get("documents"))
    found: list[Json] = []
    for position, (_, item) in enumerate(items):
        leaves = under(item, "document.")
        other = whole[position] if len(whole) == len(items) else None
        if "id" not in leaves and isinstance(other, Mapping) and isinstance(other.get("id"), str):
            leaves["id"] = other["id"]
        found.append(document_of(leaves))
    if draft.fill("retrieval_documents", found):
        draft.used(start + leaf for start, item in items for leaf in item if leaf in _DOCUMENT)
    if draft.operation == "retrieval":
        draft.fill("retrieval_query", query_of(draft.rest.get(_INPUT)))


_DOCUMENT = frozenset({"document.id", "document.score", "document.content", "document.metadata"})


def _read_embeddings(draft: Draft) -> None:
    items = items_of(draft.rest, "embedding.embeddings.")
    vectors = [item["embedding.vector"] for _, item in items if "embedding.vector" in item]
    lengths = {len(one) for one in map(values.list_of, vectors) if one}
    if len(lengths) == 1:
        draft.fill("embedding_dimensions", lengths.pop())
    if items and draft.operation == "embeddings":
        draft.fill("embedding_input_count", len(items))


def _read_evaluations(draft: Draft) -> None:
    found: list[Json] = []
    for target, before in (("span", ""), ("trace", "trace."), ("session", "session.")):
        for kind in ("evaluation", "annotation"):
            for start, item in items_of(draft.rest, f"{before}{kind}s."):
                leaves = under(item, f"{kind}.")
                found.append(_evaluation(leaves, target))
                draft.used(f"{start}{kind}.{leaf}" for leaf in leaves if leaf in _EVALUATION)
    draft.fill("evaluations", found or None)


_EVALUATION: Mapping[str, str] = {
    "name": "name",
    "score": "value",
    "label": "label",
    "explanation": "explanation",
    "annotator_kind": "kind",
    "id": "id",
}


def _evaluation(leaves: Leaves, target: str) -> Json:
    found: dict[str, Json] = {ours: leaves[theirs] for theirs, ours in _EVALUATION.items() if theirs in leaves}
    if "value" in found:
        found["value"] = values.number(found["value"])
    return {**{name: value for name, value in found.items() if value is not None}, "target": target}
