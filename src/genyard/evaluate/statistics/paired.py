"""Two variants on the same cases: join, differences, effect sizes, flips."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from genyard.evaluate.statistics.cases import CaseScore, cluster_names, in_case_order
from genyard.evaluate.statistics.clusters import cluster_interval
from genyard.evaluate.statistics.estimate import Estimate, ValueRange, closed
from genyard.evaluate.statistics.means import all_equal, graded_interval, standard_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Cases that both variants have a score for, in case order, and counts of the rest.

    ``only_candidate`` and ``only_baseline`` count cases that one side scored and the other did not; ``unscored`` those
    that neither did. A crash must be scored before pairing: dropping it would flatter the side that crashed.
    """

    cases: tuple[str, ...]
    candidate: tuple[float, ...]
    baseline: tuple[float, ...]
    clusters: tuple[str, ...] | None
    only_candidate: int
    only_baseline: int
    unscored: int

    @property
    def differences(self) -> tuple[float, ...]:
        """Candidate minus baseline; what differs by rounding only is 0."""
        pairs = zip(self.candidate, self.baseline, strict=True)
        return tuple(0.0 if math.isclose(new, old, rel_tol=1e-12) else new - old for new, old in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How large a paired difference is. ``hedges_gz`` is ``cohen_dz`` corrected for its bias in small samples.

    ``gain`` from pairing is SE_unpaired / SE_paired. None: the differences (or the scores) do not vary.
    """

    mean_difference: float | None
    cohen_dz: float | None
    hedges_gz: float | None
    wins: int
    losses: int
    ties: int
    se_paired: float | None
    se_unpaired: float | None
    gain: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One case that changed; the explanation people read."""

    case: str
    baseline: float
    candidate: float

    @property
    def change(self) -> float:
        return self.candidate - self.baseline


def pair(candidate: Sequence[CaseScore], baseline: Sequence[CaseScore]) -> Pairs:
    """Join by case key. The cluster is the candidate's, else the baseline's."""
    new = {row.case: row for row in in_case_order(candidate)}
    old = {row.case: row for row in in_case_order(baseline)}
    every = sorted(new.keys() | old.keys())
    scored = [(_value(new.get(case)), _value(old.get(case))) for case in every]
    both = [(case, a, b) for case, (a, b) in zip(every, scored, strict=True) if a is not None and b is not None]
    names = cluster_names([_row(new[case], old[case]) for case, _, _ in both])
    return Pairs(
        cases=tuple(case for case, _, _ in both),
        candidate=tuple(a for _, a, _ in both),
        baseline=tuple(b for _, _, b in both),
        clusters=None if names is None else tuple(names),
        only_candidate=sum(a is not None and b is None for a, b in scored),
        only_baseline=sum(a is None and b is not None for a, b in scored),
        unscored=sum(a is None and b is None for a, b in scored),
    )


def difference_interval(
    pairs: Pairs, *, seed: int, value_range: ValueRange | None = None, alpha: float = 0.05
) -> Estimate:
    """Interval for the mean difference of graded scores; ``value_range`` is the range of one score.

    Clustered when cases share sources; otherwise as :func:`graded_interval` chooses. For 0/1 scores use Tango.
    """
    span = closed(value_range)
    within = None if span is None else (span[0] - span[1], span[1] - span[0])
    if pairs.clusters is not None:
        return cluster_interval(pairs.differences, pairs.clusters, alpha=alpha, value_range=within)
    return graded_interval(pairs.differences, keys=pairs.cases, seed=seed, value_range=within, alpha=alpha)


def effect(pairs: Pairs) -> Effect:
    """Mean difference in the metric's own unit first, then standardized."""
    d = np.asarray(pairs.differences, dtype=np.float64)
    se_paired = standard_error(d) if len(d) > 1 else None
    arms = [np.asarray(arm, dtype=np.float64) for arm in (pairs.candidate, pairs.baseline)]
    se_unpaired = math.hypot(*(standard_error(arm) for arm in arms)) if len(d) > 1 else None
    dz = None if len(d) < 2 or all_equal(d) else float(d.mean() / d.std(ddof=1))
    return Effect(
        mean_difference=float(d.mean()) if len(d) else None,
        cohen_dz=dz,
        hedges_gz=None if dz is None else dz * _hedges(len(d) - 1),
        wins=int(np.sum(d > 0)),
        losses=int(np.sum(d < 0)),
        ties=int(np.sum(d == 0)),
        se_paired=se_paired,
        se_unpaired=se_unpaired,
        gain=se_unpaired / se_paired if se_paired and se_unpaired is not None and dz is not None else None,
    )


def flips(pairs: Pairs) -> tuple[Flip, ...]:
    """Cases that changed, the largest losses first."""
    rows = zip(pairs.cases, pairs.baseline, pairs.candidate, pairs.differences, strict=True)
    changed = [(d, Flip(case=case, baseline=old, candidate=new)) for case, old, new, d in rows if d != 0]
    return tuple(flip for _, flip in sorted(changed, key=lambda item: (item[0], item[1].case)))


def _hedges(df: int) -> float:
    """Exact small-sample correction (Hedges 1981)."""
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / math.sqrt(df / 2)) if df > 1 else 0.0


def _value(row: CaseScore | None) -> float | None:
    return None if row is None else row.value


def _row(new: CaseScore, old: CaseScore) -> CaseScore:
    return new if new.cluster is not None else old
