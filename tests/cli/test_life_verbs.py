"""``genyard release``, ``releases``, ``deploy`` and ``rollback``."""

from tests.projects import WITHOUT_PASSAGES, Project

ANYTHING = "gates: [{metric: contains, on: golden, at_least: 0.5}]\n"


def test_a_release_tells_its_digest_verdict_and_next_step(project: Project) -> None:
    ran = project("release")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("release desk:1 sha256:")
    assert "gate: PASS" in ran.out
    assert "genyard deploy desk --to prod" in ran.out
    assert ", the same as before" in project("release").out


def test_the_newest_release_is_deployed_unless_another_is_named(project: Project) -> None:
    first = project.ok("release")
    project.replace("genyard.yaml", "top_k: 4", "top_k: 3")
    second = project.ok("release")
    assert project.ok("deploy", "desk", "--to", "prod")["digest"] == second["digest"]
    assert project.ok("deploy", "desk", "--to", "prod", "--release", "1")["digest"] == first["digest"]
    assert project.ok("deploy", "desk", "--to", "staging", "--release", second["digest"][7:17])["previous"] is None
    assert project.ok("deploy", "desk", "--to", "eu", "--release", "prod")["digest"] == first["digest"]
    table = project("releases").out.splitlines()
    assert [line.split()[0] for line in table] == ["release", "desk:2", "desk:1"]
    assert table[1].endswith("staging")
    assert table[2].endswith("eu, prod")


def test_what_serves_already_and_what_is_not_there_are_refused(project: Project) -> None:
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    again = project("deploy", "desk", "--to", "prod")
    assert (again.code, "already serves prod" in again.err) == (2, True)
    for release in ("7", "abcdef1", "nowhere"):
        assert project("deploy", "desk", "--to", "prod", "--release", release).code == 2
    assert "release/desk" in project("deploy", "desc", "--to", "prod").err
    assert "is not a" in project("deploy", "desk", "--to", "No Such Place").err


def test_a_gated_environment_takes_only_what_passed_and_others_take_all(project: Project) -> None:
    project.write("prompts/answer.md", WITHOUT_PASSAGES)
    assert project("release").code == 4
    refused = project("deploy", "desk", "--to", "prod", "--json")
    assert (refused.code, refused.out) == (4, "")
    assert refused.error["code"] == "gate_not_passed"
    assert "contains on golden ≥ 0.5 fails" in refused.error["message"]
    assert project("deploy", "desk", "--to", "production").code == 4, "a mistyped prod is no way around the gate"
    assert project("deploy", "desk", "--to", "staging").code == 0


def test_a_rollback_tells_what_answers_now_and_keeps_the_reason(project: Project) -> None:
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    nothing = project("rollback", "desk")
    assert (nothing.code, "nothing served desk@prod before" in nothing.err) == (2, True)
    project.replace("genyard.yaml", "top_k: 4", "top_k: 3")
    slow = project.ok("release")["digest"]
    project.ok("deploy", "desk", "--to", "prod")
    told = project("rollback", "desk", "--why", "it was slow").out
    assert told.startswith("desk@prod answers with desk:1 ")
    assert told.endswith(f"(before: {slow[7:15]})\n")
    event = project.ok("audit")["events"][0]
    assert (event["verb"], event["object"], event["detail"]["why"]) == (
        "rolled back",
        "endpoint/desk@prod",
        "it was slow",
    )
