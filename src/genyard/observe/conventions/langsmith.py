"""LangSmith: one blob each of what went in and came out, and metadata in text.

The blobs have the names that OpenTelemetry's conventions had for content up to 1.27, so they are read for those too.
"""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions import tools, values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import choices_of, messages_of
from genyard.observe.conventions.took import fill_io
from genyard.observe.conventions.usage import fill_parameters, fill_usage, usage_of

_PROMPT, _COMPLETION = "gen_ai.prompt", "gen_ai.completion"


def read_langsmith(draft: Draft) -> None:
    fill_usage(draft, usage_of(draft.object("langsmith.metadata.usage_metadata")))


def read_blobs(draft: Draft) -> None:
    """Read ``gen_ai.prompt`` and ``gen_ai.completion``."""
    if draft.operation == "embeddings":
        return
    if not draft.asks_a_model:
        fill_io(draft, _PROMPT, _COMPLETION)
        return
    asked, answered = (values.parsed(draft.rest.get(name)) for name in (_PROMPT, _COMPLETION))
    if isinstance(asked, Mapping):
        fill_parameters(draft, asked)
        draft.fill("tool_definitions", tools.definitions(asked.get("tools")))
    asked_in = asked.get("messages", asked.get("input")) if isinstance(asked, Mapping) else draft.rest.get(_PROMPT)
    draft.fill("input_messages", messages_of(asked_in, role="user"))
    said = (
        _said(answered) if isinstance(answered, Mapping) else messages_of(draft.rest.get(_COMPLETION), role="assistant")
    )
    draft.fill("output_messages", said)


def _said(answered: Mapping[str, Json]) -> list[Json] | None:
    if "choices" in answered:
        return choices_of(answered["choices"])
    generations = answered.get("generations")
    while isinstance(generations, list | tuple) and generations and isinstance(generations[0], list | tuple):
        generations = generations[0]
    if isinstance(generations, list | tuple):
        held = [one.get("message", one.get("text")) for one in generations if isinstance(one, Mapping)]
        return messages_of(held, role="assistant")
    for name in ("messages", "message", "output"):
        if name in answered:
            return messages_of(answered[name], role="assistant")
    return messages_of(answered, role="assistant")
