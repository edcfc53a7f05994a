"""The only status words of the pages: icon, word and tone together, so that colour is never the only signal."""

from dataclasses import dataclass
from typing import Literal

from genyard.core.escape import one_line

Tone = Literal["ok", "bad", "warn", "info", "off"]
Icon = Literal["ok", "bad", "und", "adv", "hold", "back", "live", "shadow", "stop", "person", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A status. Good states are quiet; only exceptions are filled."""

    word: str
    icon: Icon
    tone: Tone
    filled: bool = False


def _quiet(word: str, icon: Icon, tone: Tone) -> Chip:
    return Chip(word=word, icon=icon, tone=tone)


def _loud(word: str, icon: Icon, tone: Tone) -> Chip:
    return Chip(word=word, icon=icon, tone=tone, filled=True)


_CHIPS = {
    "pass": _quiet("Pass", "ok", "ok"),
    "fail": _loud("Fail", "bad", "bad"),
    "undecided": _loud("Undecided", "und", "warn"),
    "none": _quiet("No gate", "none", "off"),
    "done": _quiet("Done", "ok", "ok"),
    "failed": _loud("Failed", "bad", "bad"),
    "running": _quiet("Running", "adv", "info"),
    "queued": _quiet("Queued", "shadow", "off"),
    "cancelled": _quiet("Cancelled", "stop", "off"),
    "interrupted": _quiet("Interrupted", "stop", "off"),
    "waiting": _loud("Waiting for a person", "person", "warn"),
    "partial": _loud("Partial", "und", "warn"),
    "refused": _loud("Refused", "bad", "bad"),
    "open": _loud("Open", "und", "warn"),
    "not_applicable": _quiet("Not applicable", "none", "off"),
    "live": _quiet("Live", "live", "ok"),
    "ok": _quiet("Answered", "ok", "ok"),
    "error": _loud("Error", "bad", "bad"),
}
_GATE = {
    "pass": _quiet("Gate passed", "ok", "ok"),
    "fail": _loud("Gate failed", "bad", "bad"),
    "undecided": _loud("Gate undecided", "und", "warn"),
}


def chip(state: str) -> Chip:
    """Return the chip of a state; one that is not known is shown as it is, without colour."""
    return _CHIPS.get(state) or _quiet(one_line(state, limit=24) or "Unknown", "none", "off")


def gate_chip(verdict: str) -> Chip:
    return _GATE.get(verdict) or chip("none")
