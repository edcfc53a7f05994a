"""The line that a list shows of an answer: what was asked. Lists read no payloads, so it is made here."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.core.escape import one_line
from genyard.core.media import without_references
from genyard.observe.conventions.documents import query_of
from genyard.observe.conventions.messages import last_words, messages_of
from genyard.observe.conventions.values import json_of, parsed

_ENOUGH = 240
"""Characters that are looked at."""
PREVIEWED = frozenset({"input_messages", "retrieval_query", "input", "tool_arguments"})
"""The columns that a preview is made of."""


def preview_of(columns: Mapping[str, Json]) -> str | None:
    """Return what was asked, on one line: the user's last words, a query, a tool's arguments, or what came in."""
    text = last_words(columns.get("input_messages"), most=_ENOUGH)
    for name in ("retrieval_query", "input", "tool_arguments"):
        text = text or _as_text(columns.get(name))
    return one_line(without_references(text[:_ENOUGH])) or None if text else None


def is_cut(columns: Mapping[str, Json]) -> bool:
    """Return whether there is a preview that may end in the midst of what it is made of."""
    preview = columns.get("preview")
    return isinstance(preview, str) and (preview.endswith("…") or preview == preview_of(columns))


def _as_text(value: Json) -> str | None:
    found = parsed(value)
    if isinstance(found, Mapping) and "messages" in found:
        return last_words(messages_of(found, role="user"), most=_ENOUGH)
    # A function without arguments was asked nothing: its name says more than brackets.
    return query_of(value) or (None if found in (None, {}, []) else json_of(found))
