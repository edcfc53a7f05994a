"""Words of any script: for measuring chunks and for searching."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

TokenizerName = Literal["unicode", "alnum"]

# Scripts that write no spaces between words: Thai, Lao, Myanmar, Khmer, and Han, Hiragana and Katakana.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_COUNTED = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
_ALNUM = re.compile(r"[a-z0-9]+")


def count_words(text: str) -> int:
    """Return the number of words: runs between white space, and each character of a script without spaces."""
    return len(_COUNTED.findall(text))


def word_ends(text: str) -> list[int]:
    """Return where each word ends, with the white space after it."""
    starts = [found.start() for found in _COUNTED.finditer(text)]
    return [*starts[1:], len(text)] if starts else []


def unicode_words(text: str) -> list[str]:
    """Return the words of ``text``: runs of letters, marks and digits, in NFKC and case-folded.

    Each character of a script without spaces is a word. No word is dropped, in no language.
    """
    if text.isascii():
        return alnum_words(text)  # the same there, and much faster
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _word_pattern().findall(folded)


def alnum_words(text: str) -> list[str]:
    """Return the runs of ``[a-z0-9]`` of the lower-cased text, as published baselines do."""
    return _ALNUM.findall(text.lower())


TOKENIZERS: Mapping[TokenizerName, Callable[[str], list[str]]] = {"alnum": alnum_words, "unicode": unicode_words}


@cache
def _word_pattern() -> re.Pattern[str]:
    # re's own \w leaves marks out, and would cut words of Hindi, Tamil or Arabic at their vowel signs. Marks stand
    # in the first two planes and, as variation selectors, at U+E0100.
    marks = "".join(
        re.escape(chr(code))
        for code in [*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)]
        if unicodedata.category(chr(code)).startswith("M")
    )
    spaced = f"(?![{UNSPACED}])[^\\W_]"
    return re.compile(f"[{UNSPACED}][{marks}]*|{spaced}(?:{spaced}|[{marks}])*")
