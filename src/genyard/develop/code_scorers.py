"""Scorers made of code, by name: ``make_scorer("answer_f1")``, ``make_scorer("recall_at_4")``.

A metric with other options is written as a mapping: ``{name: total, metric: numeric_match, after: "A:"}``.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.core.records import Artifact, Direction
from genyard.develop import metrics, retrieval_metrics
from genyard.develop.citations import without_citations
from genyard.develop.scorers import Case, ScoreValue, ValueRange

Options = Mapping[str, Json]
Measure = Callable[[Case, Options], ScoreValue]

_ABSTENTIONS = ("I do not know", "I don't know")
_AT_K = re.compile(r"(?P<metric>[a-z]+)_at_(?P<k>[1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of the table: what measures, and its options with their defaults."""

    measure: Measure
    options: JsonObject = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    direction: Direction = "higher"
    value_range: ValueRange = (0.0, 1.0)
    deterministic: bool = True
    amounts: frozenset[str] = frozenset()
    """The options that take any number above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeScorer:
    """A metric with its options, under the name that the user gave it."""

    name: str
    metric: str
    options: JsonObject

    @property
    def direction(self) -> Direction:
        return METRICS[self.metric].direction

    @property
    def value_range(self) -> ValueRange:
        low, high = METRICS[self.metric].value_range
        cap = self.options.get("cap")
        return (low, float(cap)) if isinstance(cap, int | float) else (low, high)

    @property
    def deterministic(self) -> bool:
        return METRICS[self.metric].deterministic

    def score(self, case: Case) -> ScoreValue:
        return METRICS[self.metric].measure(case, self.options)

    def artifact(self) -> Artifact:
        """Return the metric as an artifact. The name is left out: renamed, it measures the same."""
        return Artifact(kind="metric", body={"metric": self.metric, "options": self.options})


def make_scorer(name: str, *, metric: str = "", options: Options | None = None) -> CodeScorer:
    """Return the scorer ``name``: of ``metric``, or of the metric that the name itself says.

    Raises InvalidInput for an unknown metric or option, or a value that the option does not take.
    """
    asked = metric or name
    at_k = _AT_K.fullmatch(asked)
    given: Options = {"k": int(at_k["k"])} | dict(options or {}) if at_k else dict(options or {})
    key = _ALIASES.get(at_k["metric"] if at_k else asked, at_k["metric"] if at_k else asked)
    row = METRICS.get(key)
    if row is None or (at_k and "k" not in row.options):
        raise InvalidInput(f"{asked!r} is not a metric", hint=did_you_mean(asked, metric_names()))
    for option, value in given.items():
        _check_option(row, option, value, name=name)
    return CodeScorer(name=name, metric=key, options=dict(row.options) | dict(given))


def metric_names() -> list[str]:
    """Return the names that a manifest may use, with 4 for any k."""
    plain = [name for name, row in METRICS.items() if "k" not in row.options]
    return sorted([*plain, *_ALIASES, *(f"{name}_at_4" for name, row in METRICS.items() if "k" in row.options)])


def _check_option(row: Metric, option: str, value: Json, *, name: str) -> None:
    if option not in row.options:
        raise InvalidInput(f"the metric {name} has no option {option!r}", hint=did_you_mean(option, row.options))
    default, choices = row.options[option], row.choices.get(option)
    if choices and value not in choices:
        raise InvalidInput(f"the metric {name} cannot take {option} {value!r}", hint=f"there are: {', '.join(choices)}")
    if isinstance(default, list):
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
    elif isinstance(default, str):
        fits = isinstance(value, str)
    else:
        number = int | float if option in row.amounts else int
        fits = value is None or (isinstance(value, number) and not isinstance(value, bool) and 0 < value < math.inf)
    if not fits:
        raise InvalidInput(f"the metric {name} cannot take {option} {value!r}", hint=f"its default is {default!r}")


def _matching(compare: Callable[..., float]) -> Metric:
    def measure(case: Case, options: Options) -> ScoreValue:
        golds = case.expected_answers()
        if golds is None:
            return ScoreValue(value=None, explanation="the row says nothing of the answer it expects")
        if not golds:
            return _abstention(case, options)
        said = without_citations(case.answer) if options["citations"] == "remove" else case.answer
        return ScoreValue(value=compare(said, golds, normalisation=options["normalisation"]))

    return Metric(
        measure=measure,
        options={"abstentions": list(_ABSTENTIONS), "citations": "remove", "normalisation": "auto"},
        choices={"citations": ("remove", "keep"), "normalisation": ("auto", "squad", "unicode")},
    )


def _abstention(case: Case, options: Options) -> ScoreValue:
    """Judge the answer to a question without one, as SQuAD 2.0 does: right is only to say so."""
    phrases = options["abstentions"]
    assert isinstance(phrases, list)
    if metrics.contains(case.answer, [str(one) for one in phrases]):
        return ScoreValue(value=1.0, explanation="the question has no answer, and the system says so")
    return ScoreValue(value=0.0, explanation="the question has no answer, but the system gives one")


def _numeric(case: Case, options: Options) -> ScoreValue:
    if not (golds := case.expected_answers()):
        return ScoreValue(value=None, explanation="the row expects no number")
    return ScoreValue(value=metrics.numeric_match(without_citations(case.answer), golds, after=str(options["after"])))


def _ranking(measure: Callable[..., float], *, k: int | None) -> Metric:
    def judge(case: Case, options: Options) -> ScoreValue:
        if not (documents := case.expected_documents()):
            return ScoreValue(value=None, explanation="the row expects no documents")
        ranked = list(dict.fromkeys(case.retrieved))
        return ScoreValue(value=measure(ranked, dict.fromkeys(documents, 1), k=options["k"]))

    return Metric(measure=judge, options={"k": k})


def _measured(read: Callable[[Case], float | None], *, missing: str, deterministic: bool) -> Metric:
    def judge(case: Case, options: Options) -> ScoreValue:
        value, cap = read(case), options["cap"]
        if value is None:
            return ScoreValue(value=None, explanation=missing)
        if isinstance(cap, int | float) and value > cap:
            return ScoreValue(value=float(cap), explanation=f"{value:g}, counted as the cap {cap:g}")
        return ScoreValue(value=value)

    return Metric(
        measure=judge,
        options={"cap": None},
        direction="lower",
        value_range=(0.0, None),
        deterministic=deterministic,
        amounts=frozenset({"cap"}),
    )


METRICS: Mapping[str, Metric] = {
    "contains": _matching(metrics.contains),
    "cost_usd": _measured(lambda case: case.cost_usd, missing="no price is known", deterministic=True),
    "exact_match": _matching(metrics.exact_match),
    "latency_s": _measured(lambda case: case.latency_s, missing="the latency was not measured", deterministic=False),
    "mrr": _ranking(retrieval_metrics.reciprocal_rank, k=None),
    "ndcg": _ranking(retrieval_metrics.ndcg, k=10),
    "numeric_match": Metric(measure=_numeric, options={"after": ""}),
    "precision": _ranking(retrieval_metrics.precision, k=10),
    "recall": _ranking(retrieval_metrics.recall, k=10),
    "token_f1": _matching(metrics.token_f1),
}
_ALIASES = {"answer_f1": "token_f1"}
