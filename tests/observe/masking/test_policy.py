"""What a user may ask for, and how a wrong wish is told."""

import pytest

from genyard.core.canonical import canonical_json, read_canonical
from genyard.core.errors import InvalidInput
from genyard.observe.masking.policy import DEFAULT, LONGEST_PATTERN, MOST_CUSTOM, policy, read_policy
from genyard.observe.masking.rules import GROUPS


def test_by_default_secrets_are_masked_and_people_are_not() -> None:
    assert (DEFAULT.mode, DEFAULT.rules, DEFAULT.custom) == ("mask", GROUPS["secrets"], ())
    assert not {"email", "phone", "card"} & set(DEFAULT.rules)


def test_a_policy_travels_as_json() -> None:
    made = policy("hash", ["secrets", "email"], [("staff", r"EMP-\d{6}"), ("city", "Zürich")])
    value = read_canonical(canonical_json(made.as_json()).decode())
    assert isinstance(value, dict)
    assert read_policy(value) == made


@pytest.mark.parametrize(
    ("mode", "rules", "custom", "message"),
    [
        ("hide", [], [], "'hide' is no way of masking"),
        ("mask", ["e-mail"], [], "'e-mail' is no rule of masking"),
        ("mask", [], [("staff", "(")], r"the pattern of staff does not compile: missing \): \("),
        ("mask", [], [("staff", r"(?=x)x")], "the pattern of staff does not compile"),
        ("mask", [], [("staff", r"(a)\1")], "the pattern of staff does not compile"),
        ("mask", [], [("staff", "((((a{100}){100}){100}){100})")], "the pattern of staff does not compile"),
        ("mask", [], [("staff", "x*")], "the pattern of staff is satisfied by no text at all"),
        ("mask", [], [("staff", "")], "the pattern of staff has 0 characters"),
        ("mask", [], [("staff", "x" * (LONGEST_PATTERN + 1))], "the pattern of staff has 501 characters"),
        ("mask", [], [("Staff!", "x")], "'Staff!' is not a rule's name"),
        ("mask", [], [("email", "x")], "email is a rule already"),
        ("mask", [], [("secrets", "x")], "secrets is a rule already"),
        ("mask", [], [("a", "x"), ("a", "y")], "two rules are named 'a'"),
        ("mask", [], [(f"r{at}", "x") for at in range(MOST_CUSTOM + 1)], "21 rules of one's own are too many"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    mode: str, rules: list[str], custom: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as told:
        policy(mode, rules, custom)
    assert "\n" not in told.value.message
    assert told.value.hint
