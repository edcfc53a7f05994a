"""``genyard init``, ``jobs``, ``keys``, ``settings``, ``models``, ``login`` and ``up``."""

import json
import socket
import stat
from pathlib import Path

import pytest
from tests.processes import begin, ended, up
from tests.projects import PAGES, ROWS, Project
from tests.waiting import eventually

import genyard


def test_init_writes_a_project_that_answers_at_once(tmp_path: Path) -> None:
    project = Project(root=tmp_path)
    project.write("docs/badges.md", PAGES["it/badges.md"])
    written = project.ok("init", "helpdesk", "--docs", "docs")["written"]
    assert written == ["genyard.yaml", "prompts/answer.md", "data/golden.jsonl", ".gitignore"]
    assert "ten seconds" in project.ok("run", ROWS[0][1])["text"]
    first = project("eval")
    assert (first.code, first.err) == (4, "")
    assert "next: add 29 cases or more to golden, then: genyard eval" in first.out
    assert "It leaves with 4, because only a gate that passed opens prod." in first.out
    again = project("init", "helpdesk", "--docs", "docs")
    assert (again.code, "genyard.yaml exists already" in again.err) == (2, True)


def test_the_sample_row_of_init_uses_up_no_look(tmp_path: Path) -> None:
    project = Project(root=tmp_path)
    project.write("docs/badges.md", PAGES["it/badges.md"])
    project("init", "helpdesk", "--docs", "docs")
    project("eval")
    project("release")
    row = {"inputs": {"question": "What is the weather on Mars?"}, "expected": {"answers": []}}
    project.write("data/golden.jsonl", "\n".join(json.dumps(row | {"id": f"r{n}"}) for n in range(30)))
    (contains, _) = project.ok("eval")["gate"]["conditions"]
    assert (contains["look"], contains["looks"], contains["verdict"]) == (1, 3, "pass")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Help Desk", "--docs", "docs"], "is not a system name"),
        (["desk", "--docs", "nowhere"], "holds no Markdown"),
        (["desk", "--docs", ".."], "holds no Markdown|is not inside"),
        (["desk"], "--docs"),
    ],
)
def test_init_says_what_is_wrong(tmp_path: Path, arguments: list[str], said: str) -> None:
    inner = tmp_path / "inner"
    (inner / "docs").mkdir(parents=True)
    (inner / "docs" / "a.md").write_text("# A")
    ran = Project(root=inner)("init", *arguments)
    assert ran.code == 2
    assert any(word in ran.err for word in said.split("|"))
    assert not (inner / "genyard.yaml").exists()


def test_jobs_are_listed_and_shown(lived: Project) -> None:
    (job,) = lived.ok("jobs", "--state", "done")["jobs"]
    assert (job["name"], job["state"]) == ("release", "done")
    assert "8 of 8" in lived("jobs").out
    assert lived.ok("jobs", "show", job["id"])["result"]["version"] == 1
    for verb in ("cancel", "resume"):
        assert lived("jobs", verb, job["id"], "--json").error["code"] == "conflict"
    assert lived("jobs", "reply", job["id"], "yes", "--json").error["code"] == "conflict"
    assert lived("jobs", "reply", job["id"], "NaN", "--json").error["code"] == "conflict"
    assert lived("jobs", "show", job["id"], "--project", "other", "--json").error["code"] == "not_found"


@pytest.mark.parametrize("verb", ["runs", "jobs", "keys", "releases", "traces"])
def test_an_empty_list_says_what_fills_it(verb: str, project: Project) -> None:
    assert project(verb).out.partition(": ")[2].startswith("genyard ")


@pytest.mark.parametrize("asked", [("runs", "nope"), ("jobs", "show", "nope"), ("keys", "revoke", "nope")])
def test_what_is_not_there_is_answered_with_where_to_look(asked: tuple[str, ...], project: Project) -> None:
    ran = project(*asked)
    assert ran.code == 2
    assert f"(genyard {asked[0]} lists them)" in ran.err


def test_a_key_is_shown_once_and_revoked_for_good(project: Project) -> None:
    made = project.ok("keys", "create", "ci", "--scope", "serve:desk", "--days", "1")
    listed = project("keys")
    assert made["secret"].startswith("gy_")
    assert made["secret"] not in listed.out
    assert "serve:desk" in listed.out
    project.ok("keys", "revoke", made["id"])
    assert [one["state"] for one in project.ok("keys")["keys"]] == ["revoked"]
    kept = b"".join(path.read_bytes() for path in (project.root / ".genyard").rglob("*") if path.is_file())
    assert made["secret"].rpartition("_")[2].encode() not in kept


def test_settings_never_show_a_secret(project: Project) -> None:
    secret = Project(root=project.root, environment={"GENYARD_OPENAI_API_KEY": "sk-secret", "GENYARD_PORT": "9"})
    for flags in ([], ["--json"], ["--markdown"]):
        assert "sk-secret" not in secret("settings", *flags).out
    found = {one["name"]: one["value"] for one in secret.ok("settings")["settings"]}
    assert (found["openai_api_key"], found["port"], found["key"]) == ("set", "9", "not set")


