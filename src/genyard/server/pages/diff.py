"""Two texts side by side: by line, then by word inside changed lines; unchanged runs fold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, zip_longest
from typing import Literal

Op = Literal["same", "del", "ins"]
RowKind = Literal["same", "changed", "fold"]
CONTEXT = 2
MOST_LINES = 2_000
"""Above this many lines a text is compared by its lines in order alone: finding moves takes quadratic time."""
WORD_BYTES = 200_000
_MOST_WORDS = 400
_LEAST_RUN = CONTEXT * 2 + 2
# A word keeps the space after it, so that a run of changed words is marked as one.
_WORD = re.compile(r"\w+\s*|\s+|[^\w\s]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    op: Op
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """A line of both texts. A number of None means that this side has no such line."""

    kind: RowKind
    old_number: int | None = None
    old: tuple[Run, ...] = ()
    new_number: int | None = None
    new: tuple[Run, ...] = ()
    hidden: int = 0
    """For a fold: how many lines are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    rows: tuple[DiffRow, ...]
    changed: int
    lines: int
    by_word: bool
    """False above WORD_BYTES, where only lines are compared; the page says so."""

    @property
    def folded(self) -> bool:
        return any(row.kind == "fold" for row in self.rows)


def diff(old: str, new: str, *, whole: bool = False) -> Diff:
    """Compare two texts. With ``whole`` unchanged runs stay open. Joining a side's runs gives that side back."""
    before, after = old.split("\n"), new.split("\n")
    by_word = len(old) + len(new) <= WORD_BYTES
    rows = list(_rows(before, after, by_word))
    changed = sum(row.kind == "changed" for row in rows)
    shown = rows if whole else list(_folded(rows))
    return Diff(rows=tuple(shown), changed=changed, lines=max(len(before), len(after)), by_word=by_word)


def _rows(before: Sequence[str], after: Sequence[str], by_word: bool) -> Iterator[DiffRow]:
    for same, i1, i2, j1, j2 in _blocks(before, after):
        if same:
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                line = (Run(op="same", text=before[i]),)
                yield DiffRow(kind="same", old_number=i + 1, old=line, new_number=j + 1, new=line)
        else:
            for one, other in zip_longest(range(i1, i2), range(j1, j2)):
                yield _changed(before, after, one, other, by_word)


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    stop, until = len(before) - end, len(after) - end
    if start:
        yield True, 0, start, 0, start
    if max(stop - start, until - start) > MOST_LINES:
        yield False, start, stop, start, until
    else:
        matcher = SequenceMatcher(None, before[start:stop], after[start:until], autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            yield tag == "equal", start + i1, start + i2, start + j1, start + j2
    if end:
        yield True, stop, len(before), until, len(after)


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _changed(before: Sequence[str], after: Sequence[str], i: int | None, j: int | None, by_word: bool) -> DiffRow:
    if i is None or j is None:
        return DiffRow(
            kind="changed",
            old_number=None if i is None else i + 1,
            old=() if i is None else (Run(op="del", text=before[i]),),
            new_number=None if j is None else j + 1,
            new=() if j is None else (Run(op="ins", text=after[j]),),
        )
    old, new = _words(before[i], after[j]) if by_word else _lines(before[i], after[j])
    return DiffRow(kind="changed", old_number=i + 1, old=old, new_number=j + 1, new=new)


def _lines(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    return (Run(op="del", text=old),), (Run(op="ins", text=new),)


def _words(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if not before or not after or max(len(before), len(after)) > _MOST_WORDS:
        return _lines(old, new)
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    old_runs = [_marked("del" if tag != "equal" else "same", before[i1:i2]) for tag, i1, i2, _, _ in opcodes]
    new_runs = [_marked("ins" if tag != "equal" else "same", after[j1:j2]) for tag, _, _, j1, j2 in opcodes]
    return tuple(chain.from_iterable(old_runs)), tuple(chain.from_iterable(new_runs))


def _marked(op: Op, words: Sequence[str]) -> Iterator[Run]:
    """Mark a run of words, but not the space behind it: a struck or underlined space reads as a change."""
    text = "".join(words)
    kept = text.rstrip() or text
    if kept:
        yield Run(op=op, text=kept)
    if kept != text:
        yield Run(op="same", text=text[len(kept) :])


def _folded(rows: Sequence[DiffRow]) -> Iterator[DiffRow]:
    start = 0
    while start < len(rows):
        if rows[start].kind == "changed":
            yield rows[start]
            start += 1
            continue
        end = next((at for at in range(start, len(rows)) if rows[at].kind == "changed"), len(rows))
        yield from _fold_run(rows[start:end], first=start == 0, last=end == len(rows))
        start = end


def _fold_run(run: Sequence[DiffRow], *, first: bool, last: bool) -> Iterator[DiffRow]:
    if len(run) < _LEAST_RUN:
        yield from run
        return
    before = 0 if first else CONTEXT
    after = 0 if last else CONTEXT
    yield from run[:before]
    yield DiffRow(kind="fold", hidden=len(run) - before - after)
    yield from run[len(run) - after :]
