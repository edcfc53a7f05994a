import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import Floats

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.clusters import cluster_interval, clustered_error, degrees_ratio

thousandths = st.integers(-1000, 1000).map(lambda k: k / 1000)
grouped = st.lists(st.tuples(thousandths, st.integers(0, 4)), min_size=3, max_size=30).filter(
    lambda rows: len({cluster for _, cluster in rows}) > 1 and len({value for value, _ in rows}) > 1
)


@given(values=st.lists(thousandths, min_size=2, max_size=30).filter(lambda x: len(set(x)) > 1))
def test_clusters_of_one_change_nothing(values: list[float]) -> None:
    found = clustered_error(values, range(len(values)))
    assert found.robust == pytest.approx(found.naive, abs=1e-12)
    assert found.design_effect == pytest.approx(1)


@given(rows=grouped)
def test_duplicates_inside_a_cluster_carry_nothing(rows: list[tuple[float, int]]) -> None:
    once = clustered_error(*zip(*rows, strict=True))
    twice = clustered_error(*zip(*rows, *rows, strict=True))
    assert twice.robust == pytest.approx(once.robust, abs=1e-12)
    assert once.naive is not None and twice.naive is not None and twice.naive < once.naive


@given(rows=grouped)
def test_a_gate_never_uses_less_than_the_naive_error(rows: list[tuple[float, int]]) -> None:
    found = clustered_error(*zip(*rows, strict=True))
    assert found.guarded is not None and found.naive is not None and found.robust is not None
    assert found.guarded == max(found.naive, found.robust)
    assert found.guarded_effect is not None and found.guarded_effect >= 1


def test_one_cluster_is_undefined() -> None:
    found = cluster_interval([0.1, 0.2, 0.9], ["a", "a", "a"])
    assert found.estimate == pytest.approx(0.4) and found.lower is None
    assert found.warnings == ("one cluster has no spread",)


def test_equal_rows_count_their_clusters() -> None:
    found = cluster_interval([1.0] * 40, [str(i // 4) for i in range(40)], value_range=(0, 1))
    assert found.lower == pytest.approx(0.05 ** (1 / 10)) and found.upper == 1.0
    assert cluster_interval([1.0] * 4, ["a", "a", "b", "b"]).lower is None


def test_few_clusters_are_warned_about() -> None:
    found = cluster_interval([0.1, 0.5, 0.2, 0.9], ["a", "a", "b", "b"])
    assert "only 2 clusters" in found.warnings[0]
    assert "design effect" in found.warnings[1]


def test_clusters_that_do_not_differ_are_no_certainty() -> None:
    found = cluster_interval([0.0, 1.0, 0.0, 1.0], ["a", "a", "b", "b"])
    assert any("no certainty" in warning for warning in found.warnings)


def test_no_rows_and_nan_are_undefined() -> None:
    assert cluster_interval([], []).warnings == ("no rows",)
    assert cluster_interval([math.nan, 1.0], ["a", "b"]).estimate is None
    with pytest.raises(InvalidInput, match="2 values but 1 clusters"):
        clustered_error([0.0, 1.0], ["a"])


def test_few_clusters_shrink_an_effective_sample() -> None:
    assert degrees_ratio(100, 100, error=0.05) == 1
    assert degrees_ratio(100, 5, error=0.05) < degrees_ratio(100, 50, error=0.05) < 1


def clustered_normal(rng: np.random.Generator, clusters: int, size: int, icc: float) -> Floats:
    shared = rng.normal(scale=math.sqrt(icc), size=(clusters, 1))
    return (shared + rng.normal(scale=math.sqrt(1 - icc), size=(clusters, size))).ravel()


@pytest.mark.slow
def test_coverage_with_ten_clusters() -> None:
    rng, names, runs = np.random.default_rng(20_261_124), np.repeat(np.arange(10), 5).tolist(), 2_000
    found = (cluster_interval(clustered_normal(rng, 10, 5, 0.5).tolist(), names) for _ in range(runs))
    covered = sum(e.lower is not None and e.upper is not None and e.lower <= 0 <= e.upper for e in found)
    assert 0.925 <= covered / runs <= 0.970
