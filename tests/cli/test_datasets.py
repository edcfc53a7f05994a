"""``genyard dataset``: traces become rows of a dataset and of its file, and what a page added comes to the file."""

import json
from typing import Any

from tests.projects import Project

import genyard
from genyard.client.api import Client, Reply

QUESTION, RIGHT = "May a cat come along?", "Cats stay at home."


def asked(project: Project, question: str = QUESTION) -> str:
    trace: str = project.ok("run", question)["trace_id"]
    return trace


def rows(project: Project, path: str = "data/golden.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.root / path).read_text(encoding="utf-8").splitlines()]


def test_from_a_bad_answer_to_the_next_evaluation(project: Project) -> None:
    trace = asked(project)
    before = (project.root / "data/golden.jsonl").read_bytes()
    seen = project.ok("dataset", "add", "golden", trace[:12], "--dry-run")
    assert (seen["counts"]["added"], (project.root / "data/golden.jsonl").read_bytes()) == (1, before)
    added = project("dataset", "add", "golden", trace, "--tag", "pets")
    assert "written to data/golden.jsonl" in added.out
    corrected = project.ok("dataset", "add", "golden", trace, "--expect", RIGHT)
    assert (corrected["counts"]["corrected"], corrected["dataset"]["version"]) == (1, 3)
    again = project.ok("dataset", "add", "golden", trace, "--expect", RIGHT)
    assert (again["counts"]["unchanged"], again["dataset"]["version"]) == (1, 3)
    assert (project.root / "data/golden.jsonl").read_bytes().startswith(before)
    row = rows(project)[-1]
    assert (row["inputs"], row["expected"]["answers"], row["tags"]) == ({"question": QUESTION}, [RIGHT], ["pets"])
    assert row["origin"]["trace"] == trace
    report = project.ok("eval")["evaluations"][0]
    assert (report["dataset_version"], report["rows"]) == (3, 9)
    why = project.ok("why", f"golden#{row['id']}")
    assert (why["trace"]["trace_id"], why["datasets"][0]["row"]) == (trace, row["id"])
    affected = project.ok("affected", trace)
    assert (affected["of"]["kind"], affected["rows"][0]["row"]) == ("trace", row["id"])
    assert f"row       {row['id']} of dataset/golden:3" in project("why", trace).out
    assert "row      t-" in project("affected", trace).out
    shown = project("dataset", "show", "golden")
    assert RIGHT in shown.out
    assert project.ok("dataset")["datasets"][0]["rows_total"] == 9
    assert project.ok("runs")["runs"][-1]["activity"] == "collect"
    assert "collect" in project("runs").out


def test_a_query_chooses_and_a_dataset_without_a_file_is_pulled(project: Project) -> None:
    traces = [asked(project), asked(project, "What about dogs?"), asked(project, "What about dogs?")]
    done = project("dataset", "add", "pets", "--where", '"dogs"', "--expect", "answer")
    assert "1 row asks what another row asks already" in done.out
    assert "in no file yet: genyard dataset pull pets" in done.out
    pulled = project("dataset", "pull", "pets")
    assert "data/pets.jsonl: 2 rows written" in pulled.out
    assert {one["origin"]["trace"] for one in rows(project, "data/pets.jsonl")} == set(traces[1:])
    project.replace("genyard.yaml", "golden: data/golden.jsonl", "golden: data/golden.jsonl, pets: data/pets.jsonl")
    assert project.ok("dataset", "pull", "pets")["rows"] == 0
    assert project.ok("eval", "--dataset", "pets")["evaluations"][0]["dataset_version"] == 1
    told = project.ok("erase", "--trace", traces[1])
    assert told["rows"] == 1
    assert project("eval", "--dataset", "pets").err.startswith("genyard: data/pets.jsonl still has the text")
    assert "1 of them erased" in project("dataset", "pull", "pets").out
    assert [one.get("erased", False) for one in rows(project, "data/pets.jsonl")].count(True) == 1
    assert project.ok("eval", "--dataset", "pets")["evaluations"][0]["rows"] == 1
    (run,) = [one["id"] for one in project.ok("runs")["runs"] if one["activity"] == "evaluate"][1:]
    first = project.ok("runs", "--limit", "1")
    assert project("runs", "--limit", "1").out.endswith(f"more: --after {first['next']}, or a higher --limit\n")
    rest = project.ok("runs", "--after", first["next"])
    assert (first["runs"] + rest["runs"], rest["next"]) == (project.ok("runs")["runs"], None)
    assert "1 row of its dataset erased since" in project("runs", run).out
    assert "1 row erased" in project("dataset", "show", "pets").out


def test_what_cannot_be_added_says_why(project: Project) -> None:
    trace = asked(project)
    refused = project("dataset", "add", "golden", "abcdef0")
    assert (refused.code, "refused    abcdef0  the project acme has no trace abcdef0" in refused.out) == (2, True)
    some = project.ok("dataset", "add", "golden", trace, "abcdef0")
    assert some["counts"] == {"added": 1, "corrected": 0, "refused": 1, "unchanged": 0}
    for arguments, said in (
        (["golden"], "say which traces"),
        (["golden", trace, "--where", "x"], "say which traces"),
        (["golden", "--where", "nothing-like-it"], "no trace matches"),
        (["golden", trace, "abcdef0", "--expect", "yes"], "one answer cannot be expected of 2 traces"),
        (["No Name", trace], "is not a name"),
        (["golden", "xyz"], "traces"),
    ):
        ran = project("dataset", "add", *arguments)
        assert (ran.code, said in ran.err) == (2, True), ran.err


def test_a_schema_and_tags_of_the_manifest_hold_for_rows_from_traces(project: Project) -> None:
    trace = asked(project)
    entry = "{path: data/golden.jsonl, tags: [pets], schema: {required: [expected]}}"
    project.replace("genyard.yaml", "golden: data/golden.jsonl", f"golden: data/golden.jsonl, pets: {entry}")
    project.write("data/golden.jsonl", (project.root / "data/golden.jsonl").read_text() + _tagged())
    before = (project.root / "data/golden.jsonl").read_bytes()
    refused = project("dataset", "add", "pets", trace)
    assert (refused.code, "expected" in refused.err) == (2, True)
    assert (project.root / "data/golden.jsonl").read_bytes() == before
    done = project.ok("dataset", "add", "pets", trace, "--expect", RIGHT)
    assert (done["file"], rows(project)[-1]["tags"]) == ("data/golden.jsonl", ["pets"])


def _tagged() -> str:
    return '{"id": "p", "inputs": {"question": "Pets?"}, "expected": {"answers": ["no"]}, "tags": ["pets"]}\n'


def collected(client: Client) -> list[Reply]:
    """Return the pages of what was changed, one change each."""
    pages, after = list[Reply](), None
    while not pages or after is not None:
        pages.append(client.get(client.of_project("datasets", "golden", "collected"), limit=1, after=after))
        after = pages[-1]["next"]
    return pages


def test_what_was_added_and_corrected_on_a_page_comes_to_the_file(project: Project) -> None:
    traces = [asked(project), asked(project, "What about dogs?"), asked(project, "Birds?")]
    project.ok("dataset", "add", "golden", *traces[:2])
    ids = [row["id"] for row in rows(project)[-2:]]
    with genyard.connect(str(project.root), home=str(project.root / ".genyard")) as here:
        path = here.client.of_project("datasets", "golden", "rows")
        for trace in traces:
            here.client.post(path, {"traces": [trace], "expect": RIGHT})
        assert [len(page["rows"]) for page in collected(here.client)] == [2, 1, 1, 1]
        assert here.client.post(path, {"traces": traces, "preview": True})["counts"]["unchanged"] == 3
    mine = rows(project)[-1] | {"expected": {"answers": ["mine"]}}
    project.write("data/golden.jsonl", "".join(json.dumps(one) + "\n" for one in [*rows(project)[:-1], mine]))
    pulled = project.ok("dataset", "pull", "golden")
    assert (pulled["rows"], pulled["conflicts"]) == (2, [ids[1]])
    expected = [one["expected"]["answers"] for one in rows(project)[-3:]]
    assert expected == [[RIGHT], ["mine"], [RIGHT]]
    project("eval")
    assert project.ok("dataset", "pull", "golden")["rows"] == 0


def test_a_correction_is_masked_as_a_comment_is(project: Project) -> None:
    trace = asked(project)
    secret = "AKIA" + "QYLPMN5HHHFPZAM2"
    project.ok("dataset", "add", "golden", trace, "--expect", f"use {secret} for it")
    assert secret not in (project.root / "data/golden.jsonl").read_text()
    (answer,) = rows(project)[-1]["expected"]["answers"]
    assert answer.startswith("use ")
