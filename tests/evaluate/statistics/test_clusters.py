import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import Floats

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.clusters import (
    cluster_interval,
    cluster_rate_interval,
    clustered_error,
    effective_share,
    rate_mass,
)
from genyard.evaluate.statistics.proportions import wilson

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


def share(values: list[float], size: int) -> float:
    names = [i // size for i in range(len(values))]
    return effective_share(values, names, mass=rate_mass(values), error=0.05)


def test_copies_of_a_row_count_once() -> None:
    once = [1.0] * 15 + [0.0] * 5
    assert share([x for x in once for _ in range(4)], 4) == pytest.approx(1 / 4)
    assert share([1.0] * 80, 4) == pytest.approx(1 / 4)


def test_a_design_effect_seen_in_few_clusters_is_hardly_known() -> None:
    in_two = [0.0, 1.0, 1.0, 1.0] * 2 + [1.0] * 92
    in_many = [0.0, 1.0, 1.0, 1.0] * 20 + [1.0] * 20
    assert 1 / 4 <= share(in_two, 4) < share(in_many, 4) <= 1


def test_rows_without_clusters_count_whole() -> None:
    assert effective_share([0.0, 1.0], None, mass=[0.0, 1.0], error=0.05) == 1


@given(rows=st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 4)), min_size=5, max_size=40))
def test_the_interval_of_a_clustered_rate(rows: list[tuple[float, int]]) -> None:
    values, clusters = [value for value, _ in rows], [cluster for _, cluster in rows]
    found = cluster_rate_interval(values, clusters)
    if len(set(clusters)) == 1:
        assert found.lower is None and found.warnings
        return
    alone = wilson(int(sum(values)), len(values))
    assert found.lower is not None and found.upper is not None and alone.lower is not None and alone.upper is not None
    assert 0 <= found.lower <= alone.lower + 1e-12 and alone.upper - 1e-12 <= found.upper <= 1


def clustered_normal(rng: np.random.Generator, clusters: int, size: int, icc: float) -> Floats:
    shared = rng.normal(scale=math.sqrt(icc), size=(clusters, 1))
    return (shared + rng.normal(scale=math.sqrt(1 - icc), size=(clusters, size))).ravel()


@pytest.mark.slow
def test_coverage_with_ten_clusters() -> None:
    rng, names, runs = np.random.default_rng(20_261_124), np.repeat(np.arange(10), 5).tolist(), 2_000
    found = (cluster_interval(clustered_normal(rng, 10, 5, 0.5).tolist(), names) for _ in range(runs))
    covered = sum(e.lower is not None and e.upper is not None and e.lower <= 0 <= e.upper for e in found)
    assert 0.925 <= covered / runs <= 0.970
