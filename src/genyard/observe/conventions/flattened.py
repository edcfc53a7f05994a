"""Lists that a dialect spells out, an attribute a leaf: ``llm.input_messages.0.message.role``."""

from collections.abc import Mapping

from genyard.core.canonical import Json

MAX_ITEMS = 10_000
"""Of one list. What stands at more places stays attributes."""
_DIGITS = 9

Leaves = Mapping[str, Json]


def items_of(attributes: Leaves, beginning: str) -> list[tuple[str, dict[str, Json]]]:
    """Return the items of a list in order of their numbers, each with where it begins and its leaves.

    Numbers are keys, not places: a gap is closed and a huge number takes no room.
    """
    found: dict[int, dict[str, Json]] = {}
    for name, value in attributes.items():
        if not name.startswith(beginning):
            continue
        digits, dot, leaf = name[len(beginning) :].partition(".")
        if dot and leaf and digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS:
            item = found.get(int(digits))
            if item is None and len(found) < MAX_ITEMS:
                item = found[int(digits)] = {}
            if item is not None:
                item[leaf] = value
    return [(f"{beginning}{number}.", found[number]) for number in sorted(found)]


def under(item: Leaves, beginning: str) -> dict[str, Json]:
    """Return the leaves under ``beginning``, without it."""
    return {name[len(beginning) :]: value for name, value in item.items() if name.startswith(beginning)}
