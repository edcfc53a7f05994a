import pytest

from genyard.discover.chat import Message, Role
from genyard.discover.reader.prompt import Prompt, read_prompt


def read(*messages: tuple[Role, str]) -> Prompt:
    return read_prompt([Message(role=role, content=content) for role, content in messages])


def texts(prompt: Prompt) -> list[tuple[str, str, str]]:
    return [(one.label, one.title, one.text) for one in prompt.passages]


CATS, DOGS = "Cats are grey.", "Dogs are brown."
STYLES = {
    "brackets": f"[1] {CATS}\n\n[2] {DOGS}",
    "names in brackets": f"[1]: {CATS}\n[2]: {DOGS}",
    "numbers": f"1. {CATS}\n2. {DOGS}",
    "numbers in brackets": f"1) {CATS}\n2) {DOGS}",
    "words and numbers": f"Passage 1: {CATS}\nPassage 2: {DOGS}",
    "bold words": f"**Source 1**: {CATS}\n**Source 2**: {DOGS}",
    "lines": f"=== Document 1 ===\n{CATS}\n\n=== Document 2 ===\n{DOGS}",
    "tags": f"<passage>{CATS}</passage>\n<passage>{DOGS}</passage>",
    "tags with ids": f'<doc id="1">\n{CATS}\n</doc>\n<doc id="2">\n{DOGS}\n</doc>',
    "brackets in a tag": f"<context>\n[1] {CATS}\n[2] {DOGS}\n</context>",
    "paragraphs": f"Context:\n{CATS}\n\n{DOGS}",
    "paragraphs and rules": f"Here are the passages:\n\n{CATS}\n\n---\n\n{DOGS}",
    "bullets": f"- {CATS}\n- {DOGS}",
}


@pytest.mark.parametrize("passages", STYLES.values(), ids=STYLES.keys())
@pytest.mark.parametrize(
    "layout",
    [
        "Answer from the passages.\n\n{}\n\nQuestion: What colour are dogs?\nAnswer:",
        "{}\n\nWhat colour are dogs?",
        "Question: What colour are dogs?\n\n{}\n",
    ],
    ids=["marked", "last line", "first"],
)
def test_passages_and_question_are_found_however_they_are_marked(passages: str, layout: str) -> None:
    prompt = read(("user", layout.format(passages)))
    assert prompt.question == "What colour are dogs?"
    assert texts(prompt) == [("1", "", CATS), ("2", "", DOGS)]


def test_titles_are_taken_from_the_mark_or_the_first_line() -> None:
    prompt = read(("user", f"Document [1](Title: Cats (animals)) {CATS}\nDocument [2](Title: Dogs) {DOGS}\n\nQ: Who?"))
    assert texts(prompt) == [("1", "Cats (animals)", CATS), ("2", "Dogs", DOGS)]
    prompt = read(("user", f"[a] Cats\n{CATS}\n\n[b] # Dogs\n{DOGS}\n\nQ: Who?"))
    assert texts(prompt) == [("a", "Cats", CATS), ("b", "Dogs", DOGS)]


def test_headings_are_labels() -> None:
    prompt = read(("user", f"# Context\n## Cats\n{CATS}\n## Dogs\n{DOGS}\n\n# Question\nWho is brown?"))
    assert (prompt.question, texts(prompt)) == ("Who is brown?", [("Cats", "Cats", CATS), ("Dogs", "Dogs", DOGS)])


def test_passages_may_stand_in_the_system_message_or_a_tools() -> None:
    for role in ("system", "developer", "tool"):
        prompt = read((role, f"Use these.\n\n[1] {CATS}\n[2] {DOGS}"), ("user", "what colour are dogs"))
        assert prompt.question == "what colour are dogs"
        assert len(prompt.passages) == 2


def test_the_passages_of_the_last_message_come_before_older_ones() -> None:
    prompt = read(("user", f"[1] {CATS}\n\nWho?"), ("assistant", "[9] Me."), ("user", f"[2] {DOGS}\n\nWho else?"))
    assert (prompt.question, texts(prompt)) == ("Who else?", [("2", "", DOGS)])


def test_a_question_within_a_passage_is_part_of_it() -> None:
    prompt = read(("user", f"[1] {CATS}\nQuestion: Who pays?\n\n[2] {DOGS}\n\nQuestion: Who is brown?"))
    assert prompt.question == "Who is brown?"
    assert prompt.passages[0].text == f"{CATS}\nQuestion: Who pays?"


def test_what_is_said_after_the_passages_is_none() -> None:
    prompt = read(("user", f"[1] {CATS}\n\n[2] {DOGS}\n\nUse only the passages above.\n\nQuestion: Who?"))
    assert texts(prompt)[1] == ("2", "", DOGS)


@pytest.mark.parametrize(
    "system",
    [
        "Rules:\n1. Answer briefly.\n2. Cite sources.",
        "You are helpful.\n- Answer briefly.\n- Cite sources.",
        "Use only the passages below, like [1].\nIf the passages do not say, answer exactly: I do not know.",
        "# Role\nYou help.\n# Style\nBe brief.",
    ],
)
def test_instructions_are_no_passages(system: str) -> None:
    assert read(("system", system), ("user", "How should I cite sources?")).passages == ()


def test_without_a_question_or_a_user_there_is_none() -> None:
    assert read() == read(("system", f"[1] {CATS}")) == read(("user", " \n")) == Prompt(question="", passages=())
