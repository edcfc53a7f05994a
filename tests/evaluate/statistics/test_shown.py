import pytest
from tests.evaluate.statistics.rows import case_rows

from genyard.evaluate.statistics.shown import shown_interval

NAMES = [f"doc-{i // 4}" for i in range(40)]
GRADED = [0.1 + 0.02 * (i * 7 % 40) for i in range(40)]
RIGHT = [float(i % 3 > 0) for i in range(40)]


@pytest.mark.parametrize(
    ("values", "clusters", "method"),
    [
        (RIGHT, None, "wilson"),
        (RIGHT, NAMES, "wilson on effective counts"),
        (GRADED, None, "bca"),
        (GRADED, NAMES, "cluster-robust t"),
    ],
)
def test_the_method_fits_the_rows(values: list[float], clusters: list[str] | None, method: str) -> None:
    found = shown_interval(case_rows(values, clusters), seed=1)
    assert (found.method, found.n) == (method, 40)
    assert shown_interval(case_rows(values, clusters)[::-1], seed=1) == found


def test_cases_without_a_score_are_left_out() -> None:
    assert shown_interval(case_rows([1.0, None, 0.0]), seed=1).n == 2
    assert shown_interval(case_rows([None]), seed=1).warnings == ("no rows",)
