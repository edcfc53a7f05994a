"""What people and providers get wrong: one clear line each, and nothing written that should not be."""

import os
from collections.abc import Iterator

import pytest
from tests.processes import up
from tests.projects import PAGES, ROWS, Project
from tests.upstream import Upstream, upstream

QUESTION = ROWS[0][1]
GOOD_ROW = '{"id": "a", "inputs": {"question": "x"}, "expected": {"answers": ["y"]}}\n'


def one_line(project: Project, *arguments: str, code: int = 2) -> str:
    """Run a command that must fail, and return its one line."""
    ran = project(*arguments)
    assert (ran.code, ran.out) == (code, ""), ran
    assert ran.err.startswith("genyard: ")
    assert ran.err.count("\n") == 1
    return ran.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("systems:", "systems: [", "genyard.yaml, line"),
        ("model:", "modle:", "did you mean model?"),
        ("top_k: 4", "topk: 4", "did you mean top_k?"),
        ("gates: [{metric: contains", "gates: [{metric: contain", "did you mean contains?"),
        ("on: golden", "on: goldn", "did you mean golden?"),
        ("model: embedded/reader", "model: embeded/reader", "did you mean embedded/reader?"),
        ("prompts/answer.md", "prompts/anser.md", "prompts/anser.md, but no file here matches it"),
        ("pages/**/*.md", "pages/*.txt", "pages/*.txt, but no file here matches it"),
        ("prompts/answer.md", "../answer.md", "not a path inside the project"),
        ("project: acme", "project: Acme Inc", "Acme Inc"),
        ("top_k: 4", "top_k: many", "top_k"),
    ],
)
def test_a_manifest_that_does_not_fit(project: Project, old: str, new: str, said: str) -> None:
    project.replace("genyard.yaml", old, new)
    assert said in one_line(project, "run", QUESTION)


def test_without_a_manifest_there_is_nothing_to_run(project: Project) -> None:
    (project.root / "genyard.yaml").unlink()
    assert "genyard init" in one_line(project, "run", QUESTION)
    assert "no home here" in one_line(project, "traces")
    assert not (project.root / ".genyard").exists()


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("---\nvariables: {question: string}\n---\n{{ question }} {{ passagse }}", "'passagse' is used"),
        ("---\nvariables: {question: string, tone: string}\n---\n{{ question }} {{ tone }}", "needs 'tone'"),
        ("---\nvariables: {question: string}\n---\n{{ question", "prompts/answer.md, line 4"),
        ("---\nvariables: {question: string}\n---\n{{ question.__class__ }}", "prompt/answer: access to attribute"),
        ("---\nvariables: {question: string\n---\n{{ question }}", "prompts/answer.md, line"),
    ],
)
def test_a_prompt_that_does_not_fit(project: Project, prompt: str, said: str) -> None:
    project.write("prompts/answer.md", prompt)
    assert said in one_line(project, "run", QUESTION)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"id": "b", "inputs": {}}', "data/golden.jsonl, row 2: inputs"),
        ('{"id": "a", "inputs": {"question": "x"}}', "row 2: id: 'a' is already the id of row 1"),
        ('{"id": "b", "input": {"question": "x"}}', "row 2: 'input' is not a field of a row  (did you mean inputs?)"),
        ('{"id": "b", "inputs": {"question": 5}}', "row 2: inputs.question"),
        ('{"id": "b"', "row 2"),
    ],
)
def test_a_row_that_does_not_fit(project: Project, row: str, said: str) -> None:
    project.write("data/golden.jsonl", GOOD_ROW + row + "\n")
    schema = '{"properties": {"inputs": {"properties": {"question": {"type": "string"}}}}}'
    project.write("data/schema.json", schema)
    project.replace(
        "genyard.yaml", "{golden: data/golden.jsonl}", "{golden: {path: data/golden.jsonl, schema: data/schema.json}}"
    )
    assert said in one_line(project, "eval")


