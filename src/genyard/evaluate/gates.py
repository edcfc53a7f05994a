"""Gates: conditions on metrics, fixed before the run, and what the evidence says of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest, digest_of_json
from genyard.core.figures import too_few
from genyard.develop.scorers import Scorer
from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import at_least, at_most, not_worse_than
from genyard.evaluate.statistics.verdicts import Kind, Rules, Verdict
from genyard.evaluate.statistics.whole_gate import whole_gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition. ``limit`` is the threshold, or the margin of ``not_worse_than``; ``against`` its environment."""

    metric: str
    on: str
    """The dataset's name."""
    kind: Kind
    limit: float
    against: str | None = None
    alpha: float = 0.05
    looks: int = 1
    repeats: int = 1

    @property
    def rule(self) -> str:
        """The condition as people read it."""
        sign = {"at_least": "≥", "at_most": "≤"}.get(self.kind)
        return f"{sign} {self.limit:g}" if sign else f"not worse than {self.against} by {self.limit:g}"

    def digest(self) -> Digest:
        """Return what evidence is bound to: another limit or error makes it stale."""
        return digest_of_json(
            {
                "against": self.against or "",
                "alpha": self.alpha,
                "kind": self.kind,
                "limit": self.limit,
                "looks": self.looks,
                "metric": self.metric,
                "on": self.on,
                "repeats": self.repeats,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A condition with what was found. ``verdict`` is None where there is nothing to compare with: ``why`` says why."""

    condition: Condition
    verdict: Verdict | None
    why: str = ""
    live: float | None = None
    """The mean of the release compared with."""


def judge(
    condition: Condition,
    scorer: Scorer,
    candidate: Sequence[CaseScore],
    baseline: Sequence[CaseScore] | None,
    *,
    look: int,
    seed: int,
    repeatable: bool = False,
) -> Judged:
    """Judge one condition. ``baseline`` are the scores of what serves where ``not_worse_than`` looks.

    ``repeatable`` declares that the systems give the same answer when asked again.
    """
    rules = Rules(
        alpha=condition.alpha,
        look=look,
        looks=condition.looks,
        value_range=scorer.value_range,
        higher_is_better=scorer.direction == "higher",
        deterministic=repeatable and scorer.deterministic,
        seed=seed,
    )
    if condition.kind == "at_least":
        return Judged(condition=condition, verdict=at_least(candidate, condition.limit, rules=rules))
    if condition.kind == "at_most":
        return Judged(condition=condition, verdict=at_most(candidate, condition.limit, rules=rules))
    if baseline is None:
        raise ValueError(f"{condition.rule} needs the scores of what serves {condition.against}")
    verdict = not_worse_than(candidate, baseline, condition.limit, rules=rules)
    return Judged(condition=condition, verdict=verdict, live=_mean(baseline))


def nothing_serves(condition: Condition) -> Judged:
    """Pass a comparison with an environment where no release serves yet."""
    why = f"no release serves {condition.against} yet, so there is nothing to be worse than"
    return Judged(condition=condition, verdict=None, why=why)


def same_system(condition: Condition) -> Judged:
    """Pass a comparison of a system with itself: no number of cases would tell it from itself."""
    return Judged(condition=condition, verdict=None, why=f"this is the system that serves {condition.against}")


def gate_json(judged: Sequence[Judged]) -> JsonObject:
    """Return the gate's part of a report or of a release's evidence."""
    decided = {_title(one.condition): one.verdict for one in judged if one.verdict is not None}
    word, sentence = _whole(judged, decided)
    return {"conditions": [_condition_json(one) for one in judged], "sentence": sentence, "verdict": word}


def _whole(judged: Sequence[Judged], decided: Mapping[str, Verdict]) -> tuple[str, str]:
    if not judged:
        return "none", "genyard.yaml sets no gate"
    if not decided:
        return "pass", judged[0].why
    word = whole_gate(decided).word
    if word == "pass":
        return word, "the condition holds" if len(judged) == 1 else f"the {len(judged)} conditions hold"
    told = [_in_short(title, verdict) for title, verdict in decided.items() if verdict.word != "pass"]
    return word, "; ".join(told)


def _in_short(title: str, verdict: Verdict) -> str:
    """Return in a few words what keeps a gate from passing; the condition's own reason has the rest."""
    if verdict.look > verdict.looks:
        return f"{title} had its {verdict.looks} planned looks: change the system, or plan more looks in the gate"
    few = too_few(verdict.n)
    at = f": {few}" if few else "" if verdict.estimate is None else f" at {verdict.estimate:.3f}"
    more = f", {verdict.wants}" if verdict.wants else ""
    return f"{title} {'fails' if verdict.word == 'fail' else 'is undecided'}{at}{more}"


def _condition_json(one: Judged) -> JsonObject:
    condition, verdict = one.condition, one.verdict
    said: dict[str, Json] = {
        "against": condition.against,
        "alpha": condition.alpha,
        "boundary": condition.limit if condition.kind != "not_worse_than" else -condition.limit,
        "dataset": condition.on,
        "digest": condition.digest(),
        "kind": condition.kind,
        "live": one.live,
        "looks": condition.looks,
        "margin": condition.limit if condition.kind == "not_worse_than" else None,
        "metric": condition.metric,
        "repeats": condition.repeats,
        "rule": condition.rule,
    }
    if verdict is None:
        empty: dict[str, Json] = dict.fromkeys(("estimate", "lower", "upper", "method", "more_cases"))
        return said | empty | {"look": 1, "n": 0, "reason": one.why, "verdict": "pass"}
    return said | {
        "estimate": verdict.estimate,
        "look": verdict.look,
        "lower": verdict.bound_lower,
        "method": verdict.method,
        "more_cases": verdict.more_cases,
        "n": verdict.n,
        "reason": verdict.reason.removeprefix(f"{verdict.word}: "),
        "upper": verdict.bound_upper,
        "verdict": verdict.word,
    }


def _title(condition: Condition) -> str:
    return f"{condition.metric} on {condition.on} {condition.rule}"


def _mean(rows: Sequence[CaseScore]) -> float | None:
    values = [one.value for one in rows if one.value is not None]
    return sum(values) / len(values) if values else None
