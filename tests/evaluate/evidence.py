"""Judged cases made from plain numbers."""

from collections.abc import Sequence

from genyard.core.digest import digest_of_json
from genyard.develop.code_scorers import CodeScorer, make_scorer
from genyard.develop.datasets import Row
from genyard.evaluate.cases import Answered, CaseKey
from genyard.evaluate.scoring import Judgement, judge_all

CONTAINS = make_scorer("contains")
LATENCY = make_scorer("latency_s")
COST = make_scorer("cost_usd")


def rows(count: int, *, sources: int = 0) -> dict[str, Row]:
    """Return rows that expect ``yes``; with ``sources`` so many sources have them in turn."""
    return {
        f"r{number:03}": Row(
            id=f"r{number:03}",
            inputs={"question": str(number)},
            expected={"answer": "yes"},
            source=f"s{number % sources}" if sources else "",
        )
        for number in range(count)
    }


def judged(
    said: Sequence[str | None],
    *,
    scorer: CodeScorer = CONTAINS,
    repeats: int = 1,
    sources: int = 0,
    latencies: Sequence[float] = (),
    costs: Sequence[float] = (),
) -> list[Judgement]:
    """Judge one answer for each of ``said``, in order of row, then repeat; None is a case that failed."""
    given = rows(len(said) // repeats, sources=sources)
    keys = [(row_id, repeat) for row_id in given for repeat in range(repeats)]
    answers = [
        Answered(
            key=CaseKey(row_id=row_id, inputs=digest_of_json(given[row_id].inputs), repeat=repeat),
            text=text or "",
            error="" if text is not None else "provider_timeout: too late",
            latency_s=latencies[at] if latencies else None,
            cost_usd=costs[at] if costs else None,
        )
        for at, ((row_id, repeat), text) in enumerate(zip(keys, said, strict=True))
    ]
    return judge_all(given, answers, [scorer])[scorer.name]