def test_a_row_that_the_system_does_not_take_is_named(project: Project) -> None:
    project.write("data/golden.jsonl", GOOD_ROW + '{"id": "b7", "inputs": {"text": "x"}}\n')
    assert "row b7: " in one_line(project, "eval")


def test_a_document_that_is_no_text_is_named(project: Project) -> None:
    (project.root / "pages" / "photo.md").write_bytes(b"\xff\xd8\xff")
    assert "photo.md: byte 0 is not UTF-8" in one_line(project, "run", QUESTION)


def test_a_document_that_changed_has_a_new_index_and_the_release_keeps_its_own(project: Project) -> None:
    old = project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    project.replace("pages/it/badges.md", "ten seconds", "twenty seconds")
    assert "twenty seconds" in project.ok("run", QUESTION)["text"]
    assert project.ok("index")["indexes"][0]["digest"] != old["digest"]
    made_of = {one["kind"]: one["digest"] for one in project.ok("why", answer_of(project, "desk"))["made_of"]}
    assert project.ok("index")["indexes"][0]["digest"] != made_of["index"]
    assert len(project.ok("affected", "it/badges.md")["of"]["digests"]) == 2


def answer_of(project: Project, endpoint: str) -> str:
    """Ask an endpoint, and return the trace of its answer, which must be of the old page."""
    with up(project) as served:
        key = project.ok("keys", "create", "ci")["secret"]
        reply = served.chat(endpoint, QUESTION, key=key)
        text = reply.json()["choices"][0]["message"]["content"]
        assert "ten seconds" in text
        assert "twenty" not in text
        return str(reply.headers["genyard-trace-id"])


@pytest.fixture
def provider() -> Iterator[Upstream]:
    with upstream() as here:
        yield here


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("half", "the stream stopped before it was finished"),
        ("rubbish", "the stream stopped before it was finished"),
        ("rejected", "rejected the request (400): not now"),
        ("overloaded", "is overloaded or failing (503): not now"),
    ],
)
def test_a_provider_that_fails(project: Project, provider: Upstream, way: str, said: str) -> None:
    provider.way = way  # type: ignore[assignment]
    project.replace("genyard.yaml", "embedded/reader", provider.model)
    ran = Project(root=project.root, environment={"GENYARD_MAX_RETRIES": "0"})("run", QUESTION)
    assert ran.code == 5
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert project.ok("traces")["traces"][0]["status"] == "error"


def test_a_provider_that_does_not_answer_in_time(project: Project, provider: Upstream) -> None:
    provider.hold_after(0)
    project.replace("genyard.yaml", "embedded/reader", provider.model)
    patient = Project(root=project.root, environment={"GENYARD_REQUEST_TIMEOUT_S": "0.2"})
    assert "gave no whole answer within the deadline" in one_line(patient, "run", QUESTION, code=5)


def test_a_provider_that_is_not_there(project: Project) -> None:
    project.replace("genyard.yaml", "embedded/reader", "http://127.0.0.1:1/v1#x")
    alone = Project(root=project.root, environment={"GENYARD_MAX_RETRIES": "0"})
    assert "127.0.0.1" in one_line(alone, "run", QUESTION, code=5)


WORDS = ["Сколько дней отпуска? 🪪👩‍👩‍👧", "كم يوما من الإجازة؟", "年次有給休暇は何日ですか", "e\u0301 é \u200b"]


@pytest.mark.parametrize("words", WORDS)
def test_any_language_goes_through_question_page_and_file_name(project: Project, words: str) -> None:
    project.write(f"pages/{words.replace('/', '')}.md", f"# {words}\n\n{words} 42 is the answer.\n")
    project.replace("genyard.yaml", "embedded/reader", "scripted/echo")
    answer = project.ok("run", words)
    assert answer["text"] == words
    assert any(words in source["document"] for source in answer["sources"])
    assert project.ok("why", answer["trace_id"])["documents"][0]["document"] == f"{words}.md"


