"""The page of a run: what, when, who, how it ended, what went in and what came out."""

from tests.server.pages import samples

from genyard.core.records import RunEnd
from genyard.server.pages.links import Links
from genyard.server.pages.plain_views import ThingView
from genyard.server.pages.run_view import run_view

LINKS = Links("acme")


def view_of(end: RunEnd | None) -> ThingView:
    return run_view(
        samples.evaluation(),
        end,
        links=LINKS,
        by="Mara Lind",
        named={samples.SYSTEM: "system/helpdesk:8"},
        body={},
        raw_href="/raw",
    )


def test_the_head_says_what_when_who_and_how_it_ended() -> None:
    view = view_of(samples.evaluation_end())
    facts = {one.label: one.text for one in view.facts}
    assert (view.head.heading, view.head.chips[0].word) == ("Evaluate helpdesk on golden", "Done")
    assert facts["By"] == "Mara Lind"
    assert facts["Took"] == "6 min 48 s"
    assert facts["Answers"] == "412, 2 failed"
    assert facts["Code"] == "commit 0f3c9a1b"
    assert view.head.actions[0].href == LINKS.traces(q=f"run:{samples.evaluation().id}")


def test_inputs_and_outputs_are_links() -> None:
    _, things = view_of(samples.evaluation_end()).tables
    told = [(row[0].text, row[0].href, row[1].text) for row in things.rows]
    assert told[0] == ("system/helpdesk:8", LINKS.artifact(samples.SYSTEM), "in: system")
    assert told[2][2] == "out: index"


def test_its_figures_are_told_as_on_a_release() -> None:
    figures, _ = view_of(samples.evaluation_end()).tables
    assert [[cell.text for cell in row[:4]] for row in figures.rows] == [
        ["answer_f1", "0.742", "[0.711, 0.772]", "412"],
        ["cost_usd", "$0.000", "[0.000, —]", "412"],
        ["recall_at_4", "n 3, too few", "—", "3"],
    ]


def test_a_run_without_an_end_and_one_that_failed() -> None:
    going = view_of(None)
    assert (going.head.chips[0].word, [one.label for one in going.tables]) == ("Running", ["What went in and came out"])
    assert {one.label: one.text for one in going.facts}["Took"] == "not ended"
    failed = view_of(samples.evaluation_end(error="the disk is full"))
    assert failed.head.chips[0].word == "Failed"
    assert {one.label: one.text for one in failed.facts}["Ended with"] == "the disk is full"
