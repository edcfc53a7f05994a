"""Finding the passages in a text that people wrote, whichever way they marked them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

MAX_PASSAGES = 400
MAX_LABEL = 60

Strength = Literal["strong", "introduced", "weak"]
"""How sure it is that the marks mean passages: by themselves, after a line such as ``Context:``, or only perhaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage: the label to cite it by, its title where it has one, its text."""

    label: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The beginning of a passage in a text: where its mark and its text begin, and what the mark says."""

    start: int
    text_start: int
    text_end: int
    label: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The marks of the passages in a text, all of one style."""

    strength: Strength
    marks: tuple[Mark, ...]

    @property
    def start(self) -> int:
        return self.marks[0].start

    @property
    def last_start(self) -> int:
        return self.marks[-1].text_start

    @property
    def behind(self) -> int:
        """Where a question after the passages can begin: in a paragraph without a mark, with its first line."""
        last = self.marks[-1]
        return last.text_start if last.start < last.text_start else last.start - 1


_NOUN = (
    "passage|document|doc|source|context|chunk|snippet|excerpt|extract|text|article|page|search result|result|reference"
)
_TITLE = r"\([ \t]*(?:title[ \t]*:)?[ \t]*(?P<title>[^()\n]{0,300}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?)\)"

# Document [1](Title: Nobel Prize) text · Passage 1: text · **Source B** - title: text · === Document 3 ===
_NOUN_AND_LABEL = re.compile(
    rf"^[ \t]*(?:[#]{{1,6}}[ \t]+|[*]{{2}}|[-=]{{2,}}[ \t]*)?(?:{_NOUN})[ \t]*(?:no\.[ \t]*|#)?"
    rf"(?:\[(?P<bracketed>[^\[\]\n]{{1,60}})\]|(?P<plain>\d{{1,4}}|(?-i:[A-Z])(?![\w'’])))[ \t]*(?:{_TITLE})?"
    r"[ \t]*(?:[-=]{2,}|[*]{2})?[:.)\-–—]?(?:[*]{2})?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
# [1] text · - [Title] text; not a Markdown link
_BRACKETED = re.compile(r"^[ \t]*(?:[-*][ \t]+)?\[(?P<label>[^\[\]\n]{1,60})\](?!\()[:.)]?[ \t]*", re.MULTILINE)
_HEADING = re.compile(r"^(?P<level>[#]{1,6})[ \t]+(?P<title>\S[^\n]{0,200})\n?", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]{0,3}\(?(?P<label>\d{1,3})[.):][ \t]+(?=\S)", re.MULTILINE)
_BULLET = re.compile(r"^[-*•–][ \t]+(?=\S)", re.MULTILINE)
_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>passage|document|doc|context|source|chunk|snippet|excerpt|article|item|result|reference|page)"
    r"(?P<attributes>\s[^<>]{0,400})?>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w-]+)\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"'>]+))")
_ANY_NOUN = rf"(?:{_NOUN}|background|knowledge|information|evidence|facts?)s?"
# A heading or a line that ends with a colon and speaks of passages, or the bare word before one.
_INTRODUCTION = re.compile(
    rf"^(?:[#]{{1,6}}[ \t]+(?:[^\n:]{{0,40}}[ \t])?{_ANY_NOUN}:?[ \t]*$"
    rf"|[^\n:]{{0,80}}\b{_ANY_NOUN}\b[^\n:]{{0,60}}:[ \t]*$"
    rf"|[ \t*#]{{0,6}}{_ANY_NOUN}[*]{{0,2}}:)",
    re.IGNORECASE | re.MULTILINE,
)
_NO_PASSAGE = re.compile(
    r"(?:the[ \t]+)?(?:user[ \t]+)?(?:question|query|task|instructions?|rules|answer|output)\b\W*", re.I
)
_GAP = re.compile(r"\n(?:[ \t]*(?:[-=*_]{3,}[ \t]*)?\n)+")
_RULE_OR_FENCE = re.compile(r"[ \t]*(?:[-=*_]{3,}|`{3,}\w*|\"{3})[ \t]*")
_INSTRUCTION = re.compile(
    r"\W{0,4}(?:please|answer|use|using|cite|respond|reply|write|give|if|do not|don't|only|"
    r"based on|now|remember|keep|end)\b"
    r".{0,200}?\b(?:passages?|context|documents?|sources?|question|answer|cite|above|know)\b",
    re.IGNORECASE | re.DOTALL,
)


def marked(text: str) -> Marked | None:
    """Return the marks of the passages in ``text``, or None when it holds none."""
    strong = _tags(text) or _labelled(text, _NOUN_AND_LABEL) or _labelled(text, _BRACKETED)
    if strong:
        return Marked(strength="strong", marks=strong)
    introductions = [one.end() for one in _INTRODUCTION.finditer(text)]
    if introductions:
        inside = _weak(text, introductions[-1]) or _paragraphs(text, introductions[-1])
        return Marked(strength="introduced", marks=inside) if inside else None
    weak = _weak(text, 0)
    return Marked(strength="weak", marks=weak) if len(weak) > 1 else None


def cut(text: str, found: Marked, *, end: int | None = None) -> tuple[Passage, ...]:
    """Return the passages of ``text``. ``end`` is where the question begins, if it stands after them."""
    stop = len(text) if end is None or end < found.last_start else end
    passages: list[Passage] = []
    for mark in found.marks[:MAX_PASSAGES]:
        passage = _titled(text[mark.text_start : min(mark.text_end, stop)], mark, len(passages) + 1)
        if passage.text:
            passages.append(passage)
    return tuple(_without_instructions(passages))


def _labelled(text: str, style: re.Pattern[str]) -> tuple[Mark, ...]:
    starts = []
    for one in style.finditer(text):
        groups = one.groupdict()
        label = groups.get("label") or groups.get("bracketed") or groups.get("plain") or ""
        starts.append(
            Mark(
                start=one.start(),
                text_start=one.end(),
                text_end=len(text),
                label=label.strip(),
                title=(groups.get("title") or "").strip(),
            )
        )
    return _until_next(starts)


def _until_next(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """End the text of each mark where the next one begins."""
    return (*(replace(mark, text_end=after.start) for mark, after in pairwise(marks)), *marks[-1:])


def _weak(text: str, start: int) -> tuple[Mark, ...]:
    """Return the marks of headings, else of numbers, else of bullets, behind ``start``."""
    for style in (_HEADING, _NUMBERED, _BULLET):
        marks = [
            Mark(
                start=one.start(),
                text_start=one.end(),
                text_end=len(text),
                label=one.groupdict().get("label") or one.groupdict().get("title") or "",
                title=one.groupdict().get("title") or "",
            )
            for one in style.finditer(text, start)
        ]
        if marks:
            return tuple(one for one in _until_next(marks) if not _NO_PASSAGE.fullmatch(one.title))
    return ()


def _paragraphs(text: str, start: int) -> tuple[Mark, ...]:
    marks = []
    position = start
    for gap in _GAP.finditer(text, start):
        if text[position : gap.start()].strip():
            marks.append(Mark(start=position, text_start=position, text_end=gap.start()))
        position = gap.end()
    if text[position:].strip():
        marks.append(Mark(start=position, text_start=position, text_end=len(text)))
    return tuple(marks)


def _tags(text: str) -> tuple[Mark, ...]:
    """Return the innermost elements whose name says that they are passages; one that holds marks gives these."""
    marks: list[Mark] = []
    opened: re.Match[str] | None = None
    for tag in _TAG.finditer(text):
        if not tag["close"]:
            opened = tag
        elif opened is not None and opened["name"].lower() == tag["name"].lower():
            marks += _element(text, opened, tag.start())
            opened = None
    return tuple(marks)


def _element(text: str, opened: re.Match[str], end: int) -> list[Mark]:
    inside = text[opened.end() : end]
    inner = _labelled(inside, _NOUN_AND_LABEL) or _labelled(inside, _BRACKETED)
    if not inner and opened["name"].lower() == "context":
        inner = _weak(inside, 0) or _paragraphs(inside, 0)
    if inner:
        shift = opened.end()
        return [
            replace(one, start=one.start + shift, text_start=one.text_start + shift, text_end=one.text_end + shift)
            for one in inner
        ]
    values = {
        one["name"].lower(): one["a"] or one["b"] or one["c"] or ""
        for one in _ATTRIBUTE.finditer(opened["attributes"] or "")
    }
    label = next((values[name] for name in ("id", "index", "number", "n", "label", "name") if values.get(name)), "")
    return [
        Mark(
            start=opened.start(),
            text_start=opened.end(),
            text_end=end,
            label=label,
            title=values.get("title") or values.get("source") or "",
        )
    ]


def _titled(text: str, mark: Mark, number: int) -> Passage:
    """Take a first line that is only a title off the text."""
    lines = text.strip().split("\n")
    while lines and _RULE_OR_FENCE.fullmatch(lines[-1]):
        lines.pop()
    title = mark.title
    first = lines[0].strip() if lines else ""
    if len(lines) > 1 and _is_title(first):
        plain = re.sub(r"^(?:#{1,6}|title:)\s*|^\*\*|\*\*$", "", first, flags=re.IGNORECASE).strip()
        title = f"{title} {plain}".strip() if plain not in title else title
        lines = lines[1:]
    label = " ".join((mark.label or str(number)).split())[:MAX_LABEL].strip("# ")
    return Passage(label=label or str(number), title=title, text="\n".join(lines).strip())


def _is_title(line: str) -> bool:
    if line.startswith(("#", "**", "Title:", "title:")):
        return True
    return 0 < len(line) <= 100 and line[-1] not in ".!?:;,|" and line[0] not in "|-*•" and len(line.split()) <= 14


def _without_instructions(passages: list[Passage]) -> list[Passage]:
    """Take off what was said to the model after the last passage."""
    if not passages:
        return passages
    paragraphs = re.split(r"\n[ \t]*\n", passages[-1].text)
    one_paragraph_each = len(passages) > 1 and all("\n\n" not in one.text for one in passages[:-1])
    while len(paragraphs) > 1 and (one_paragraph_each or _INSTRUCTION.match(paragraphs[-1])):
        paragraphs.pop()
    unlabelled = passages[-1].label == str(len(passages)) and not passages[-1].title
    if len(paragraphs) == 1 and len(passages) > 1 and unlabelled and _INSTRUCTION.match(paragraphs[0]):
        return passages[:-1]
    return [*passages[:-1], replace(passages[-1], text="\n\n".join(paragraphs))]
