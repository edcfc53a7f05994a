"""Releases: their identity is system and evidence, and the policy on where they may serve is fixed in them."""

from dataclasses import replace

import pytest
from tests.deploy.evidence import release

from genyard.core.digest import digest_of_json
from genyard.deploy.releases import (
    REPLACES,
    checklist,
    evidence_of,
    gate_of,
    is_gated,
    release_artifact,
    verdict_of,
)

OTHER = digest_of_json("other")


def test_the_same_system_and_evidence_are_the_same_release() -> None:
    assert release("desk", 1).digest == release("desk", 1).digest
    others = [
        release("desk", 2),
        release("help", 1),
        release("desk", 1, verdict="fail"),
        release("desk", 1, system=OTHER),
    ]
    others.append(release("desk", 1, open_to_all=("staging", "eu")))
    assert len({one.digest for one in [release("desk", 1), *others]}) == len(others) + 1


def test_a_release_refers_to_everything_that_it_stands_on() -> None:
    made = release_artifact(
        name="desk",
        system=OTHER,
        evidence={"gate": {"verdict": "none"}},
        open_to_all=[],
        datasets={"golden": digest_of_json("golden")},
        metrics={"contains": digest_of_json("contains")},
        replaces=digest_of_json("before"),
    )
    roles = {one.role: one.kind for one in made.references}
    assert roles == {"system": "system", "dataset.golden": "dataset", "metric.contains": "metric", REPLACES: "release"}


def test_prod_is_gated_whatever_the_file_says() -> None:
    made = release("desk", 1, open_to_all=("prod", "staging"))
    assert [is_gated(made, one) for one in ("prod", "staging")] == [True, False]


def test_a_name_that_nobody_declared_is_gated() -> None:
    assert is_gated(release("desk", 1), "production")


@pytest.mark.parametrize(
    ("verdict", "mend"),
    [("pass", ""), ("fail", "change the system"), ("undecided", "add cases"), ("none", "write gates")],
)
def test_a_verdict_says_what_to_do_next(verdict: str, mend: str) -> None:
    found = verdict_of(release("desk", 1, verdict=verdict))
    assert (found.word, found.sentence) == (verdict, f"it is {verdict}")
    assert found.mend.startswith(mend)


def test_evidence_is_read_back() -> None:
    made = release("desk", 7)
    assert evidence_of(made)["number"] == 7
    assert gate_of(made)["verdict"] == "pass"
    assert replace(made, body={**made.body, "name": "x"}).digest != made.digest


def test_what_code_cannot_find_is_open_for_a_person() -> None:
    done, open_ = checklist(checks=[("Version control", "commit abc"), ("Hardware stated", None)])
    assert done == {"by": "code", "finding": "commit abc", "item": "Version control", "state": "done"}
    assert open_ == {"by": "a person", "finding": "not confirmed yet", "item": "Hardware stated", "state": "open"}


def test_what_code_found_against_an_item_is_not_for_a_person() -> None:
    (gated,) = checklist(checks=[("Evaluated and gated", None)], unmet={"Evaluated and gated": "gate failed"})
    assert gated == {"by": "code", "finding": "gate failed", "item": "Evaluated and gated", "state": "open"}
