"""The filters of prompt templates: those of Jinja2 whose work is bounded by what goes in, and bounded ones of ours."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import filters, tests
from jinja2.runtime import Undefined

MAX_TEXT = 1_000_000
"""Characters that any text may have, the whole output included."""

_OF_JINJA = (
    "abs capitalize count d default dictsort first float groupby int items last length list lower map max min "
    "reject rejectattr reverse round select selectattr sort title trim truncate unique upper wordcount"
)
_TESTS = (
    "boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer iterable le lessthan "
    "lower lt mapping ne none number odd sequence string true undefined upper"
)


class OverBound(Exception):
    """Raised when a text or the rounds of loops grow over their bound."""


def text_of(value: object) -> str:
    """Return how a value stands in a prompt: text as it is, numbers and booleans as JSON writes them.

    Raises TypeError for anything else: what Python prints for a list is never meant.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, Undefined):
        return str(value)  # raises, and its message names what is not there
    kind = "null" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"
    raise TypeError(f"{kind} is not text: loop over it, pick a part of it, or use | join, | tojson or | default")


def bounded_text(parts: Iterable[str]) -> str:
    """Join texts. Raises OverBound when there is too much of them, before it is held."""
    found: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT:
            raise OverBound(f"a text grows over {MAX_TEXT} characters")
        found.append(part)
    return "".join(found)


def join(value: Iterable[object], d: str = "", attribute: str | None = None) -> str:
    """Join the items of a list, or one attribute of each, with ``d`` between them."""

    def parts() -> Iterable[str]:
        for position, item in enumerate(value):
            if position:
                yield d
            yield text_of(item[attribute] if attribute and isinstance(item, Mapping) else item)

    return bounded_text(parts())


def replace(value: str, old: str, new: str, count: int | None = None) -> str:
    """Replace ``old`` by ``new``."""
    text = text_of(value)
    places = len(text) + 1 if not old else text.count(old)
    if len(text) + places * len(new) > MAX_TEXT:
        raise OverBound(f"a text grows over {MAX_TEXT} characters")
    return text.replace(old, new, -1 if count is None else count)


def indent(value: str, width: int = 4, first: bool = False) -> str:
    """Put ``width`` spaces before each line but the first and the empty ones."""
    if not 0 <= width <= 100:
        raise ValueError(f"indent takes 0 to 100 spaces, not {width}")
    lines = text_of(value).split("\n")
    pad = " " * width
    return bounded_text(
        f"{pad if line and (number or first) else ''}{line}{'' if number == len(lines) - 1 else chr(10)}"
        for number, line in enumerate(lines)
    )


def tojson(value: object, indent: int | None = None) -> str:
    """Write a value as JSON, its letters as they are."""
    if indent is not None and not 0 <= indent <= 8:
        raise ValueError(f"tojson takes an indent of 0 to 8, not {indent}")
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent)
    return bounded_text(encoder.iterencode(value))


FILTERS: Mapping[str, Any] = {name: filters.FILTERS[name] for name in _OF_JINJA.split()} | {
    "indent": indent,
    "join": join,
    "replace": replace,
    "string": text_of,
    "tojson": tojson,
}
TESTS: Mapping[str, Any] = {name: tests.TESTS[name] for name in _TESTS.split()}
