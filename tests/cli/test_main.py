"""The command as a whole: exit codes, one line for an error, JSON for a program."""

import pytest
from tests.projects import Project

from genyard import __version__

VERBS = ["init", "run", "index", "eval", "release", "releases", "deploy", "rollback", "up", "login", "logout", "models"]
VERBS += ["why", "affected", "traces", "audit", "jobs", "keys", "settings"]


def test_help_names_every_verb_and_the_exit_codes(project: Project) -> None:
    ran = project("--help")
    assert ran.code == 0
    assert all(f" {verb} " in ran.out for verb in VERBS)
    assert "4 the gate did not pass" in " ".join(ran.out.split())


def test_every_verb_has_help_and_takes_json(project: Project) -> None:
    groups = {"audit": ["head", "verify"], "jobs": ["show", "cancel", "resume", "reply"], "keys": ["create", "revoke"]}
    commands = [[verb] for verb in VERBS] + [[verb, one] for verb, inner in groups.items() for one in inner]
    for command in [*commands, ["models", "show"]]:
        ran = project(*command, "--help")
        assert (ran.code, "--json" in ran.out) == (0, True), command


def test_the_version_is_told(project: Project) -> None:
    ran = project("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"genyard {__version__}\n", "")


def test_no_command_shows_the_help(project: Project) -> None:
    ran = project()
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: genyard" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["relaese"], "No such command 'relaese'"),
        (["--verison"], "--verison"),
        (["run"], "question"),
        (["run", "x", "--jsn"], "--jsn"),
        (["eval", "--repeats", "0"], "--repeats"),
        (["keys", "create", "ci", "--days", "x"], "--days"),
        (["deploy", "desk"], "--to"),
    ],
)
def test_a_mistyped_command_is_one_line_that_says_where_to_look(
    project: Project, arguments: list[str], said: str
) -> None:
    ran = project(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert said.lower() in ran.err.lower()
    assert "genyard" in ran.err.partition("see:")[2]


def test_an_error_is_json_for_a_program(project: Project) -> None:
    ran = project("why", "abcdef", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error["code"] == "not_found"
    assert "abcdef" in ran.error["message"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["traces"], 0),
        (["deploy", "desk", "--to", "prod"], 2),
        (["rollback", "desk"], 2),
        (["jobs", "show", "nothing"], 2),
        (["why", "not-hex"], 2),
        (["affected", "no/such.md"], 2),
        (["models", "show", "openai/gpt-5-minni"], 2),
        (["models", "show", "../../jobs?x=1#y"], 2),
        (["jobs", "--state", "sleeping"], 2),
        (["keys", "revoke", "nothing"], 2),
        (["keys", "create", "ci", "--role", "boss"], 2),
        (["keys", "create", "ci", "--scope", "eat:cake"], 2),
        (["audit", "verify", "--head", "missing.json"], 2),
        (["why", "abcdef", "--project", "No Project!"], 2),
    ],
)
def test_exit_codes(project: Project, arguments: list[str], code: int) -> None:
    ran = project(*arguments)
    assert ran.code == code, ran.err
    assert ran.err.count("\n") == (1 if code else 0)
    assert ran.err.startswith("genyard: ") == (code != 0)


def test_a_project_that_is_named_by_the_setting_is_the_one_of_every_command(project: Project) -> None:
    other = Project(root=project.root, environment={"GENYARD_PROJECT": "other"})
    other.ok("run", "What does a lost badge cost?")
    assert len(other.ok("traces")["traces"]) == 1
    assert len(project.ok("traces", "--project", "other")["traces"]) == 1
    # The folder's own project is not there yet, and here are others: a wrong name must not read as an empty one.
    assert "genyard run where genyard.yaml names it" in project("traces").err
