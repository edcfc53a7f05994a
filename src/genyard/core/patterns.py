"""Glob patterns over paths: one meaning for the client, which finds the files, and the server, which names them.

``*``, ``?`` and ``[…]`` stay in a folder; ``**`` as a whole part goes through any folders, and at the end means every
file below. As in a shell, a name that begins with a dot is matched only by a part that begins with one.
"""

import re
from collections.abc import Iterable, Set
from fnmatch import translate
from functools import lru_cache

_MAGIC = re.compile(r"[*?\[]")
_DEEP = "**"


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the paths that ``pattern`` matches, sorted."""
    return sorted(path for path in paths if matches(pattern, path))


def matches(pattern: str, path: str) -> bool:
    """Return whether ``path``, with ``/`` between its parts, fits ``pattern``."""
    parts = _parts(pattern)
    places = _reached({0}, parts)
    for name in path.split("/"):
        stay = {place for place in places if place < len(parts) and parts[place] == _DEEP and not name.startswith(".")}
        step = {place + 1 for place in places if place < len(parts) and _fits(parts[place], name)}
        places = _reached(stay | step, parts)
    return len(parts) in places


def fixed_folders(pattern: str) -> str:
    """Return the folders that ``pattern`` starts with: ``handbook/`` of ``handbook/**/*.md``."""
    fixed = _MAGIC.split(pattern, maxsplit=1)[0]
    return fixed[: fixed.rfind("/") + 1]


def is_pattern(text: str) -> bool:
    """Return whether ``text`` may match several files."""
    return _MAGIC.search(text) is not None


def sees_hidden(pattern: str) -> bool:
    """Return whether some part of ``pattern`` begins with a dot."""
    return any(part.startswith(".") for part in _parts(pattern))


def _parts(pattern: str) -> list[str]:
    parts = pattern.split("/")
    return [*parts, "*"] if parts[-1] == _DEEP else parts


def _reached(places: Set[int], parts: list[str]) -> set[int]:
    """Add the places that are reached where ``**`` stands for no folder at all."""
    found = set(places)
    for place, part in enumerate(parts):
        if place in found and part == _DEEP:
            found.add(place + 1)
    return found


def _fits(part: str, name: str) -> bool:
    hidden = name.startswith(".") and not part.startswith(".")
    return part != _DEEP and not hidden and _expression(part).match(name) is not None


@lru_cache(maxsize=256)
def _expression(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))
