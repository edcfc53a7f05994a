"""Scores: one for each scorer and answer, none for a case that failed, and the record that is kept of each."""

from tests.evaluate.evidence import CONTAINS, judged

from genyard.core.digest import digest_of_json
from genyard.core.ids import CountingIds, RunId
from genyard.evaluate.scoring import as_scores

SYSTEM, DATASET = digest_of_json("system"), digest_of_json("dataset")


def test_a_failed_case_has_no_value_and_says_why() -> None:
    right, wrong, failed = judged(["yes", "no", None])
    assert [one.score.value for one in (right, wrong, failed)] == [1.0, 0.0, None]
    assert failed.score.explanation == "provider_timeout: too late"
    assert failed.as_repeat().value is None


def test_rows_of_one_source_are_one_cluster() -> None:
    assert [one.as_repeat().cluster for one in judged(["yes"] * 4, sources=2)] == ["s0", "s1", "s0", "s1"]
    assert {one.as_repeat().cluster for one in judged(["yes"] * 4)} == {None}


def test_the_record_of_a_score_says_what_it_judges_and_by_what() -> None:
    judgements = judged(["yes", None], repeats=2)
    kept = list(
        as_scores(
            {"contains": judgements},
            [CONTAINS],
            project="acme",
            dataset=DATASET,
            system=SYSTEM,
            run=RunId("run"),
            at_ns=7,
            ids=CountingIds(),
        )
    )
    assert [one.subject.id for one in kept] == [f"{DATASET}#r000"] * 2
    assert [(one.repeat, one.value) for one in kept] == [(0, 1.0), (1, None)]
    assert len({one.id for one in kept}) == 2
    assert {(one.name, one.scorer, one.run, one.system, one.direction) for one in kept} == {
        ("contains", CONTAINS.artifact().digest, "run", SYSTEM, "higher")
    }
    assert kept[1].explanation == "provider_timeout: too late"
