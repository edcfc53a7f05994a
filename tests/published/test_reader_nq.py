"""The embedded reader on real questions (NQ-open) with their passage among three that resemble it.

The reader was tuned on every second row of the set; the figures here are those of the other rows.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import punctuation

import pytest

from genyard.discover.chat import Message
from genyard.discover.reader.answering import find_answer
from genyard.discover.reader.prompt import read_prompt
from genyard.discover.reader.question import read_question

DISTRACTORS = 3
COMMON = 200
"""Words in more passages than this do not say which passages resemble a question."""


@dataclass(frozen=True)
class Case:
    question: str
    answers: Sequence[str]
    gold: str
    others: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    right: bool
    known: bool
    words: int


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[Case]:
    folder = shared_data / "nq_rag"
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    passages = {row["id"]: f"{row['title']}\n{row['text']}" for row in rows}
    holders: dict[str, list[str]] = {}
    for name, text in passages.items():
        for word in set(re.findall(r"[a-z0-9]+", text.lower())):
            holders.setdefault(word, []).append(name)
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()][1::2]
    return [
        Case(
            question=query["question"],
            answers=query["answers"],
            gold=passages[query["gold_passage"]],
            others=[passages[name] for name in resembling(query, holders)],
        )
        for query in queries
    ]


def resembling(query: dict[str, str], holders: dict[str, list[str]]) -> list[str]:
    """Return the passages but the gold one that share the most rare words with the question."""
    shared: Counter[str] = Counter()
    for word in set(re.findall(r"[a-z0-9]+", query["question"].lower())):
        found = holders.get(word, [])
        if len(found) <= COMMON:
            shared.update(dict.fromkeys(found, 1))
    del shared[query["gold_passage"]]
    ranked = sorted(shared, key=lambda name: (-shared[name], name))
    return ranked[: DISTRACTORS + 1]


def plain(text: str) -> str:
    """SQuAD's normalisation: lower case, no punctuation, no articles, single spaces."""
    kept = "".join(sign for sign in text.lower() if sign not in punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def outcome(case: Case, passages: Sequence[str]) -> Outcome:
    numbered = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, start=1))
    prompt = read_prompt([Message(role="user", content=f"{numbered}\n\nQuestion: {case.question}\nAnswer:")])
    answer = find_answer(read_question(prompt.question), prompt.passages)
    told = f" {plain(answer.text)} " if answer else " "
    return Outcome(
        right=any(f" {plain(one)} " in told for one in case.answers),
        known=answer is not None,
        words=len([one for one in answer.text.split() if one != "…"]) if answer else 0,
    )


def share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def test_half_of_the_answers_hold_a_right_one(cases: list[Case]) -> None:
    found = [outcome(case, [*case.others[:2], case.gold, *case.others[2:3]]) for case in cases]
    assert share([one.right for one in found]) >= 0.50
    assert share([one.known for one in found]) >= 0.80
    assert max(one.words for one in found) <= 30


def test_without_the_passage_that_answers_most_are_not_known(cases: list[Case]) -> None:
    found = [outcome(case, case.others) for case in cases]
    assert share([one.known for one in found]) <= 0.40
