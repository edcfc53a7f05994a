"""What a user's pattern may be looked for as in the JSON of a row, so that rows without it are passed over at once."""

import re

import re2

_TOKEN = re.compile(
    r"\\[dw]|\\[-.]|[A-Za-z0-9_ :#@,;=<>!%&~-]|\[[A-Za-z0-9_-]+\]|\(\?[i:]\)?|[()|]|\{[0-9]+(?:,[0-9]*)?\}|[+*?]"
)
"""What matches only letters that JSON writes as they are, or as an escape that every gate opens for."""
_ANCHOR = re.compile(r"\\b|\^|\$")


def wide_of(pattern: str) -> str | None:
    """Return a pattern that JSON has wherever ``pattern`` is found in one of its texts, None where none is known.

    It is the pattern without its anchors. One with a dot, a quote or a letter beyond ASCII may match what JSON escapes.
    """
    kept: list[str] = []
    at = 0
    while at < len(pattern):
        anchor = _ANCHOR.match(pattern, at)
        token = anchor or _TOKEN.match(pattern, at)
        if token is None:
            return None
        if anchor is None:
            kept.append(token.group())
        at = token.end()
    wide = "".join(kept)
    return wide if _compiles(wide) else None


def _compiles(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True
