"""The rows that statistics take: one case, its score averaged over repeats, and the source it shares with others."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from genyard.core.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatScore:
    """The score of one answer; ``value`` is None when the answer could not be scored."""

    case: str
    value: float | None
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScore:
    """The mean score of one case. ``unscored`` is the share of its repeats without a score; all of them: value None."""

    case: str
    value: float | None
    cluster: str | None = None
    unscored: float = 0.0


def case_means(rows: Iterable[RepeatScore]) -> tuple[CaseScore, ...]:
    """Average repeats inside each case, in case order. Every case weighs the same, however many repeats it has."""
    repeats: dict[str, list[RepeatScore]] = defaultdict(list)
    for row in rows:
        repeats[row.case].append(row)
    return tuple(_case_mean(repeats[case]) for case in sorted(repeats))


def in_case_order(rows: Sequence[CaseScore]) -> tuple[CaseScore, ...]:
    """Rows by case key. Raises InvalidInput when a case appears twice, which would count it as two."""
    ordered = sorted(rows, key=lambda row: row.case)
    for before, after in zip(ordered, ordered[1:], strict=False):
        if before.case == after.case:
            raise InvalidInput(f"case {after.case!r} appears twice", hint="average its repeats with case_means first")
    return tuple(ordered)


def cluster_names(rows: Sequence[CaseScore]) -> list[str] | None:
    """A cluster name for each row; None when no row shares its cluster. A row without a cluster is one by itself."""
    # The prefixes keep a case that is named like somebody's cluster apart from it.
    names = [f"case:{row.case}" if row.cluster is None else f"cluster:{row.cluster}" for row in rows]
    return names if len(set(names)) < len(names) else None


def _case_mean(repeats: list[RepeatScore]) -> CaseScore:
    case = repeats[0].case
    clusters = {row.cluster for row in repeats}
    if len(clusters) > 1:
        raise InvalidInput(
            f"case {case!r} is in {len(clusters)} clusters", hint="give all repeats of a case one cluster"
        )
    values = [row.value for row in repeats if row.value is not None]
    mean = math.fsum(values) / len(values) if values else None
    unscored = 1 - len(values) / len(repeats)
    return CaseScore(case=case, value=mean, cluster=clusters.pop(), unscored=unscored)