ESCAPE = "\x1b[31mred\x1b]0;title\x07\u202egnp"
SHOWN = "\\x1b[31mred\\x1b]0;title\\x07\\u202egnp"


def test_terminal_escapes_are_made_visible_wherever_they_come_from(project: Project) -> None:
    project.write(f"pages/{ESCAPE}.md", f"# Heading {ESCAPE}\n\nThe colour red {ESCAPE} is here.\n")
    project.replace("genyard.yaml", "embedded/reader", "scripted/echo")
    ran = project("run", f"colour red {ESCAPE}")
    trace = project.ok("traces")["traces"][0]["trace_id"]
    shown = [ran, project("why", trace), project("traces"), project("affected", f"{ESCAPE}.md"), project("why", ESCAPE)]
    for one in shown:
        text = one.out + one.err
        assert SHOWN in text
        assert not set(text) & set("\x1b\x07\u202e")
    assert project.ok("run", f"colour red {ESCAPE}")["text"] == f"colour red {ESCAPE}"


def test_a_line_end_in_a_file_name_or_question_does_not_forge_a_line(project: Project) -> None:
    project.write("pages/a\ngenyard: all is well.md", "# Forged\n\nforged page about forgery\n")
    answer = project("run", "forged page about forgery")
    assert answer.code in (0, 2)
    assert "\ngenyard: all is well" not in answer.out + answer.err
    trace = project.ok("run", "first\ngenyard: all is well")["trace_id"]
    assert "\ngenyard: all is well" not in project("traces").out + project("why", trace).out


def test_html_is_text(project: Project) -> None:
    page = "<script>alert(1)</script>"
    project.write("pages/<b>&amp;.md", f"# {page}\n\n{page} is a page about scripts.\n")
    project.replace("genyard.yaml", "embedded/reader", "scripted/echo")
    answer = project.ok("run", f"{page} scripts")
    assert answer["text"] == f"{page} scripts"
    assert answer["sources"][0]["document"] == "<b>&amp;.md"


def test_a_file_whose_name_is_no_text_is_refused(project: Project) -> None:
    with open(os.fsencode(project.root) + b"/pages/\xff.md", "w") as file:
        file.write("# x")
    assert "is not UTF-8" in one_line(project, "run", QUESTION)


def test_a_question_that_is_no_text_is_refused(project: Project) -> None:
    assert "is not UTF-8" in one_line(project, "run", os.fsdecode(b"caf\xe9"))


def test_a_link_out_of_the_project_is_refused(project: Project) -> None:
    (project.root / "pages" / "passwd.md").symlink_to("/etc/passwd")
    assert "leads out of" in one_line(project, "run", QUESTION)


def test_what_lies_in_hidden_folders_is_not_sent(project: Project) -> None:
    project.replace("genyard.yaml", "pages/**/*.md", "**/*.md")
    project.write(".venv/readme.md", "# hidden")
    project.write("prompts/answer.md", (project.root / "prompts/answer.md").read_text())
    assert project.ok("index")["indexes"][0]["documents"] == len(PAGES) + 1


def test_a_path_may_be_written_with_a_dot(project: Project) -> None:
    project.replace("genyard.yaml", "prompts/answer.md", "./prompts//answer.md")
    project.replace("genyard.yaml", "pages/**", "./pages/**")
    assert project.ok("run", QUESTION)["sources"][0]["document"] == "it/badges.md"


def test_a_home_whose_catalog_is_empty_is_told_in_one_line_and_not_begun_anew(project: Project) -> None:
    project.ok("keys", "create", "ci")
    catalog = project.root / ".genyard" / "catalog.sqlite3"
    catalog.write_bytes(b"")
    ran = project("audit", "verify")
    assert (ran.code, ran.out, ran.err.count("\n")) == (6, "", 1)
    assert "backup" in ran.err
    assert catalog.read_bytes() == b""
