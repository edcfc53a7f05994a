"""Messages of model calls, each shown once, and the whole talk of a trace."""

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
_ROLES = {"assistant": "Assistant", "developer": "Developer", "system": "System", "tool": "Tool", "user": "User"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. ``prose`` is the beginning of an answer with its citations; else all is in ``text``."""

    role: str
    preview: str
    text: Folded
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    role: str
    text: str
    media: tuple[Medium, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the same message has when it is given again."""
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
    text = "\n".join(_part(one) for one in parts) if isinstance(parts, list | tuple) else as_text(parts)
    role = str(raw.get("role") or "unknown")[:40]
    return _Said(role=role, text=without_references(text), media=media_in(parts))


def _whole(value: Json, column: str) -> _Said:
    role = "user" if column == "input_messages" else "assistant"
    return _Said(role=role, text=without_references(as_text(value)), media=media_in(value))


def _part(raw: Json) -> str:
    if not isinstance(raw, Mapping):
        return as_text(raw)
    media = media_in(raw) if raw.get("type", "text") != "text" else ()
    if media:
        return " ".join(f"[{one.about}]" for one in media)
    if "content" in raw:
        return as_text(raw["content"])
    kind = raw.get("type")
    rest = {key: value for key, value in raw.items() if key != "type"}
    return f"{kind}: {as_text(rest)}" if kind else as_text(rest)


def as_text(value: Json) -> str:
    """Return text as it is, and anything else as ``key: value`` lines or plain words."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_flat(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_flat(one) for one in value)
    return "" if value is None else str(value)


def _flat(value: Json) -> str:
    return value if isinstance(value, str) else str(value)


def message(one: _Said, allowance: Allowance, *, documents: int = 0, out: bool = False, column: str = "") -> Message:
    folded = fold(one.text, allowance)
    return Message(
        role=_ROLES.get(one.role, one.role.capitalize()),
        preview=one_line(one.text, limit=80),
        text=folded,
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
        if not asked and not answered:
            continue
        new = [one for one in asked if one.key not in seen]
        seen |= {one.key for one in (*asked, *answered)}
        shown = [message(one, allowance) for one in new]
        shown += [message(one, allowance, documents=documents, out=True) for one in answered]
        repeated = len(asked) - len(new)
        href = hrefs.get(span.id, "")
        turns.append(Turn(span_id=span.id, name=span.name, href=href, repeated=repeated, messages=tuple(shown)))
    return tuple(turns[:MOST_MESSAGES])
