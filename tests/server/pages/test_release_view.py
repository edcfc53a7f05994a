"""The page of one release, as a view."""

from dataclasses import replace

from tests.server.pages import hostile, samples

from genyard.core.canonical import Json
from genyard.server.pages.evidence import ConditionRow, evidence, evidence_line
from genyard.server.pages.links import Links
from genyard.server.pages.release_view import ReleaseView, release_view

LINKS = Links("acme")


def view_of(body: Json = None) -> ReleaseView:
    shown = samples.release_body() if body is None else body
    return release_view(shown, samples.release_facts(), links=LINKS, now_ns=samples.NOW_NS)


def row_of(**more: Json) -> ConditionRow:
    condition: dict[str, Json] = samples.condition("f1", "pass", "≥ 0.7", boundary=0.7) | more
    return evidence({"evidence": {"gate": {"conditions": [condition]}}}).conditions[0]


def test_the_verdict_is_counted_in_the_gates_words() -> None:
    verdict = view_of().evidence.verdict
    assert verdict.headline == "6 pass, 1 undecided, 0 fail"
    assert verdict.reasons == ("grounded on golden: the difference could still be as low as −0.026, below −0.020.",)


def test_an_undecided_row_says_what_would_decide_it() -> None:
    assert view_of().evidence.conditions[2].more == "About 130 more cases would decide it."


def test_no_figure_without_n_and_interval() -> None:
    found = view_of().evidence
    shown = [(row.n, row.interval, row.missing) for row in found.conditions]
    shown += [(row.n, row.interval, row.missing) for row in found.metrics]
    assert len(shown) == 14
    assert all(n and (interval != "—" or missing) for n, interval, missing in shown)


def test_a_missing_bound_is_a_dash_with_its_reason() -> None:
    row = view_of().evidence.conditions[-1]
    assert (row.result, row.interval, row.missing) == ("1.000", "—", "every case scored 1")


def test_below_five_cases_no_mean_is_shown() -> None:
    row = row_of(n=3, repeats=1, estimate=1.0, lower=0.4, upper=1.0)
    assert (row.result, row.interval, row.room) == ("n 3, too few", "—", None)


def test_pairs_and_repeats_are_said() -> None:
    assert row_of(estimate=0.8).n == "412 × 3"
    assert row_of(estimate=0.0, kind="not_worse_than", repeats=1).n == "412 pairs"


def test_the_distance_to_live_carries_its_sign() -> None:
    assert row_of(estimate=0.742, lower=0.711, upper=0.772, live=0.731).to_live == "+0.011"


def test_a_margin_is_the_limit_where_no_boundary_is_given() -> None:
    row = row_of(kind="not_worse_than", boundary=None, margin=0.02, estimate=-0.02, lower=-0.02, upper=-0.02)
    assert row.room is not None and row.room.point == "70.0"


def test_a_release_without_evidence_says_so() -> None:
    view = view_of({"name": "helpdesk"})
    assert view.evidence.verdict.headline == "No gate"
    assert {one.label: one.note for one in view.provenance}["evidence"] == "none: nothing was evaluated"


def test_a_release_that_runs_nowhere_says_so() -> None:
    facts = replace(samples.release_facts(), placements=())
    view = release_view({}, facts, links=LINKS, now_ns=samples.NOW_NS)
    assert view.provenance[0].note == "none: deployed nowhere now"


def test_evidence_in_a_line() -> None:
    line = evidence_line(samples.release_body("pass"))
    assert line == "gate passed · answer_f1 0.742 [0.711, 0.772], n 412 × 3"
    assert evidence_line({}) == "no gate · nothing was measured"


def test_a_broken_body_makes_a_view() -> None:
    broken: tuple[Json, ...] = (None, [], "x", {"evidence": 3}, {"evidence": {"gate": [], "metrics": [1, None]}})
    assert all(view_of(body).head.heading == "helpdesk release 8" for body in broken if body is not None)
    release_view(hostile.release_body(), hostile.release_facts(), links=LINKS, now_ns=samples.NOW_NS)
