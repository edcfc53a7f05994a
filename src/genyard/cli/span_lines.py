"""One span as lines for people: what it is, what it took and gave, and what is wrong with it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from genyard.cli.output import Lines
from genyard.client.api import Reply

LONGEST = 2_000
"""Letters of one message or payload; all of them come with ``--json``."""
_MESSAGES = ("system_instructions", "input_messages", "output_messages")
_TOLD_ABOVE = frozenset(
    ("project", "day", "trace_id", "span_id", "start_ns", "arrival", "span_name", "preview", "mapping_version")
)


def span_lines(span: Reply) -> Lines:
    """Yield a span's columns that say something, the short ones first, then messages and payloads."""
    yield f"span {span['span_id']} · {span['span_name'] or '—'}"
    told = {name: value for name, value in span.items() if name not in _TOLD_ABOVE and value not in (None, "", [], {})}
    short = {name: text for name, value in told.items() if (text := _short(name, value)) is not None}
    width = max(map(len, short), default=0)
    for name, text in short.items():
        yield from _indented(f"{name.ljust(width)}  ", text)
    for name, value in told.items():
        if name not in short:
            yield ""
            yield name
            yield from _payload(name, value)


def _short(name: str, value: Any) -> str | None:
    """Return what fits beside its name; None for what wants lines of its own."""
    if name == "duration_ns":
        return f"{value / 1e6:.1f} ms"
    if isinstance(value, Mapping) or name in _MESSAGES:
        return None
    if isinstance(value, list):
        return ", ".join(value) if all(isinstance(one, str) for one in value) else None
    if isinstance(value, str) and "\n" in value and name != "error_message":
        return None
    return _cut(str(value)) if isinstance(value, str) else json.dumps(value)


def _payload(name: str, value: Any) -> Iterator[str]:
    if name in _MESSAGES and isinstance(value, list):
        for one in value:
            role, text = _said(one)
            yield from _indented(f"  {role}: " if role else "  ", _cut(text))
    else:
        yield from _indented("  ", _cut(_text(value)))


def _said(one: Any) -> tuple[str, str]:
    """Return who says a message, and all its parts as text."""
    if not isinstance(one, Mapping):
        return "", _text(one)
    parts = one.get("parts", one.get("content", one))
    texts = [_part(part) for part in parts] if isinstance(parts, list) else [_text(parts)]
    return str(one.get("role") or ""), "\n".join(texts)


def _part(part: Any) -> str:
    if isinstance(part, Mapping) and isinstance(part.get("content"), str):
        return str(part["content"])
    return _text(part)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…\n({len(text) - LONGEST:,} more letters: --json has them all)"


def _indented(head: str, text: str) -> Iterator[str]:
    """Yield the lines of a text, the first behind ``head``, the others below it."""
    first, *rest = text.splitlines() or [""]
    yield f"{head}{first}"
    margin = " " * min(len(head), 4) if head.startswith("  ") else " " * len(head)
    yield from (f"{margin}{line}" for line in rest)
