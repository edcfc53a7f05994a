"""The conditions a gate may set, judged on case rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bounds import Bounds, Question, no_bounds, rate_bounds
from genyard.evaluate.statistics.cases import CaseScore, cluster_names, in_case_order
from genyard.evaluate.statistics.estimate import ValueRange
from genyard.evaluate.statistics.graded_bounds import score_bounds
from genyard.evaluate.statistics.paired import pair
from genyard.evaluate.statistics.paired_bounds import paired_bounds
from genyard.evaluate.statistics.proportions import UNIT, is_zero_one
from genyard.evaluate.statistics.verdicts import Kind, Rules, Verdict, Word, decide


def at_least(rows: Sequence[CaseScore], threshold: float, *, rules: Rules) -> Verdict:
    """Whether the mean over cases is at least ``threshold``."""
    return _one_variant("at_least", rows, threshold, rules=rules)


def at_most(rows: Sequence[CaseScore], threshold: float, *, rules: Rules) -> Verdict:
    """Whether the mean over cases is at most ``threshold``."""
    return _one_variant("at_most", rows, threshold, rules=rules)


def not_worse_than(
    candidate: Sequence[CaseScore], baseline: Sequence[CaseScore], margin: float, *, rules: Rules
) -> Verdict:
    """Whether the candidate is worse by less than ``margin`` (> 0) on the cases that both were asked.

    Cases that only one list has are left out. Raises InvalidInput for a margin of 0 or less, or a case given twice.
    """
    if margin <= 0:
        raise InvalidInput(f"the margin is {margin}", hint="give a loss above 0 that would still be acceptable")
    first, second = (candidate, baseline) if rules.higher_is_better else (baseline, candidate)
    question = _question(-margin, rules)

    def judge(first: Sequence[CaseScore], second: Sequence[CaseScore]) -> Verdict:
        found = paired_bounds(pair(first, second), question=question)
        return decide("not_worse_than", found, -margin, rules=rules)

    def against(word: Word, span: ValueRange) -> Verdict | None:
        worst, best = span if word == "pass" else span[::-1]
        filled = _filled(first, worst), _filled(second, best)
        return None if filled[0] is None or filled[1] is None else judge(filled[0], filled[1])

    return _unless_missing(judge(first, second), against, [*first, *second], rules=rules)


def _one_variant(kind: Kind, rows: Sequence[CaseScore], threshold: float, *, rules: Rules) -> Verdict:
    ordered, question = in_case_order(rows), _question(threshold, rules)

    def judge(rows: Sequence[CaseScore]) -> Verdict:
        return decide(kind, _bounds(rows, question), threshold, rules=rules)

    def against(word: Word, span: ValueRange) -> Verdict | None:
        low, high = span
        filled = _filled(ordered, low if (kind == "at_least") == (word == "pass") else high)
        return None if filled is None else judge(filled)

    return _unless_missing(judge(ordered), against, ordered, rules=rules)


def _bounds(rows: Sequence[CaseScore], question: Question) -> Bounds:
    scored = [(row, row.value) for row in rows if row.value is not None]
    values, clusters = [value for _, value in scored], cluster_names([row for row, _ in scored])
    refused = no_bounds(values, clusters)
    if refused is not None:
        return refused
    if is_zero_one(values, value_range=question.value_range):
        return rate_bounds(values, clusters, question=question)
    return score_bounds(values, clusters, question=question)


def _question(boundary: float, rules: Rules) -> Question:
    return Question(
        boundary=boundary,
        alpha=rules.level,
        value_range=rules.value_range,
        deterministic=rules.deterministic,
        seed=rules.seed,
    )


def _unless_missing(
    observed: Verdict,
    against: Callable[[Word, ValueRange], Verdict | None],
    rows: Sequence[CaseScore],
    *,
    rules: Rules,
) -> Verdict:
    """``observed``, unless the missing scores could turn it: at worst for a pass, at best for a fail.

    ``against`` gives the verdict with the missing scores so filled in; None where nothing bounds them on that side.
    """
    missing = sum(row.value is None or row.unscored > 0 for row in rows)
    if observed.word == "undecided" or not missing:
        return observed
    lost = f"{missing} of {len(rows)} scores are missing or partly so"
    zero_one = is_zero_one([row.value for row in rows if row.value is not None], value_range=rules.value_range)
    span = rules.value_range or (UNIT if zero_one else None)
    if span is None:
        return replace(observed, word="undecided", reason=f"undecided: {lost}, and the metric has no declared range")
    turned = against(observed.word, span)
    if turned is None:
        return replace(observed, word="undecided", reason=f"undecided: {lost}, and nothing bounds what they could be")
    if turned.word == observed.word:
        return observed
    extreme = "worst" if observed.word == "pass" else "best"
    reason = f"undecided: {lost}; scored as the {extreme} they would turn {observed.word} into {turned.word}"
    return replace(observed, word="undecided", reason=reason)


def _filled(rows: Sequence[CaseScore], value: float | None) -> tuple[CaseScore, ...] | None:
    """The rows with every missing score, or missing share of repeats, set to ``value``; None where one has no such."""
    if value is None:
        return None if any(row.value is None or row.unscored > 0 for row in rows) else tuple(rows)
    return tuple(
        replace(row, value=value if row.value is None else row.value + row.unscored * (value - row.value), unscored=0.0)
        for row in rows
    )
