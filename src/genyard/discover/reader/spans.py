"""Short spans that could be what a question wants: numbers with units, dates, times, names, places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from genyard.discover.reader.question import Wanted
from genyard.discover.reader.words import EMPTY, fold

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
_DIGITS = (
    r"(?:(?:\d{1,3}(?:[,\u202f\u00a0]\d{3})+|\d+)(?:[.,]\d+)?(?:\s?(?:million|billion|trillion|thousand|hundred))?)"
)
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TENS = r"(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)"
_MORE = r"(?:hundred|thousand|million|billion|dozen|half)"
_COUNT = rf"(?:{_DIGITS}|(?:{_ONES}|{_TENS}|{_MORE})(?:[ -](?:{_ONES}|{_MORE})){{0,4}})"
_SPAN_OF_TIME = (
    r"(?:seconds?|minutes?|hours?|(?:working |calendar |business )?days?|nights?|weeks?|months?|seasons?|years?|"
    r"decades?|centur(?:y|ies))"
)
_UNIT = (
    r"(?:km|kilomet(?:re|er)s?|miles?|mi|met(?:re|er)s?|feet|foot|ft|inch(?:es)?|cm|mm|m|kilograms?|kg|grams?|g|lbs?|"
    r"pounds?|tons?|tonnes?|mph|km/h|°\s?[CF]?|degrees?|acres?|hectares?|lit(?:re|er)s?|l|ml|(?:square|cubic) \w+|%|"
    r"percent|GB|MB|TB)(?!\w)"
)
_CLOCK = r"\d{1,2}[:.]\d\d(?:\s?[ap]\.?m\b\.?)?"
_CURRENCY = r"(?:euros?|dollars?|pounds?|cents?|francs?|crowns?|USD|EUR|GBP|€|£)"

_FORMS: tuple[tuple[Wanted, tuple[str, ...]], ...] = (
    (
        "date",
        (
            rf"\b(?:{_DAY},? )?(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b\.?,?(?: \d{{4}})?",
            rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?",
            rf"\b{_MONTH},? \d{{4}}\b",
            r"\b(?:early |late |mid-?)?(?:1\d|20)\d\ds?\b(?:[-–—](?:\d{4}|\d\d)\b)?",
            r"\b\d{1,4} (?:BC|BCE|AD|CE)\b",
            r"\b\d{1,2}(?:st|nd|rd|th) century\b(?: BCE?| AD)?",
            rf"\b(?:every|each|the first|the last) (?:{_DAY}|day|week|month|year|morning|evening)\b",
            rf"\b{_DAY}\b|\b{_MONTH}\b|\b(?:spring|summer|autumn|winter)\b",
        ),
    ),
    (
        "time",
        (
            rf"\b{_CLOCK}(?:\s?(?:to|[-–—]|and)\s?{_CLOCK})?",
            r"\b\d{1,2}\s?[ap]\.?m\b\.?",
            r"\b(?:noon|midday|midnight)\b",
        ),
    ),
    (
        "duration",
        (rf"\b{_COUNT}(?:\s?(?:to|[-–—]|or)\s?{_COUNT})?[\s-]?{_SPAN_OF_TIME}\b", rf"\ban? {_SPAN_OF_TIME}\b"),
    ),
    ("money", (rf"(?:[$€£¥]|\b(?:USD|EUR|GBP))\s?{_COUNT}", rf"\b{_COUNT}\s?{_CURRENCY}")),
    ("measure", (rf"\b{_COUNT}(?:\s?(?:to|[-–—]|by|×|x)\s?{_COUNT})?[\s-]?{_UNIT}",)),
    ("age", (rf"\b(?:aged? )?{_COUNT}(?:[\s-]years?(?:[\s-]old)?)?\b",)),
    ("number", (rf"\b{_COUNT}(?:\s?(?:%|percent\b))?", r"\b(?:once|twice|none|both)\b")),
)
_PATTERNS = {wanted: re.compile("|".join(forms), re.IGNORECASE) for wanted, forms in _FORMS}

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽ"
_LINK = r"(?:(?:of|the|de|da|di|del|della|van|von|der|den|la|le|du|al|el|bin|ibn|and|&|for|in|on)\s){0,2}"
_NAME = re.compile(
    rf"[“\"][^“”\"\n]{{2,60}}[”\"]|"
    rf"[{_UPPER}][\w'’.&-]*(?:\s{_LINK}(?:[{_UPPER}][\w'’.&-]*|\d{{1,4}}\b(?!\s?%)))*"
)
_WHERE = r"in|at|from|near|to|into|on|inside|outside|between|under|behind|beside|through|within|across|off|around"
_PLACE = re.compile(
    rf"\b(?:{_WHERE})\s+((?:(?:the|an?|its|their|your|his|her|each)\s)?[\w'’.-]+(?:\s(?:of\s|and\s)?(?:the\s)?[\w'’.-]+){{0,3}})"
)
_NEAR = re.compile(r"\b(?:in|at|from|near|to|of|on)\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text. ``fit`` says how well its form fits what is wanted, from 0 to 1."""

    start: int
    end: int
    fit: float


def spans(text: str, wanted: Wanted) -> list[Span]:
    """Return the spans of ``text`` that could be what is wanted."""
    return list(_found(text, wanted))


def _found(text: str, wanted: Wanted) -> Iterator[Span]:
    if wanted == "date":
        yield from _matches("date", text, 1.0)
        yield from _matches("time", text, 0.5)
    elif wanted == "age":
        yield from _matches("age", text, 0.8)
        yield from _matches("date", text, 0.5)
    elif wanted in _PATTERNS:
        yield from _matches(wanted, text, 1.0)
        if wanted != "number":
            yield from _matches("number", text, 0.4)
    elif wanted in ("person", "name", "thing"):
        yield from _names(text, 1.0 if wanted != "thing" else 0.5)
    elif wanted == "place":
        yield from _places(text)


def _matches(kind: Wanted, text: str, fit: float) -> Iterator[Span]:
    for found in _PATTERNS[kind].finditer(text):
        yield Span(found.start(), found.end(), fit)


def _names(text: str, fit: float) -> Iterator[Span]:
    for found in _NAME.finditer(text):
        start, end = found.span()
        first = fold(found[0].split()[0].strip('“"”'))
        if first in EMPTY:
            rest = found[0].find(" ")
            if rest < 0:
                continue
            start += rest + 1
        ends_early = text[start:end].rstrip(".,'’-")
        if ends_early:
            yield Span(start, start + len(ends_early), fit)


def _places(text: str) -> Iterator[Span]:
    names = list(_names(text, 0.6))
    for found in _PLACE.finditer(text):
        yield Span(found.start(1), found.start(1) + len(found[1].rstrip(".'’-")), 0.5)
    for name in names:
        near = _NEAR.search(text[max(0, name.start - 12) : name.start])
        yield Span(name.start, name.end, 1.0 if near else 0.6)
