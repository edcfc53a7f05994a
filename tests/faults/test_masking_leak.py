"""What a policy masks is in no file of the home: not in the log, the lake, the catalog, nor what lies beside them."""

from pathlib import Path

import pytest
from tests.processes import up
from tests.projects import Project, make_project

MAIL = "planted.person@example.com"
KEY = "AKIA" + "PLANTEDKEY234567"
QUESTION = f"What does a lost badge cost? I am {MAIL}, my key is {KEY}."


def files_with(folder: Path, planted: str) -> list[str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(str(file.relative_to(folder)) for file in files if planted.encode() in file.read_bytes())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path)
    made.ok("masking", "set", "--rules", "all")
    return made


def test_without_a_policy_the_planted_strings_would_be_found(tmp_path: Path) -> None:
    made = make_project(tmp_path)
    made.ok("masking", "set", "--mode", "off")
    made.ok("run", QUESTION)
    assert files_with(made.root / ".genyard", MAIL)


@pytest.mark.parametrize("mode", ["mask", "hash", "drop"])
def test_a_planted_string_of_a_question_is_in_no_file(project: Project, mode: str) -> None:
    project.ok("masking", "set", "--mode", mode)
    asked = project.ok("run", QUESTION)
    assert project.ok("traces")["traces"]
    for planted in (MAIL, KEY):
        assert files_with(project.root / ".genyard", planted) == [], asked


def test_nor_while_the_server_is_killed_with_rows_in_its_log(project: Project) -> None:
    project.ok("run", "What does a lost badge cost?")
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    key = project.ok("keys", "create", "shop", "--scope", "serve:desk")["secret"]
    with up(project) as server:
        answer = server.chat("desk", QUESTION, key=key)
        assert answer.status_code == 200
        server.process.kill()
        server.process.wait()
    for planted in (MAIL, KEY):
        assert files_with(project.root / ".genyard", planted) == []
