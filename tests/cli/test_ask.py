"""``genyard run`` and ``genyard index``."""

import io
import sys

import pytest
from tests.projects import ROWS, Project
from tests.upstream import upstream

QUESTION = ROWS[0][1]


def test_run_shows_the_answer_with_its_sources_cost_and_trace(project: Project) -> None:
    ran = project("run", QUESTION)
    answer, first, *_, last = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert "ten seconds" in answer
    assert "it/badges.md § Reset" in first
    assert "used" in first
    assert "$0.0000 · trace " in last


def test_run_in_json_is_the_whole_answer(project: Project) -> None:
    answer = project.ok("run", QUESTION)
    assert "ten seconds" in answer["text"]
    assert [source["used"] for source in answer["sources"]].count(True) == 1
    assert answer["cost_usd"] == 0
    assert project.ok("why", answer["trace_id"])["trace"]["preview"] == QUESTION


def test_a_question_may_come_from_standard_input(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("What does a lost badge cost?\n"))
    assert "15 euros" in project.ok("run", "-")["text"]


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_refused(project: Project, question: str) -> None:
    ran = project("run", question)
    assert (ran.code, ran.err) == (2, "genyard: the question is empty\n")


def test_where_there_are_several_systems_one_is_named(project: Project) -> None:
    project.replace(
        "genyard.yaml", "systems:\n", "systems:\n  other: {model: scripted/echo, prompt: prompts/echo.md}\n"
    )
    project.write("prompts/echo.md", "{{ question }}")
    project.replace("prompts/echo.md", "{{", "---\nvariables: {question: string}\n---\n{{")
    ran = project("run", "hello")
    assert (ran.code, "--system: desk, other" in ran.err) == (2, True)
    assert project.ok("run", "hello", "--system", "other")["text"] == "hello"
    assert "did you mean other?" in project("run", "hello", "--system", "othr").err


def test_an_index_of_the_same_pages_is_not_built_again(project: Project) -> None:
    first, again = project.ok("index")["indexes"], project.ok("index")["indexes"]
    assert [(one["built"], one["documents"], one["chunks"]) for one in first + again] == [(True, 3, 4), (False, 3, 4)]
    assert first[0]["digest"] == again[0]["digest"]
    assert "already built" in project("index").out


def test_a_system_without_retrieval_searches_nothing(project: Project) -> None:
    project.replace("genyard.yaml", '    retrieval: {corpus: "pages/**/*.md", top_k: 4}\n', "")
    project.write("prompts/answer.md", "---\nvariables: {question: string}\n---\n{{ question }}")
    assert project("index").out == "this system searches nothing\n"


def test_half_a_stream_shows_what_came_and_says_that_it_stopped(project: Project) -> None:
    with upstream() as provider:
        provider.way = "half"
        project.replace("genyard.yaml", "embedded/reader", provider.model)
        ran = project("run", QUESTION)
    assert (ran.code, ran.out) == (5, "You \n")
    assert ran.err == "genyard: the stream stopped before it was finished\n"
