"""Words looked for in what was asked and answered."""

import json
from collections.abc import Mapping, Sequence

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.binding import Binding
from genyard.store.columns import SPANS

SEARCHED = (
    "input_messages",
    "output_messages",
    "system_instructions",
    "input",
    "output",
    "retrieval_query",
    "tool_arguments",
    "tool_result",
    "error_message",
)
"""The columns that are searched: prompts, answers, what tools took and gave, errors. Documents found are not."""
MOST_WORDS = 8


def holding(words: Sequence[str], binding: Binding, *, also: Mapping[str, str]) -> str:
    """Return the SQL of spans in which each of ``words`` stands somewhere, as a part of any text, in any case.

    A word may hold spaces: then it is looked for as it is. ``also`` is the SQL of other spans that a word is found in,
    by word. Raises InvalidInput for too many.
    """
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"{len(words)} words are too many to look for", hint=f"write {MOST_WORDS} at most")
    return " AND ".join(f"({_anywhere(word, also.get(word), binding)})" for word in words) or "true"


def _anywhere(word: str, also: str | None, binding: Binding) -> str:
    # JSON columns are text as its sender wrote it, so the word is looked for as JSON writes it: in either way.
    plain = binding.add(pattern(word))
    escaped = binding.add(pattern(*_escaped(word)))
    found = [
        f"regexp_matches({column}, {escaped if SPANS.by_name[column].type == 'json' else plain})" for column in SEARCHED
    ]
    return " OR ".join([*found, *([also] if also else [])])


def word_pattern(word: str) -> str:
    """Return a pattern of ``word`` as it is, or as JSON writes it."""
    return pattern(word, *_escaped(word))


def _escaped(word: str) -> list[str]:
    return [json.dumps(word, ensure_ascii=ascii)[1:-1] for ascii in (False, True)]


def pattern(*texts: str) -> str:
    """Return a pattern of exactly one of ``texts`` in any case: faster than lowering every prompt to compare it."""
    return "(?i)" + "|".join("".join(map(_sign, text)) for text in dict.fromkeys(texts))


def _sign(sign: str) -> str:
    return sign if not sign.isascii() or sign.isalnum() else f"\\x{{{ord(sign):x}}}"
