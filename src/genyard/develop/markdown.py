"""Markdown cut into blocks that cover the whole text: front matter, headings, code, tables and prose."""

import re
from dataclasses import dataclass, replace
from typing import Literal

BlockKind = Literal["front", "heading", "code", "table", "prose"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\n?")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*\n?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT_EDGE = re.compile(r"---[ \t]*\n?")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of a text from ``start`` up to ``end``, with the empty lines after it."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    """1 to 6 of a heading."""
    title: str = ""
    """The text of a heading, without its marks."""


def blocks(text: str) -> list[Block]:
    """Return the blocks of ``text``: the first starts at 0, each where the one before ends, the last ends the text."""
    found: list[Block] = []
    fence = ""  # what closes the code or front matter that is open
    joins = False  # whether a line of the same kind continues the last block
    for line in _LINE.finditer(text):
        last = found[-1] if found else None
        if last and (fence or not line[0].strip()):
            found[-1] = replace(last, end=line.end())
            joins = False
            fence = "" if _closes(line[0], fence) else fence
        elif last and joins and last.kind == "prose" and (title := _underlined(text, last, line[0])):
            level = 1 if "=" in line[0] else 2
            found[-1] = replace(last, kind="heading", end=line.end(), level=level, title=title)
            joins = False
        else:
            block = _block(line[0], line.start(), line.end())
            if last and joins and last.kind == block.kind:
                found[-1] = replace(last, end=line.end())
            else:
                found.append(block)
            joins = block.kind in ("prose", "table") and bool(line[0].strip())
            fence = _fence(block, line[0])
    return found


def _block(line: str, start: int, end: int) -> Block:
    if start == 0 and _FRONT_EDGE.fullmatch(line):
        return Block(kind="front", start=start, end=end)
    if heading := _HEADING.fullmatch(line):
        return Block(kind="heading", start=start, end=end, level=len(heading[1]), title=_plain(heading[2] or ""))
    if _FENCE.match(line):
        return Block(kind="code", start=start, end=end)
    kind: BlockKind = "table" if line.lstrip().startswith("|") else "prose"
    return Block(kind=kind, start=start, end=end)


def _fence(block: Block, line: str) -> str:
    opened = _FENCE.match(line)
    return "---" if block.kind == "front" else opened[1] if block.kind == "code" and opened else ""


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return bool(fence) and bare.startswith(fence) and not bare.strip(fence[0])


def _underlined(text: str, block: Block, line: str) -> str:
    """Return the title when ``line`` makes a heading of the one line of ``block``, else nothing."""
    written = text[block.start : block.end].strip()
    return _plain(written) if _UNDERLINE.fullmatch(line) and "\n" not in written else ""


def _plain(heading: str) -> str:
    return re.sub(r"[*_`]+(?=\S)|(?<=\S)[*_`]+", "", _LINK.sub(r"\1", heading)).strip()
