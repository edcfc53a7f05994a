"""The nearest known word to one that is not known, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that was probably meant, or None where none is near."""
    return next(iter(get_close_matches(word, sorted(set(known)), n=1)), None)


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a hint: the nearest of ``known``, or ``otherwise`` where none is near, which by default names them all."""
    words = sorted(set(known))
    near = nearest(word, words)
    if near is not None:
        return f"did you mean {near}?"
    return otherwise or (f"there are: {', '.join(words)}" if words else "none is known here")
