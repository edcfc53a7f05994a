"""The interval to show for one metric on case rows."""

from collections.abc import Sequence

from genyard.evaluate.statistics.cases import CaseScore, cluster_names, in_case_order
from genyard.evaluate.statistics.clusters import cluster_interval, cluster_rate_interval
from genyard.evaluate.statistics.estimate import Estimate, ValueRange
from genyard.evaluate.statistics.means import mean_interval
from genyard.evaluate.statistics.proportions import is_zero_one


def shown_interval(
    rows: Sequence[CaseScore], *, seed: int, value_range: ValueRange | None = None, alpha: float = 0.05
) -> Estimate:
    """Two-sided interval for the mean over scored cases, clustered where cases share a source.

    Cases without a score are left out; the caller counts them.
    """
    scored = [(row, row.value) for row in in_case_order(rows) if row.value is not None]
    values, clusters = [value for _, value in scored], cluster_names([row for row, _ in scored])
    if clusters is None:
        keys = [row.case for row, _ in scored]
        return mean_interval(values, keys=keys, seed=seed, value_range=value_range, alpha=alpha)
    if is_zero_one(values, value_range=value_range):
        return cluster_rate_interval(values, clusters, alpha=alpha)
    return cluster_interval(values, clusters, alpha=alpha, value_range=value_range)
