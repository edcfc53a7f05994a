"""Citations in an answer: ``[2]`` names the second passage that the prompt showed."""

import re
from dataclasses import dataclass

from genyard.core.digest import Digest

MARK = re.compile(r"\s?\[(\d{1,3}(?:\s?[,;]\s?\d{1,3})*)\]")
"""A mark with the space before it; its numbers are the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage that was retrieved, and whether the answer cites it."""

    label: str
    document: str
    """The document's path in its corpus."""
    chunk_digest: Digest
    document_digest: Digest
    score: float
    used: bool


def cited(text: str) -> frozenset[int]:
    """Return the numbers of the passages that ``text`` cites, counted from 1."""
    return frozenset(int(number) for mark in MARK.findall(text) for number in re.findall(r"\d+", mark))


def without_citations(text: str) -> str:
    """Return ``text`` without its citation marks, for scoring what it says."""
    return MARK.sub("", text).strip()
