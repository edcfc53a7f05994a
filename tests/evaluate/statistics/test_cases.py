import pytest

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.cases import CaseScore, RepeatScore, case_means, cluster_names, in_case_order


def test_repeats_are_averaged_inside_their_case() -> None:
    rows = [
        RepeatScore(case="b", value=1.0, cluster="doc"),
        RepeatScore(case="a", value=0.0),
        RepeatScore(case="b", value=0.5, cluster="doc"),
    ]
    assert case_means(rows) == (CaseScore(case="a", value=0.0), CaseScore(case="b", value=0.75, cluster="doc"))


def test_missing_repeats_leave_their_share() -> None:
    values = [1.0, None, None, 0.0]
    (found,) = case_means([RepeatScore(case="a", value=value) for value in values])
    assert (found.value, found.unscored) == (0.5, 0.5)
    (nothing,) = case_means([RepeatScore(case="a", value=None)])
    assert (nothing.value, nothing.unscored) == (None, 1.0)


def test_a_case_has_one_cluster() -> None:
    with pytest.raises(InvalidInput, match="2 clusters"):
        case_means([RepeatScore(case="a", value=1.0, cluster="x"), RepeatScore(case="a", value=1.0, cluster="y")])


def test_a_case_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'a' appears twice"):
        in_case_order([CaseScore(case="a", value=1.0), CaseScore(case="a", value=0.0)])


def test_rows_that_share_nothing_have_no_clusters() -> None:
    assert cluster_names([CaseScore(case="a", value=1.0), CaseScore(case="b", value=1.0, cluster="x")]) is None


def test_a_row_without_cluster_is_one_by_itself() -> None:
    rows = [
        CaseScore(case="x", value=1.0),
        CaseScore(case="b", value=1.0, cluster="x"),
        CaseScore(case="c", value=1.0, cluster="x"),
    ]
    names = cluster_names(rows)
    assert names is not None and len(set(names)) == 2 and names[1] == names[2]
