"""Traceloop: messages spelled out as ``gen_ai.prompt.0.content`` until 2025, and the spans of its decorators."""

from urllib.parse import urlsplit

from genyard.core.canonical import Json
from genyard.observe.conventions import tools, values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.flattened import Leaves, items_of, under
from genyard.observe.conventions.messages import message_of
from genyard.observe.conventions.took import fill_io, fill_tool

_INPUT, _OUTPUT = "traceloop.entity.input", "traceloop.entity.output"


def read_messages(draft: Draft) -> None:
    """Read messages and functions that are spelled out."""
    if draft.operation != "embeddings":
        _read_list(draft, "input_messages", "gen_ai.prompt.", role="user")
        _read_list(draft, "output_messages", "gen_ai.completion.", role="assistant")
    _read_functions(draft)


def read_traceloop(draft: Draft) -> None:
    _read_server(draft)
    _read_variables(draft)


def read_entity(draft: Draft) -> None:
    """Read what a decorated function took and gave."""
    name = values.text(draft.rest.get("traceloop.entity.name"))
    if draft.operation == "execute_tool":
        draft.fill("tool_name", name)
        fill_tool(draft, _INPUT, _OUTPUT)
    elif not draft.asks_a_model:
        if draft.operation == "invoke_agent":
            draft.fill("agent_name", name)
        if draft.operation == "workflow":
            draft.fill("workflow_name", name)
        fill_io(draft, _INPUT, _OUTPUT)


def _read_list(draft: Draft, column: str, beginning: str, *, role: str) -> None:
    if column in draft.columns:
        return
    found: list[Json] = []
    read: list[str] = []
    for start, item in items_of(draft.rest, beginning):
        one = message_of(_message(item), role)
        if one is not None:
            found.append(one)
            read += [start + leaf for leaf in item if leaf in _LEAVES or leaf.startswith("tool_calls.")]
    if draft.fill(column, found or None):
        draft.used(read)


_LEAVES = frozenset({"role", "content", "tool_call_id", "finish_reason"})


def _message(leaves: Leaves) -> Json:
    """Return one message as OpenAI would write it."""
    return {
        **{name: leaves[name] for name in _LEAVES if name in leaves},
        "tool_calls": [_call(call) for _, call in items_of(leaves, "tool_calls.")],
    }


def _call(leaves: Leaves) -> Json:
    return {"id": leaves.get("id"), "name": leaves.get("name"), "arguments": leaves.get("arguments")}


def _read_functions(draft: Draft) -> None:
    items = items_of(draft.rest, "llm.request.functions.")
    found = tools.definitions([item for _, item in items])
    if draft.fill("tool_definitions", found):
        draft.used(start + leaf for start, item in items for leaf in item if leaf in tools.FIELDS)


def _read_server(draft: Draft) -> None:
    base = draft.rest.get("gen_ai.openai.api_base")
    if not isinstance(base, str) or "server_address" in draft.columns:
        return
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError:
        return
    draft.fill("server_address", parts.hostname)
    draft.fill("server_port", port)


def _read_variables(draft: Draft) -> None:
    beginning = "traceloop.prompt.template_variables."
    found = under(draft.rest, beginning)
    if draft.fill("prompt_variables", found or None):
        draft.used(beginning + name for name in found)
