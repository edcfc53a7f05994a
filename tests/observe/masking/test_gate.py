"""The one pass before all rules."""

import json

import pytest
from tests.observe.masking.examples import FOUND, unmarked

from genyard.observe.masking.gate import Gate
from genyard.observe.masking.rules import RULES

GATE = Gate([one.gate for one in RULES.values()])
NAMES = list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_it_opens_for_what_a_rule_finds_in_the_text_and_in_its_json(rule: str) -> None:
    for example in map(unmarked, FOUND[rule]):
        text = f"é\n{example}\n"
        for _ in range(4):
            assert NAMES.index(rule) in GATE.opened(text.encode()), text
            text = json_text(text)


def json_text(text: str) -> str:
    return json.dumps({"x": text}, ensure_ascii=len(text) % 2 == 0)


def test_it_stays_shut_for_plain_text() -> None:
    assert not GATE.is_open("How do I reset my badge? It costs 15 euros – or 28 days.".encode())
    assert not GATE.is_open(b"")


def test_it_opens_for_letters_written_as_escapes() -> None:
    assert GATE.is_open(rb"ann\u0040example.com")
