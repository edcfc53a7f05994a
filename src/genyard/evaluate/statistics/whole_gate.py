"""A gate of several conditions that must all hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from genyard.evaluate.statistics.multiple import holm
from genyard.evaluate.statistics.verdicts import Verdict, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """The gate's word. ``p_fail`` are the conditions' fail p-values after Holm, in the order of ``conditions``."""

    word: Word
    reason: str
    conditions: tuple[tuple[str, Verdict], ...]
    p_fail: tuple[float | None, ...]


def whole_gate(conditions: Mapping[str, Verdict]) -> GateVerdict:
    """Pass when every condition passes; fail when one fails after Holm; else undecided.

    A release needs all conditions, so each passes at its own alpha without correction (an intersection-union test,
    Berger 1982, Technometrics 24:295). "Some condition proves it bad" is a claim about any of many: Holm.
    """
    adjusted = _holm(tuple(conditions.values()))
    failed = [name for (name, verdict), p in zip(conditions.items(), adjusted, strict=True) if _fails(verdict, p)]
    open_ = [name for name, verdict in conditions.items() if verdict.word != "pass"]
    word: Word = "fail" if failed else "undecided" if open_ or not conditions else "pass"
    return GateVerdict(
        word=word,
        reason=_reason(word, failed or open_, conditions),
        conditions=tuple(conditions.items()),
        p_fail=adjusted,
    )


def _holm(conditions: tuple[Verdict, ...]) -> tuple[float | None, ...]:
    """Holm over p-values of conditions whose levels may differ: each is weighed by its own level."""
    strictest = min((verdict.level for verdict in conditions), default=1.0)
    weighed = [None if v.p_fail is None else v.p_fail * strictest / v.level for v in conditions]
    restored = zip(holm(weighed), conditions, strict=True)
    return tuple(None if p is None else min(1.0, p * v.level / strictest) for p, v in restored)


def _fails(verdict: Verdict, adjusted: float | None) -> bool:
    return verdict.word == "fail" and adjusted is not None and adjusted <= verdict.level


def _reason(word: Word, named: list[str], conditions: Mapping[str, Verdict]) -> str:
    if not conditions:
        return "undecided: the gate has no conditions"
    if word == "pass":
        return f"pass: all {len(conditions)} conditions hold"
    told = "; ".join(f"{name}: {conditions[name].reason}" for name in named)
    alone = [name for name in named if conditions[name].word == "fail"] if word == "undecided" else []
    note = f" (fails alone, not among {len(conditions)} conditions: {', '.join(alone)})" if alone else ""
    return f"{word}: {told}{note}"
