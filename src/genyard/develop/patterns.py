"""Glob patterns of ``genyard.yaml`` over paths: ``*`` stays in a folder, ``**/`` goes through any."""

import re
from collections.abc import Iterable
from functools import lru_cache


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the paths that ``pattern`` matches, sorted."""
    expression = _compiled(pattern)
    return sorted(path for path in paths if expression.fullmatch(path))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", pattern)
    return re.compile("".join(parts.get(one) or (one if one.startswith("[") else re.escape(one)) for one in tokens))
