"""One row of the lake's table ``spans``, read with care: any column may be missing or of another form."""

import json
import math
from collections.abc import Mapping
from typing import Literal

from genyard.core.canonical import Json
from genyard.core.escape import one_line

Kind = Literal["model", "tool", "retrieval", "guard", "other"]

SMALL = 200

_KINDS: dict[str, tuple[Kind, str]] = {
    "chat": ("model", "model"),
    "completion": ("model", "model"),
    "embeddings": ("retrieval", "embedding"),
    "retrieval": ("retrieval", "retrieval"),
    "rerank": ("retrieval", "rerank"),
    "execute_tool": ("tool", "tool"),
    "mcp": ("tool", "tool"),
    "guardrail": ("guard", "guard"),
    "invoke_workflow": ("other", "system"),
    "workflow": ("other", "system"),
    "invoke_agent": ("other", "agent"),
    "prompt": ("other", "prompt"),
}

_OTHER: tuple[Kind, str] = ("other", "step")


class SpanRow:
    """A row of columns with typed reading. Text that should be JSON and is not stays text.

    ``kind`` is for the swatch, ``word`` says the kind to those who do not see it.
    """

    __slots__ = ("columns", "end_ns", "failed", "id", "kind", "parent", "start_ns", "word")

    def __init__(self, columns: Mapping[str, Json]) -> None:
        # A trace has up to 50,000 spans and these are asked of each: looked up once, and what is as it should be is
        # taken as it is.
        get = columns.get
        self.columns = columns
        span_id, parent, start, took = get("span_id"), get("parent_span_id"), get("start_ns"), get("duration_ns")
        self.id = span_id if type(span_id) is str and len(span_id) <= SMALL else self.text("span_id")
        self.parent = parent if type(parent) is str and len(parent) <= SMALL else self.text("parent_span_id")
        self.start_ns = start if type(start) is int else self.integer("start_ns") or 0
        took_ns = took if type(took) is int else self.integer("duration_ns") or 0
        self.end_ns = self.start_ns + took_ns if took_ns > 0 else self.start_ns
        self.failed = get("status") == "error"
        self.kind, self.word = _KINDS.get(str(get("operation")), _OTHER)

    def text(self, column: str) -> str:
        """Return a small column: a name, an id, a digest. Only a broken sender has more than SMALL characters there."""
        value = self.columns.get(column)
        return value[:SMALL] if isinstance(value, str) else "" if value is None else str(value)[:SMALL]

    def whole(self, column: str) -> str:
        """Return a payload column, of any length."""
        value = self.columns.get(column)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def number(self, column: str) -> float | None:
        value = self.columns.get(column)
        usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if usable and isinstance(value, int | float) else None

    def integer(self, column: str) -> int | None:
        value = self.columns.get(column)
        if type(value) is int:
            return value
        number = self.number(column)
        return None if number is None else int(number)

    def json(self, column: str) -> Json:
        return read_json(self.columns.get(column))

    def texts(self, column: str) -> tuple[str, ...]:
        value = self.json(column)
        return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()

    @property
    def name(self) -> str:
        """The span's name, made of operation and what it worked on; where both are the same word, that word."""
        name = one_line(self.text("span_name"), limit=60)
        operation, _, rest = name.partition(" ")
        return (operation if operation == rest else name) or "unnamed"

    @property
    def model(self) -> str:
        return self.text("response_model") or self.text("request_model")

    @property
    def tokens(self) -> int | None:
        total = self.integer("total_tokens")
        if total is not None:
            return total
        parts = [one for name in ("input_tokens", "output_tokens") if (one := self.integer(name)) is not None]
        return sum(parts) if parts else None

    @property
    def question(self) -> str:
        """What was asked, where the input says so."""
        given = self.json("input")
        asked = given.get("question") if isinstance(given, Mapping) else given
        return asked if isinstance(asked, str) else ""


def read_json(value: Json) -> Json:
    """Return the JSON value that a text holds; what is not JSON, or nested too deep to read, stays text."""
    if not isinstance(value, str):
        return value
    try:
        parsed: Json = json.loads(value)
    except (ValueError, RecursionError):
        return value
    # A text such as "12" is more likely an answer than a number; only structures and quoted texts are read.
    return parsed if isinstance(parsed, list | dict) or value[:1] == '"' else value
