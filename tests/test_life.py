"""One system through its whole life with the commands that a person types, over the handbook example."""

import shutil
from collections.abc import Iterator

import openai
import pytest
from tests.processes import Served, up
from tests.projects import EXAMPLE, Project

QUESTION = "How do I reset my badge?"


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the example."""
    root = tmp_path_factory.mktemp("handbook")
    for name in ("handbook", "prompts", "data"):
        shutil.copytree(EXAMPLE / name, root / name)
    shutil.copy(EXAMPLE / "genyard.yaml", root)
    return Project(root=root)


@pytest.fixture(scope="module")
def served(handbook: Project) -> Iterator[Served]:
    with up(handbook) as served:
        yield served


def edit(handbook: Project) -> str:
    """Drop the passages from the prompt, as somebody in a hurry would; return what it was."""
    before = (handbook.root / "prompts/answer.md").read_text(encoding="utf-8")
    start, end = before.index("{% for"), before.index("{% endfor %}") + len("{% endfor %}")
    after = before[:start] + before[end:]
    handbook.write("prompts/answer.md", after.replace("  passages: {type: array}\n", ""))
    return before


def test_the_life_of_a_system(handbook: Project, served: Served) -> None:
    # Develop: the corpus indexed, one question answered with its sources.
    index = handbook.ok("index")["indexes"][0]
    assert (index["built"], index["documents"]) == (True, len(list((handbook.root / "handbook").rglob("*.md"))))
    answer = handbook.ok("run", QUESTION)
    assert any(source["used"] for source in answer["sources"])

    # Evaluate and release: the evidence has intervals, n and power.
    first = handbook.ok("release")
    metrics = {one["metric"]: one for one in first["evaluations"][0]["metrics"]}
    assert metrics["contains"]["n"] >= 150
    assert metrics["contains"]["lower"] < metrics["contains"]["mean"] < metrics["contains"]["upper"]
    assert metrics["contains"]["detectable"] > 0
    assert first["gate"]["verdict"] == "pass"

    # Deploy, and answer at the endpoint by the real client.
    assert handbook.ok("deploy", "handbook", "--to", "prod", "--why", "the first")["digest"] == first["digest"]
    key = handbook.ok("keys", "create", "app", "--scope", "serve:handbook")["secret"]
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=key, max_retries=0)
    raw = client.chat.completions.with_raw_response.create(
        model="handbook", messages=[{"role": "user", "content": QUESTION}]
    )
    assert raw.parse().choices[0].message.content == answer["text"]
    assert raw.headers["genyard-release"] == first["digest"]

    # An edit that makes it worse is stopped by the gate, with the reason.
    before = edit(handbook)
    worse = handbook("release", "--json")
    assert worse.code == 4
    assert worse.reply["digest"] != first["digest"]
    reasons = {one["rule"]: (one["verdict"], one["reason"]) for one in worse.reply["gate"]["conditions"]}
    assert reasons["≥ 0.2"][0] == "fail"
    assert "upper bound" in reasons["≥ 0.2"][1]
    refused = handbook("deploy", "handbook", "--to", "prod")
    assert refused.code == 4
    assert "may not serve prod: contains on golden ≥ 0.2 fails" in refused.err
    assert handbook.ok("releases")["releases"][1]["serves"] == ["prod"]

    # Putting the passages back passes again: it is the release that serves already.
    handbook.write("prompts/answer.md", before)
    again = handbook.ok("release")
    assert (again["digest"], again["version"], again["new"]) == (first["digest"], 1, False)
    assert again["gate"] == first["gate"]

    # Govern: from the answer to release, evidence and document, and back.
    why = handbook.ok("why", raw.headers["genyard-trace-id"])
    assert why["release"]["digest"] == first["digest"]
    assert why["release"]["gate"]["verdict"] == "pass"
    assert why["release"]["metrics"] == first["evaluations"][0]["metrics"]
    document = next(one["document"] for one in why["documents"] if one["used"])
    touched = handbook.ok("affected", document)
    assert touched["endpoints"] == ["handbook@prod"]
    assert why["trace"]["trace_id"] in [one["trace_id"] for one in touched["answers"]["newest"]]
    assert f"release/handbook:{first['version']}" in [name for one in touched["artifacts"] for name in one["names"]]
    assert handbook.ok("affected", "metric/contains")["endpoints"] == ["handbook@prod"]

    # Another release, and back to the first.
    handbook.replace("genyard.yaml", "top_k: 4", "top_k: 5")
    second = handbook("release", "--json").reply
    handbook.ok("deploy", "handbook", "--to", "staging", "--release", str(first["version"]))
    handbook.ok("deploy", "handbook", "--to", "staging", "--release", second["digest"])
    assert handbook.ok("rollback", "handbook", "--from", "staging", "--why", "slower")["digest"] == first["digest"]
    assert handbook.ok("audit", "verify")["whole"]
