"""Bounds of the difference between two variants on the same cases, candidate minus baseline."""

import math
from dataclasses import replace
from functools import partial

import numpy as np

from genyard.evaluate.statistics.bounds import Bounds, Question, no_bounds, units, widest, within
from genyard.evaluate.statistics.clusters import clustered_error, effective_share
from genyard.evaluate.statistics.estimate import closed
from genyard.evaluate.statistics.graded_bounds import equal_bounds, mean_bounds, t_bounds
from genyard.evaluate.statistics.means import all_equal, standard_error
from genyard.evaluate.statistics.paired import Pairs
from genyard.evaluate.statistics.paired_rates import tango_ends, tango_p_above
from genyard.evaluate.statistics.proportions import is_zero_one


def paired_bounds(pairs: Pairs, *, question: Question) -> Bounds:
    """0/1 scores: Tango. Graded: as for one mean, with a variance not below that of one discordant pair if bounded.

    ``question.value_range`` is the range of one score.
    """
    refused = no_bounds(pairs.differences, pairs.clusters)
    if refused is not None:
        return refused
    if is_zero_one(pairs.candidate + pairs.baseline, value_range=question.value_range):
        return _rates(pairs, question=question)
    one = closed(question.value_range)
    if one is None:
        # Of two scores that nothing bounds above, the difference is bounded on neither side.
        unbounded, endless = replace(question, value_range=None), question.value_range is not None
        return mean_bounds(pairs.differences, pairs.clusters, question=unbounded, guard=lambda: None, endless=endless)
    width = one[1] - one[0]
    span = (-width, width)
    return within(_floored(pairs, question=replace(question, value_range=span), width=width), span)


def _floored(pairs: Pairs, *, question: Question, width: float) -> Bounds:
    d, clusters, floor = pairs.differences, pairs.clusters, width / len(pairs.cases)
    rows = np.asarray(d, dtype=np.float64)
    if len(d) < 2 or all_equal(rows) or _error(pairs) >= floor:
        guard = partial(tango_bounds, pairs, width=width, question=question)
        return mean_bounds(d, clusters, question=question, guard=guard)
    floored = t_bounds(d, clusters, se=floor, question=question)
    as_rates = tango_bounds(pairs, width=width, question=question)
    return widest(replace(floored, method=f"{floored.method} with a variance floor"), as_rates)


def tango_bounds(pairs: Pairs, *, width: float, question: Question) -> Bounds:
    """Tango on the sums of gains and losses in units of the range; with clusters on effective counts.

    The effective counts are those of :func:`effective_share`.
    """
    d = pairs.differences
    share = effective_share(d, pairs.clusters, mass=[abs(x) for x in d], error=question.alpha)
    n, gains = len(d) * share, math.fsum(max(x, 0.0) for x in d) / width * share
    losses = math.fsum(max(-x, 0.0) for x in d) / width * share
    mean = (gains - losses) / n
    lower, upper = tango_ends(gains, losses, n, error=question.alpha)
    p = tango_p_above(gains, losses, n, difference=min(max(question.boundary / width, -1.0), 1.0))
    variance = max((gains + losses) / n - mean**2, 1 / n)
    return Bounds(
        estimate=mean * width,
        n=len(d),
        units=units(d, pairs.clusters),
        method="tango" if pairs.clusters is None else "tango on effective counts",
        lower=lower * width,
        upper=upper * width,
        p_above=p,
        p_below=1 - p,
        sd=width * math.sqrt(variance / share),
    )


def _rates(pairs: Pairs, *, question: Question) -> Bounds:
    score = tango_bounds(pairs, width=1.0, question=question)
    if any(pairs.differences):
        return score
    # No discordant pair: the score test passes with fewer cases than an unseen loss of the margin's size allows.
    ruled_out = replace(question, value_range=(-1.0, 1.0), deterministic=True)
    return widest(score, equal_bounds(pairs.differences, pairs.clusters, question=ruled_out))


def _error(pairs: Pairs) -> float:
    rows = np.asarray(pairs.differences, dtype=np.float64)
    if pairs.clusters is None:
        return standard_error(rows)
    return clustered_error(pairs.differences, pairs.clusters).guarded or 0.0