def test_a_setting_of_the_wrong_type_is_named(project: Project) -> None:
    wrong = Project(root=project.root, environment={"GENYARD_PORT": "http"})
    ran = wrong("traces")
    assert (ran.code, ran.err) == (2, "genyard: GENYARD_PORT is 'http', not an integer\n")


def test_models_are_listed_and_shown(project: Project) -> None:
    assert "embedded/reader" in project("models", "--find", "embedded").out
    card = project.ok("models", "show", "embedded/reader")
    assert (card["input_usd_per_m"], card["available"]) == (0, True)
    near = project("models", "show", "openai/gpt-5-minni")
    assert (near.code, "openai/gpt-5-mini" in near.err) == (2, True)


def test_login_keeps_the_key_for_this_user_alone_and_commands_use_it(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Project(root=tmp_path_factory.mktemp("elsewhere"))
    with up(project) as served:
        made = project.ok("keys", "create", "ada", "--role", "viewer")
        assert elsewhere("login", served.url, "--key", "gy_wrong", "--json").error["code"] == "unauthenticated"
        assert "signed in" in elsewhere("login", served.url, "--key", made["secret"]).out
        file = elsewhere.root / ".config" / "genyard" / "credentials.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert elsewhere.ok("traces", "--project", "acme")["traces"] == []
        assert elsewhere("projects").out == "* acme\n"
        assert "--project acme" in elsewhere("traces", "--project", "other").err
        given = {"GENYARD_URL": served.url, "GENYARD_KEY": made["secret"]}
        in_ci = Project(root=tmp_path_factory.mktemp("ci"), environment=given)
        assert in_ci("projects").out == "* acme\n"
        with genyard.connect(str(in_ci.root), url=served.url, key=made["secret"]) as opened:
            assert opened.client.project == "acme"
        narrow = project.ok("keys", "create", "narrow", "--scope", "serve:desk")["secret"]
        scoped = Project(root=in_ci.root, environment=given | {"GENYARD_KEY": narrow})
        assert "this key is only for serve:desk" in scoped("traces").err
        assert elsewhere("traces", "--project", "other", "--json").error["code"] == "forbidden"
        assert elsewhere("keys", "create", "x", "--project", "acme", "--json").code == 3
    gone = elsewhere("traces", "--project", "acme", "--json")
    assert (gone.code, gone.error["code"]) == (6, "unreachable")
    elsewhere.ok("logout")
    assert not file.exists()


@pytest.mark.parametrize("url", ["localhost:1", "ftp://x", "http://127.0.0.1:1"])
def test_login_to_what_is_no_server(project: Project, url: str) -> None:
    ran = project("login", url, "--key", "gy_x")
    assert ran.code in (2, 6)
    assert ran.err.count("\n") == 1


def test_up_refuses_a_port_in_use_and_a_number_that_is_none(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = project("up", "--port", str(taken.getsockname()[1]))
    assert (ran.code, "cannot be listened on" in ran.err, "--port 0" in ran.err) == (6, True, True)
    assert project("up", "--port", "99999").code == 2
    assert project("up", "--port", "x").code == 2


def test_one_home_has_one_server_and_commands_go_through_it(project: Project) -> None:
    with up(project) as served:
        second = project("up", "--port", "0")
        assert (second.code, served.url in second.err) == (6, True)
        again = project("up")
        assert (again.code, again.out.splitlines()[0].endswith(f"already, at {served.url}")) == (0, True)
        said = project.ok("up")
        assert (said["url"], said["sign_in"].startswith(f"{served.url}/sign-in?code=")) == (served.url, True)
        answer = project.ok("run", ROWS[0][1])
        assert project.ok("why", answer["trace_id"])["links"] == [f"{served.url}/p/acme/traces/{answer['trace_id']}"]
    assert project.ok("why", answer["trace_id"])["links"] == []


def test_a_command_beside_a_server_that_only_begins_waits_for_it(project: Project) -> None:
    served = begin(project, "up", "--port", "0", "--json")
    try:
        eventually((project.root / ".genyard" / "lock").exists)
        assert project("keys", "create", "early").code == 0
    finally:
        served.terminate()
        ended(served)


def test_what_a_dead_server_left_behind_does_not_matter(project: Project) -> None:
    with up(project):
        pass
    left = json.loads((project.root / ".genyard" / "server.json").read_text())
    assert left["pid"] > 0
    assert project.ok("traces")["traces"] == []


def test_whoever_only_looks_makes_no_home_and_whoever_keeps_something_does(tmp_path: Path) -> None:
    bare = Project(root=tmp_path)
    for asked in (["traces"], ["keys"], ["lake"], ["sql", "SELECT 1"], ["traces", "--export", "a.jsonl"], ["jobs"]):
        told = bare(*asked)
        assert (told.code, "there is no home here" in told.err, "genyard up" in told.err) == (2, True, True), asked
    assert list(tmp_path.iterdir()) == []
    named = Project(root=tmp_path, environment={"GENYARD_HOME": str(tmp_path / "nowhere")})
    assert f"{tmp_path}/nowhere is not there" in named("traces").err
    bare.ok("keys", "create", "ci")
    assert bare.ok("traces")["traces"] == []
