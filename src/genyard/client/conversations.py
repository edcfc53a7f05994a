"""Conversations in a file: one a line, with the messages of a chat, tool calls and their answers among them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from genyard.core.errors import InvalidInput

Object = Mapping[str, Any]

_MESSAGES = ("messages", "traj")
"""OpenAI's name, and that of tau-bench's trajectories."""
_NS = 1_000_000_000
_LAST_S = 2**63 // _NS


class Line(NamedTuple):
    """What stands in one line of a file, or one item of its list."""

    number: int
    value: Object


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation: what the file says of it, without a guess."""

    messages: list[Object]
    at_ns: int
    """When it began: as the line says, else when the file was written."""
    model: str = ""
    agent: str = ""
    user: str = ""
    session: str = ""
    metadata: Object = {}
    """All that has no place above."""


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the objects of a file of JSON Lines, or of one JSON list. Raises InvalidInput, which names the line."""
    try:
        with path.open("rb") as file:
            if file.read(1) == b"[":
                yield from _items(path, b"[" + file.read())
                return
            file.seek(0)
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _object(path, number, line)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}", hint="look at the file and its rights"
        ) from error


def conversation_of(line: Line, *, path: Path, written_ns: int) -> Conversation:
    """Return the conversation of a line. Raises InvalidInput for one that holds none."""
    rest = dict(line.value)
    messages = next((rest.pop(name) for name in _MESSAGES if name in rest), None)
    if not isinstance(messages, list) or not all(_is_message(one) for one in messages):
        if "span_id" in line.value:
            raise InvalidInput(
                f"{path} is an export as jsonl, which cannot be imported",
                hint="export with --export traces.otlp.jsonl: that can, here and by any collector",
            )
        raise InvalidInput(
            f"{path}, line {line.number}: no conversation",
            hint='give each line "messages": a list of objects with a role, as OpenAI\'s API takes them',
        )
    at_ns = _time_of(rest)
    return Conversation(
        messages=messages,
        at_ns=written_ns if at_ns is None else at_ns,
        model=_taken(rest, "model"),
        agent=_taken(rest, "agent", "agent_name"),
        user=_taken(rest, "user", "user_id"),
        session=_taken(rest, "session_id", "conversation_id"),
        metadata=rest,
    )


def _items(path: Path, content: bytes) -> Iterator[Line]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"{path} is no JSON: {error}", hint="give JSON Lines, or one list of objects") from error
    for number, value in enumerate(found, 1):
        if not isinstance(value, dict):
            raise InvalidInput(f"{path}, item {number}: no JSON object", hint="give a list of objects")
        yield Line(number, value)


def _object(path: Path, number: int, line: bytes) -> Line:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"{path}, line {number}: no JSON: {error}", hint="give one JSON object a line") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"{path}, line {number}: no JSON object", hint="give one JSON object a line")
    return Line(number, value)


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str)


def _taken(rest: dict[str, Any], *names: str) -> str:
    """Take the first of ``names`` that is text out of ``rest``."""
    for name in names:
        if isinstance(rest.get(name), str):
            return str(rest.pop(name))
    return ""


def _time_of(rest: dict[str, Any]) -> int | None:
    """Take the time out of ``rest``: seconds since 1970, or RFC 3339 with a zone."""
    for name in ("created", "created_at", "timestamp"):
        value = rest.get(name)
        at_ns = _ns_of_text(value) if isinstance(value, str) else _ns_of_number(value)
        if at_ns is not None:
            del rest[name]
            return at_ns
    return None


def _ns_of_number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LAST_S:
        return None
    return int(value * _NS)


def _ns_of_text(value: str) -> int | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    # A time of day without a zone is no time; the file's own is nearer to the truth.
    return _ns_of_number(moment.timestamp()) if moment.tzinfo else None
