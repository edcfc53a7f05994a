"""Messages of model calls, each shown once, and the whole talk of a trace."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.core.escape import one_line
from genyard.core.media import without_references
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages.documents import Piece, pieces
from genyard.server.pages.media_view import Medium, media_in
from genyard.server.pages.shown import Allowance, Folded, fold

MOST_MESSAGES = 40
_THOUGHTS = ("reasoning", "thinking")
_ROLES = {"assistant": "Assistant", "developer": "Developer", "system": "System", "tool": "Tool", "user": "User"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. ``prose`` is the beginning of an answer with its citations; else all is in ``text``."""

    role: str
    preview: str
    text: Folded
    thought: Folded | None = None
    """What the model thought before it said this."""
    prose: tuple[Piece, ...] = ()
    out: bool = False
    column: str = "input_messages"
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A model call in the talk of a trace: what was new to it, and what it said."""

    span_id: str
    name: str
    href: str
    repeated: int
    """Earlier messages that it was given again."""
    messages: tuple[Message, ...]
    error: str = ""
    """Why the call failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    role: str
    text: str
    thought: str = ""
    media: tuple[Medium, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the same message has when it is given again: what was thought is mostly left out then."""
        return self.role, self.text, self.media


def said(span: SpanRow, column: str) -> list[_Said]:
    """Return the messages of a column. What is not in the form of messages is one message as it stands."""
    value = span.json(column)
    if value is None or value == "":
        return []
    if not isinstance(value, list | tuple):
        return [_whole(value, column)]
    return [_one(raw, column) for raw in value[:MOST_MESSAGES]]


def _one(raw: Json, column: str) -> _Said:
    if not isinstance(raw, Mapping):
        return _whole(raw, column)
    parts = raw.get("parts", raw.get("content"))
    each = parts if isinstance(parts, list | tuple) else [parts]
    thoughts = [one for one in each if isinstance(one, Mapping) and one.get("type") in _THOUGHTS]
    text = "\n".join(_part(one) for one in each if one not in thoughts)
    thought = "\n".join(map(_part, thoughts))
    role = str(raw.get("role") or "unknown")[:40]
    return _Said(role=role, text=without_references(text), thought=without_references(thought), media=media_in(parts))


def _whole(value: Json, column: str) -> _Said:
    role = "user" if column == "input_messages" else "assistant"
    return _Said(role=role, text=without_references(as_text(value)), media=media_in(value))


def _part(raw: Json) -> str:
    if not isinstance(raw, Mapping):
        return as_text(raw)
    media = media_in(raw) if raw.get("type", "text") != "text" else ()
    if media:
        return " ".join(f"[{one.about}]" for one in media)
    match raw.get("type"):
        case "tool_call":
            return f"Calls {raw.get('name') or 'a tool'}: {_flat(raw.get('arguments') or {})}"
        case "tool_call_response":
            return _flat(raw.get("response", raw.get("result")))
    for name in ("content", "text", "reasoning", "thinking"):
        if name in raw:
            return as_text(raw[name])
    kind = raw.get("type")
    rest = {key: value for key, value in raw.items() if key != "type"}
    return f"{kind}: {as_text(rest)}" if kind else as_text(rest)


def as_text(value: Json) -> str:
    """Return text as it is, and anything else as ``key: value`` lines, with JSON for what is inside."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_flat(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_flat(one) for one in value)
    return "" if value is None else str(value)


def _flat(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def message(one: _Said, allowance: Allowance, *, documents: int = 0, out: bool = False, column: str = "") -> Message:
    folded = fold(one.text, allowance)
    return Message(
        role=_ROLES.get(one.role, one.role.capitalize()),
        preview=one_line(one.text or one.thought, limit=80),
        text=folded,
        thought=fold(one.thought, allowance) if one.thought.strip() else None,
        prose=pieces(folded.head, documents) if out else (),
        out=out,
        column=column or ("output_messages" if out else "input_messages"),
        media=one.media,
    )


def messages_of(span: SpanRow, allowance: Allowance, *, documents: int) -> tuple[Message, ...]:
    """Return what a model call was told and what it said. The answer comes first to the allowance."""
    answers = [message(one, allowance, documents=documents, out=True) for one in said(span, "output_messages")]
    asked = [message(one, allowance) for one in said(span, "input_messages")]
    return (*asked, *answers)


def talk(
    spans: Sequence[SpanRow], hrefs: Mapping[str, str], allowance: Allowance, *, documents: int
) -> tuple[Turn, ...]:
    """Return the model calls of a trace in order; a message that an earlier call had is only counted."""
    seen: set[tuple[object, ...]] = set()
    turns: list[Turn] = []
    for span in spans:
        asked, answered = said(span, "input_messages"), said(span, "output_messages")
        if not asked and not answered and not span.failed:
            continue
        new = [one for one in asked if one.key not in seen]
        seen |= {one.key for one in (*asked, *answered)}
        shown = [message(one, allowance) for one in new]
        shown += [message(one, allowance, documents=documents, out=True) for one in answered]
        repeated = len(asked) - len(new)
        href = hrefs.get(span.id, "")
        error = one_line(span.whole("error_message") or span.text("error_type"), limit=600) or "it failed"
        turns.append(
            Turn(
                span_id=span.id,
                name=span.name,
                href=href,
                repeated=repeated,
                messages=tuple(shown),
                error=error if span.failed else "",
            )
        )
    return tuple(turns[:MOST_MESSAGES])
