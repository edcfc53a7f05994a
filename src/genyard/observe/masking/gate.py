"""The gate before all rules: one pass over a text says which of them might find something in it."""

from collections.abc import Sequence

import re2

_MEMORY = 16 * 1024 * 1024
"""Most bytes of states that are kept. What is beyond is worked out again, so that no text can take more."""
_ESCAPED = rb"\\u00[2-7]"
"""JSON in text may write any letter as an escape, which no rule sees through. Such text is let in, to be read first."""
_ALWAYS = rb"\z"
"""The end, found in every text: an automaton that runs out of memory finds nothing, not even that."""


class Gate:
    """Patterns as one automaton (RE2::Set): its time is linear in the text and does not grow with their number."""

    def __init__(self, patterns: Sequence[bytes], *, utf8: bool = False) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.UTF8 if utf8 else re2.Options.Encoding.LATIN1
        options.max_mem = _MEMORY
        options.log_errors = False
        self._count = len(patterns)
        self._set = re2.Set.SearchSet(options)
        for pattern in (*patterns, _ESCAPED, _ALWAYS):
            self._set.Add(pattern)
        self._set.Compile()

    def is_open(self, text: bytes) -> bool:
        """Return whether anything might be found in ``text``."""
        found = self._set.Match(text)
        return found is None or len(found) > 1

    def opened(self, text: bytes) -> list[int]:
        """Return which patterns are found in ``text``, by their place: all of them where that cannot be said."""
        found = self._set.Match(text)
        return list(range(self._count)) if found is None else sorted(one for one in found if one < self._count)
