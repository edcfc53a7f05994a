"""What a policy masks is in no file of the home: not in the log, the lake, the catalog, nor what lies beside them."""

from pathlib import Path

import httpx2
import pytest
from tests.processes import up
from tests.projects import Project, make_project

MAIL = "planted.person@example.com"
KEY = "AKIA" + "PLANTEDKEY234567"
QUESTION = f"What does a lost badge cost? I am {MAIL}, my key is {KEY}."


def _export(url: str, key: str) -> httpx2.Response:
    """Send a span of another application, with the strings in a column, an attribute and an event."""
    planted = [{"key": "input.value", "value": {"stringValue": QUESTION}}]
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": QUESTION,
        "startTimeUnixNano": "1790000000000000000",
        "endTimeUnixNano": "1790000001000000000",
        "attributes": [*planted, {"key": MAIL, "value": {"arrayValue": {"values": [{"stringValue": KEY}]}}}],
        "events": [{"name": "x", "timeUnixNano": "1790000000000000000", "attributes": planted}],
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    return httpx2.post(f"{url}/v1/traces", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=60)


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
    key = project.ok("keys", "create", "shop")["secret"]
    with up(project) as server:
        assert server.chat("desk", QUESTION, key=key).status_code == 200
        assert _export(server.url, key).status_code == 200
        server.process.kill()
        server.process.wait()
    for planted in (MAIL, KEY):
        assert files_with(project.root / ".genyard", planted) == []
