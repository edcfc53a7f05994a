"""How well an answer matches the answers expected: exact match, token F1, contains, numbers.

The normalisation is that of SQuAD (Rajpurkar et al. 2016, the evaluation script of version 1.1): lower case, ASCII
punctuation out, the words a, an and the out, white space single. It knows English only. Where a text has letters
outside the Latin script, both sides are normalised for any script instead: NFKC, case folding, all of Unicode's
punctuation out, and each ideograph or kana a word of its own, because those scripts write no spaces.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

Normalisation = Literal["auto", "squad", "unicode"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
# Han, Hiragana and Katakana, as far as Unicode's blocks of letters go.
_UNSPACED = re.compile("([\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")


def squad_normalise(text: str) -> str:
    """Return ``text`` as the evaluation script of SQuAD normalises it."""
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def unicode_normalise(text: str) -> str:
    """Return ``text`` normalised for any script: folded, without punctuation, unspaced scripts spaced."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(one for one in folded if not unicodedata.category(one).startswith("P"))
    return " ".join(_ARTICLES.sub(" ", _UNSPACED.sub(r" \1 ", bare)).split())


def exact_match(answer: str, expected: Sequence[str], *, normalisation: Normalisation = "auto") -> float:
    """Return 1.0 when the normalised answer equals one of the expected ones, else 0.0. Symmetric."""
    return _best(answer, expected, normalisation, lambda said, gold: float(said == gold))


def token_f1(answer: str, expected: Sequence[str], *, normalisation: Normalisation = "auto") -> float:
    """Return the best harmonic mean of token precision and recall against the expected answers, 0 to 1. Symmetric.

    As in SQuAD 2.0, an empty side matches only an empty side.
    """
    return _best(answer, expected, normalisation, _f1)


def contains(answer: str, expected: Sequence[str], *, normalisation: Normalisation = "auto") -> float:
    """Return 1.0 when the tokens of an expected answer stand in a row in the answer, else 0.0."""
    return _best(answer, expected, normalisation, lambda said, gold: float(bool(gold) and f" {gold} " in f" {said} "))


def number_in(text: str, *, after: str = "") -> Decimal | None:
    """Return the first number after the last ``after``, or with no ``after`` the last number of all; else None.

    Commas between digits are dropped, as in ``1,250``.
    """
    if after:
        _, found, text = text.rpartition(after)
        if not found:
            return None
    numbers = _NUMBER.findall(text)
    if not numbers:
        return None
    try:
        return Decimal(numbers[0 if after else -1].replace(",", ""))
    except InvalidOperation:
        return None


def numeric_match(answer: str, expected: Sequence[str], *, after: str = "") -> float:
    """Return 1.0 when the number of the answer equals that of an expected answer as a value, else 0.0.

    An expected answer may be a bare number: without the marker ``after``, its last number counts.
    """
    said = number_in(answer, after=after)
    golds = [number_in(one, after=after) if after in one else number_in(one) for one in expected]
    return float(said is not None and said in golds)


def _best(
    answer: str, expected: Sequence[str], normalisation: Normalisation, compare: Callable[[str, str], float]
) -> float:
    return max((compare(*_pair(answer, gold, normalisation)) for gold in expected), default=0.0)


def _pair(answer: str, gold: str, normalisation: Normalisation) -> tuple[str, str]:
    any_script = normalisation == "unicode" or (normalisation == "auto" and _beyond_latin(answer + gold))
    normalise = unicode_normalise if any_script else squad_normalise
    return normalise(answer), normalise(gold)


def _beyond_latin(text: str) -> bool:
    # Up to U+024F all letters are Latin; most texts end here.
    return not text.isascii() and any(
        one > "\u024f" and one.isalpha() and "LATIN" not in unicodedata.name(one, "") for one in text
    )


def _f1(said: str, gold: str) -> float:
    said_tokens, gold_tokens = said.split(), gold.split()
    if not said_tokens or not gold_tokens:
        return float(said_tokens == gold_tokens)
    common = sum((Counter(said_tokens) & Counter(gold_tokens)).values())
    return 2 * common / (len(said_tokens) + len(gold_tokens))
