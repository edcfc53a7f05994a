"""What a prompt asks, and the passages it gives: all that the reader sees of the messages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genyard.discover.chat import Message
from genyard.discover.reader.passages import Marked, Passage, cut, marked

MAX_CHARACTERS = 200_000
"""The most of one message that is read: its first and its last half of that."""
MAX_QUESTION = 1_000

_ASKED = re.compile(
    r"^[ \t>#*]{0,6}(?:(?:the[ \t]+)?(?:user|customer|employee|reader)(?:['’]s)?[ \t]+)?"
    r"(?:question|query|frage|pregunta|domanda|q)[ \t*]{0,4}(?:\([^()\n]{0,40}\))?[ \t]*[:：][ \t*]*(?P<text>[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_ASKED_HEADING = re.compile(
    r"^#{1,6}[ \t]+(?:[^\n]{0,30}[ \t])?(?:question|query)[ \t]*\n+(?P<text>[^\n]+)", re.I | re.M
)
_ASKED_TAG = re.compile(r"<(?:user_?)?(?:question|query)>(?P<text>[^<]{1,2000})</", re.IGNORECASE)
_ANSWER = re.compile(
    r"[ \t>#*]{0,6}(?:(?:short|final|your|the)[ \t]+)?(?:answer|antwort|a|response|assistant)[ \t*]{0,4}[:：]?[ \t*]*",
    re.I,
)
_QUESTION_MARKS = ("?", "？", "؟", ";?")
_OPENING = re.compile(
    r"(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|"
    r"has|have|had|name|list|tell)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The question and the passages. Either may be missing."""

    question: str
    passages: tuple[Passage, ...]


def read_prompt(messages: Sequence[Message]) -> Prompt:
    """Find the question in the last message of the user, and the passages there or else in the other messages."""
    users = [position for position, one in enumerate(messages) if one.role == "user" and one.content.strip()]
    if not users:
        return Prompt(question="", passages=())
    asking = _bounded(messages[users[-1]].content)
    found = marked(asking)
    others = [_bounded(one.content) for one in messages[: users[-1]] if one.role != "assistant"]
    others += [_bounded(one.content) for one in messages[users[-1] + 1 :] if one.role != "assistant"]
    elsewhere = _elsewhere(others) if found is None or found.strength == "weak" else ()
    if found is None or elsewhere:
        return Prompt(question=_question(asking, None).question, passages=elsewhere)
    asked = _question(asking, found)
    passages = cut(asking, found, end=asked.start)
    # A line such as "Use the context: what is …?" looks like a passage, and the question would answer itself.
    return Prompt(question=asked.question, passages=tuple(one for one in passages if one.text not in asked.question))


def _bounded(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    half = MAX_CHARACTERS // 2
    return text if len(text) <= MAX_CHARACTERS else text[:half] + "\n" + text[-half:]


def _elsewhere(texts: Sequence[str]) -> tuple[Passage, ...]:
    passages: list[Passage] = []
    for text in texts:
        found = marked(text)
        if found is not None and found.strength != "weak":
            passages += cut(text, found)
    return tuple(passages)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in a text and where its line begins."""

    question: str
    start: int


def _question(text: str, found: Marked | None) -> _Asked:
    """Find the question: one that is marked as such before one that is not, behind the passages before ahead of them.

    A question marked inside a passage, with more passages to follow, is part of that passage.
    """
    if found is None:
        return _marked_question(text, 0, len(text)) or _question_line(text, 0, len(text)) or _last_line(text)
    behind, ahead = (found.behind, len(text)), (0, found.start)
    return (
        _marked_question(text, *behind)
        or _marked_question(text, *ahead)
        or _question_line(text, *behind)
        or _question_line(text, *ahead)
        or _last_line(text[: found.start])
    )


def _marked_question(text: str, start: int, end: int) -> _Asked | None:
    last: re.Match[str] | None = None
    for style in (_ASKED, _ASKED_HEADING, _ASKED_TAG):
        for one in style.finditer(text, start, end):
            if last is None or one.start() > last.start():
                last = one
    if last is None:
        return None
    lines: list[str] = []
    for line in text[last.start("text") : end][: 4 * MAX_QUESTION].split("</")[0].split("\n"):
        if _ANSWER.fullmatch(line) or (not line.strip() and lines):
            break
        lines += [line.strip()] if line.strip() else []
    return _Asked(" ".join(lines)[:MAX_QUESTION], last.start()) if lines else None


def _question_line(text: str, start: int, end: int) -> _Asked | None:
    """Find a line that ends with a question mark among the last few, or a last paragraph that opens like a question."""
    lines = _last_lines(text, start, end)
    for asked in lines:
        if asked.question.endswith(_QUESTION_MARKS):
            return asked
    own_paragraph = lines and text[: lines[0].start].endswith("\n\n")
    return lines[0] if own_paragraph and _OPENING.match(lines[0].question) else None


def _last_lines(text: str, start: int, end: int) -> list[_Asked]:
    """Return the last few lines that say something, the last one first. The line at ``start`` is not looked at."""
    found: list[_Asked] = []
    position = end
    while position > start and len(found) < 4:
        begin = text.rfind("\n", start, position)
        if begin < 0:
            if start > 0:
                break
            begin = -1
        line = text[begin + 1 : position].strip()
        if line and not _ANSWER.fullmatch(line):
            found.append(_Asked(line[-MAX_QUESTION:], begin + 1))
        position = begin
    return found


def _last_line(text: str) -> _Asked:
    lines = _last_lines(text, 0, len(text))
    return lines[0] if lines else _Asked("", 0)
