"""Each rule finds what it is for and leaves what only looks like it."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.masking.examples import FOUND, LEFT, kept, unmarked

from genyard.core.errors import InvalidInput
from genyard.observe.masking.checks import luhn
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.personal_rules import IBAN_LENGTHS
from genyard.observe.masking.policy import Policy
from genyard.observe.masking.rules import GROUPS, RULES, expanded

EVERYTHING = Masker(Policy(rules=tuple(RULES)))
ONE = {name: Masker(Policy(rules=(name,))) for name in RULES}
PAIRS = [(rule, example) for rule, examples in FOUND.items() for example in examples]


def test_every_rule_has_examples() -> None:
    assert list(FOUND) == [name for name in FOUND if name in RULES]
    assert set(FOUND) == set(RULES)


@pytest.mark.parametrize(("rule", "example"), PAIRS)
def test_a_rule_finds_what_it_is_for(rule: str, example: str) -> None:
    masked = ONE[rule].mask_text(unmarked(example))
    assert masked.text == kept(example, rule)
    assert masked.rules == {rule}


@pytest.mark.parametrize("example", [example for _, example in PAIRS])
def test_beside_all_others_it_is_still_found(example: str) -> None:
    masked = EVERYTHING.mask_text(unmarked(example)).text
    assert not any(hidden in masked for hidden in re.findall("«(.*?)»", example, re.DOTALL))


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert EVERYTHING.mask_text(text).text == text


def test_groups_hold_every_rule_and_name_them_in_order() -> None:
    assert expanded(["all"]) == GROUPS["all"] == tuple(RULES)
    assert set(GROUPS["secrets"]) | set(GROUPS["personal"]) | {"ip_address"} == set(RULES)
    assert expanded(["email", "aws_key"]) == ("aws_key", "email")


def test_an_unknown_rule_is_told_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="'emial' is no rule of masking") as told:
        expanded(["emial"])
    assert told.value.hint == "did you mean email?"


def with_check_digit(digits: str) -> str:
    return next(digits + check for check in string.digits if luhn(digits + check))


@st.composite
def cards(draw: st.DrawFn) -> str:
    head, length = draw(st.sampled_from([("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("3528", 16)]))
    body = draw(st.text(string.digits, min_size=length - 1 - len(head), max_size=length - 1 - len(head)))
    number = with_check_digit(head + body)
    separator = draw(st.sampled_from(["", " ", "-"]))
    return separator.join(number[at : at + 4] for at in range(0, len(number), 4))


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country, length = draw(st.sampled_from(sorted(IBAN_LENGTHS.items())))
    body = draw(st.text(string.digits + string.ascii_uppercase, min_size=length - 4, max_size=length - 4))
    value = int("".join(str(int(sign, 36)) for sign in body + country + "00"))
    plain = f"{country}{98 - value % 97:02d}{body}"
    return " ".join(plain[at : at + 4] for at in range(0, length, 4)) if draw(st.booleans()) else plain


WORDS = st.text(string.ascii_letters + " ,.;:()\n\"'\\é–", max_size=20)


@given(card=cards(), before=WORDS, after=WORDS)
@settings(max_examples=60)
def test_every_card_is_found(card: str, before: str, after: str) -> None:
    assert ONE["card"].mask_text(f"{before} {card} {after}").text == f"{before} [card] {after}"


@given(iban=ibans(), before=WORDS, after=WORDS)
@settings(max_examples=60)
def test_every_iban_is_found(iban: str, before: str, after: str) -> None:
    assert ONE["iban"].mask_text(f"{before}; {iban}; {after}").text == f"{before}; [iban]; {after}"


@given(card=cards(), at=st.integers(0, 14), other=st.sampled_from(string.digits))
@settings(max_examples=60)
def test_a_card_with_one_digit_wrong_is_left(card: str, at: int, other: str) -> None:
    wrong = card[:at] + other + card[at + 1 :]
    if wrong != card and card[at].isdigit():
        assert ONE["card"].mask_text(wrong).text == wrong


@given(st.text(max_size=200) | st.text("0123456789abcdef-", max_size=100) | st.uuids().map(str))
@settings(max_examples=150)
def test_text_uuids_and_digests_pass_the_secrets(text: str) -> None:
    assert Masker(Policy()).mask_text(text).text == text


@given(st.uuids(), st.binary(min_size=32, max_size=32), st.integers(10**18, 2 * 10**18))
@settings(max_examples=150)
def test_ids_digests_and_times_pass_everything(uuid: object, digest: bytes, time_ns: int) -> None:
    text = f"trace {digest[:16].hex()} span {digest[16:24].hex()} {uuid} sha256:{digest.hex()} at {time_ns}"
    assert EVERYTHING.mask_text(text).text == text
