"""Rows in, rows out: what is looked at, what is left, and what a row looks like afterwards."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.masking.examples import FOUND, unmarked
from tests.observe.otlp.requests import request, wire

from genyard.observe.conventions.row import row_of
from genyard.observe.masking.masker import MOST_PLACES, Masker
from genyard.observe.masking.policy import CustomRule, Mode, Policy, policy
from genyard.observe.masking.rules import RULES
from genyard.observe.otlp.protobuf import read_traces
from genyard.store.columns import LOGS, SCORES, SPANS
from genyard.store.rows import Row, WrittenJson, batch_of

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
MAIL = "ann@example.com"
CARD = 4111111111111111
DIGEST = "sha256:" + "ab12cd34" * 8


def made(mode: Mode = "mask", *rules: str, custom: tuple[CustomRule, ...] = ()) -> Masker:
    return Masker(Policy(mode=mode, rules=rules or tuple(RULES), custom=custom), key=b"key")


def row(**columns: Any) -> dict[str, Any]:
    whole = {"project": "acme", "trace_id": "a" * 32, "span_id": "b" * 16, "start_ns": 1_795_408_822_858_544_513}
    return whole | columns


def test_text_is_masked_in_every_column_that_can_hold_it() -> None:
    for column in SPANS.columns:
        if column.type in ("text", "texts", "json") and column.name not in ("day", "intake_flags"):
            value = [MAIL] if column.type == "texts" else MAIL if column.type == "text" else {MAIL: [{"x": MAIL}]}
            assert MAIL not in json.dumps(made().mask_row(row(**{column.name: value}))), column.name
    for column in LOGS.columns:
        if column.type in ("text", "json") and column.name != "day":
            assert MAIL not in json.dumps(made().mask_row({column.name: MAIL})), column.name
    for column in SCORES.columns:
        if column.type == "text" and column.name != "day":
            assert made().mask_row({column.name: MAIL}, flag=False) == {column.name: "[email]"}


@pytest.mark.parametrize(
    ("secret", "piece"),
    [
        ("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbm4ifQ" * 20 + "." + "c2ln" * 8, "eyJzdWIi"),
        (MAIL, "ann@"),
        ("4111 1111 1111 1111", "4111"),
        ("DE89 3704 0044 0532 0130 00", "3704"),
        ("-----BEGIN PRIVATE KEY-----" + "MIIEvQIB" * 60 + "-----END PRIVATE KEY-----", "MIIE"),
    ],
    ids=["jwt", "email", "card", "iban", "pem"],
)
@pytest.mark.parametrize("before", [0, 128, 135, 140, 144, 148, 152])
def test_a_secret_across_the_cut_of_a_preview_is_not_in_it(secret: str, piece: str, before: int) -> None:
    said = ("word " * 40)[:before] + " " + secret + " and more words after it"
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": said}]}])
    for attributes in ({"genyard.input": said}, {"gen_ai.input.messages": messages}):
        (span,) = read_traces(request(wire(attributes=attributes))).spans
        masked = made().mask_row(row_of(span, project="acme"))
        assert piece not in str(masked["preview"])
        assert str(masked["preview"]).startswith("word" if before else "[")


def test_names_ids_digests_and_closed_words_are_left_even_by_a_rule_that_finds_everything() -> None:
    everything = made("mask", "email", custom=(CustomRule(name="any", pattern=".+"),))
    kept = row(
        parent_span_id="c" * 16,
        otel_kind="client",
        status="ok",
        operation="execute_tool",
        finish_reasons=["stop", "tool_call"],
        usage_scope="self",
        cost_source="priced-by-us",
        dialect="gen_ai",
        mapping_version="genyard.1",
        release=DIGEST,
        system=DIGEST,
        prompt_digest=DIGEST,
        index_digest=DIGEST,
        chunk_digests=[DIGEST, DIGEST],
        document_digests=[DIGEST],
        run_id="01a206b4-5476-7da3-9b34-362174780d46",
        endpoint="helpdesk@prod",
        intake_flags=["end_before_start"],
        input_tokens=4111111111111111,
        cost_usd=0.5,
        stream=True,
        input=None,
    )
    assert everything.mask_row(kept) is kept
    assert everything.mask_row(kept | {"release": "my label"})["release"] == "[any]"


def test_a_row_in_which_nothing_is_found_is_the_same_object() -> None:
    clean = row(input_messages=[{"role": "user", "parts": [{"type": "text", "content": "How do I reset it?"}]}])
    assert made().mask_row(clean) is clean


@pytest.mark.parametrize("count", [2, 20])
def test_of_several_rows_only_those_in_which_something_is_found_change(count: int) -> None:
    rows = [row(preview=f"the {place}th") for place in range(count)]
    assert all(one is other for one, other in zip(made().mask_rows(rows), rows, strict=True))
    rows[1] = row(preview=MAIL)
    masked = made().mask_rows(rows)
    assert [one for one, other in zip(masked, rows, strict=True) if one is not other] == [masked[1]]
    assert masked[1]["preview"] == "[email]"


def test_what_was_masked_is_flagged_once_a_rule_after_what_was_repaired() -> None:
    masked = made().mask_row(row(preview=f"{MAIL} {MAIL}", input=KEY, intake_flags=["end_before_start"]))
    assert masked["intake_flags"] == ["end_before_start", "masked:aws_key", "masked:email"]
    assert "intake_flags" not in made().mask_row({"explanation": MAIL}, flag=False)


def test_json_is_masked_at_any_depth_in_keys_and_values() -> None:
    value = {"a": [{"b": (MAIL, 1, None, True, 2.5)}], MAIL: {"c": f"x\n{KEY}\ty"}, "n": CARD}
    masked = made().mask_row(row(input=value))["input"]
    assert masked == {
        "a": [{"b": ["[email]", 1, None, True, 2.5]}],
        "[email]": {"c": "x\n[aws_key]\ty"},
        "n": "[card]",
    }


def test_json_that_is_text_already_stays_so() -> None:
    clean, full = WrittenJson('[ {"a": 1.50} ]'), WrittenJson(f'[ {{"a": 1.50, "to": "{MAIL}", "n": {CARD}}} ]')
    masked = made().mask_row(row(input_messages=full, output_messages=clean))
    assert masked["input_messages"] == '[ {"a": 1.50, "to": "[email]", "n": "[card]"} ]'
    assert isinstance(masked["input_messages"], WrittenJson)
    assert masked["output_messages"] is clean
    only = row(input_messages=clean)
    assert made().mask_row(only) is only


def test_a_number_that_is_the_whole_of_a_json_column_is_masked() -> None:
    assert made().mask_row(row(input=CARD))["input"] == "[card]"
    assert made().mask_row(row(input=CARD + 1))["input"] == CARD + 1


def test_keys_that_become_equal_are_told_apart() -> None:
    masked = made().mask_row(row(input={"a@x.de": 1, "b@x.de": 2, "c@x.de": 3}))
    assert masked["input"] == {"[email]": 1, "[email] (2)": 2, "[email] (3)": 3}


def test_json_in_text_stays_json_however_often_it_was_encoded() -> None:
    value: Any = {"to": f"josé\n{MAIL}", "card": CARD, "cards": [CARD, 7], "quote": 'say "hi"', "f": 1.50}
    expected = value | {"to": "josé\n[email]", "card": "[card]", "cards": ["[card]", 7]}
    for ensure_ascii in (True, False):
        text = value
        for depth in range(1, 5):
            text = json.dumps(text, ensure_ascii=ensure_ascii)
            masked: Any = made().mask_row(row(tool_result=text))["tool_result"]
            for _ in range(depth):
                masked = json.loads(masked)
            assert masked == expected


def test_what_is_left_of_json_in_text_is_left_as_it_was_written() -> None:
    text = '{ "a" : 1.50, "a":1e5,\n "big": 123456789012345678901234567890, "to":"%s", "u":"\\u00e9\\/" }'
    assert made().mask_text(text % MAIL).text == text % "[email]"


def test_letters_that_json_writes_as_escapes_hide_nothing() -> None:
    assert made().mask_text('{"to": "ann\\u0040example.com", "x": "\\u0041KIAIOSFODNN7EXAMPLE"}').text == (
        '{"to": "[email]", "x": "[aws_key]"}'
    )


def test_a_key_says_what_its_value_is() -> None:
    secret = "f3a9c1d27b8e4f60a1b2c3d4e5f60718"
    value = {"api_key": secret, "headers": {"x-api-key": [secret]}, "other": secret, "bsn": 111222333, "n": 111222333}
    masked = made().mask_row(row(tool_arguments=value))["tool_arguments"]
    assert masked == {
        "api_key": "[secret]",
        "headers": {"x-api-key": ["[secret]"]},
        "other": secret,
        "bsn": "[nl_bsn]",
        "n": 111222333,
    }
    assert made().mask_text(secret, under="api_key").text == "[secret]"


def test_nan_lone_surrogates_and_large_numbers_are_as_they_were_beside_what_is_masked() -> None:
    value = {"nan": float("nan"), "none": None, "half": "\ud800", "big": 2**70, "to": MAIL}
    masked: Any = made().mask_row(row(attributes=value))["attributes"]
    assert (masked["half"], masked["big"], masked["to"], masked["none"]) == ("\ud800", 2**70, "[email]", None)
    assert masked["nan"] != masked["nan"]
    assert made().mask_row(row(preview=f"\ud800 {MAIL}"))["preview"] == "\ud800 [email]"


def test_what_is_nested_too_deep_to_be_read_is_not_kept() -> None:
    deep: Any = MAIL
    for _ in range(20_000):
        deep = [deep]
    masked = made().mask_row(row(attributes=deep, preview="hello"))
    assert (masked["attributes"], masked["preview"]) == ("[nested_too_deep]", "hello")
    assert masked["intake_flags"] == ["masked:nested_too_deep"]


def test_with_hash_equal_values_stay_equal_and_others_do_not() -> None:
    masker = made("hash")
    first, other = (masker.mask_text(text).text for text in ("Ann@Example.com", "bob@example.com"))
    assert first == masker.mask_text("ann@example.com").text != other
    assert len(first) == len("[email:0123456789ab]")
    cards = [masker.mask_text(text).text for text in ("4111 1111 1111 1111", "4111111111111111")]
    assert cards[0] == cards[1]
    assert Masker(masker.policy, key=b"other").mask_text("ann@example.com").text != first


def test_with_hash_the_same_value_under_two_rules_differs() -> None:
    one, two = (
        Masker(Policy(mode="hash", rules=(), custom=(CustomRule(name=name, pattern="x+"),)), key=b"key")
        for name in ("one", "two")
    )
    assert one.mask_text("xx").text.removeprefix("[one") != two.mask_text("xx").text.removeprefix("[two")


def test_with_drop_payloads_are_null_and_named_and_the_rest_is_masked() -> None:
    whole = row(input_messages=[{"role": "user"}], attributes={"a": 1}, preview="hello", user_id=MAIL, output=None)
    masked = made("drop").mask_row(whole)
    assert masked == whole | {
        "input_messages": None,
        "attributes": None,
        "preview": None,
        "user_id": "[email]",
        "intake_flags": ["dropped:input_messages", "dropped:attributes", "dropped:preview", "masked:email"],
    }
    assert made("drop").mask_row({"name": "f1", "explanation": "why"}, flag=False) == {
        "name": "f1",
        "explanation": None,
    }


def test_off_changes_nothing() -> None:
    full = row(preview=MAIL, input=KEY)
    assert made("off").mask_row(full) is full
    assert made("off", custom=(CustomRule(name="any", pattern=".+"),)).mask_text(MAIL).text == MAIL


def test_rules_of_ones_own_see_each_text_by_itself() -> None:
    masker = made("mask", "email", custom=(CustomRule(name="staff", pattern=r"(?i)^emp-\d{4}$|Zürich"),))
    value = {"a": "EMP-1234", "b": "an EMP-1234", "c": json.dumps({"d": "emp-0001", "e": 'in "Zürich"'})}
    masked: Any = masker.mask_row(row(input=value, preview="Zürich!"))
    assert (masked["input"]["a"], masked["input"]["b"]) == ("[staff]", "an EMP-1234")
    assert json.loads(masked["input"]["c"]) == {"d": "[staff]", "e": 'in "[staff]"'}
    assert (masked["preview"], masked["intake_flags"]) == ("[staff]!", ["masked:staff"])


@pytest.mark.parametrize(
    "pattern", [r"^EMP-\d{4}$", r"\bEMP-\d+", "EMP-[0-9]{4}|X", "(?i)emp-1234", "EMP.1234", '"?EMP-1234']
)
def test_rules_of_ones_own_reach_any_depth_of_json(pattern: str) -> None:
    masker = made("mask", "email", custom=(CustomRule(name="staff", pattern=pattern),))
    text: Any = {"é": ["EMP-1234"], "\n": 7}
    for _ in range(4):
        text = json.dumps(text)
        masked: Any = masker.mask_row(row(tool_result=text, input_messages=WrittenJson(text)))
        assert [masked[name].count("[staff]") for name in ("tool_result", "input_messages")] == [1, 1]


def test_a_mask_in_the_text_protects_nothing_beside_it() -> None:
    masker = made("mask", "email", custom=(CustomRule(name="staff", pattern=".*secret.*"),))
    assert masker.mask_text("[email] the secret").text == "[email][staff]"


def test_masked_rows_fit_the_lake() -> None:
    full = row(input=[MAIL, CARD], user_id=MAIL, tags=[MAIL, "a"], attributes={"x": json.dumps({"y": KEY})})
    batch = batch_of(SPANS, made().mask_rows([full, row(input=CARD)]))
    assert batch.column("tags")[0] == ["[email]", "a"]
    assert json.loads(str(batch.column("input")[0])) == ["[email]", "[card]"]


def test_a_masker_is_plain_data_for_another_process() -> None:
    masker = made("hash", custom=(CustomRule(name="staff", pattern="EMP"),))
    again = copy.deepcopy(masker)
    assert again is not masker
    assert again.mask_text(f"{MAIL} EMP") == masker.mask_text(f"{MAIL} EMP")


EXAMPLES = [unmarked(example) for examples in FOUND.values() for example in examples]
PIECES = (
    st.sampled_from(EXAMPLES) | st.text(max_size=8) | st.sampled_from(["[email]", "[email:0123456789ab]", "=", ":"])
)
TEXTS = st.lists(PIECES, max_size=5).map(" ".join) | st.lists(PIECES, max_size=4).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none() | st.just(CARD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3) | inner.map(json.dumps),
    max_leaves=6,
)


@pytest.mark.parametrize("mode", ["mask", "hash"])
@given(value=VALUES)
@settings(max_examples=80)
def test_masking_again_changes_nothing(mode: Mode, value: Any) -> None:
    masker = made(mode, custom=(CustomRule(name="own", pattern=r"\d{6}"),))
    once: Row = masker.mask_row({"input": value})
    assert masker.mask_row(once) == once


@given(value=VALUES)
@settings(max_examples=80)
def test_json_keeps_its_shape(value: Any) -> None:
    masked = made().mask_row({"input": value})["input"]
    assert shape(json.loads(json.dumps(masked))) == shape(json.loads(json.dumps(value)))


def shape(value: Any) -> Any:
    """Return what a value is made of: a text that is JSON is read, any other and a long number count as one leaf."""
    if isinstance(value, dict):
        return {"of": sorted(json.dumps(shape(item)) for item in value.values())}
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            return ["text", shape(json.loads(value))]
        except ValueError:
            return "leaf"
    return "leaf" if isinstance(value, str) or value in (CARD,) else repr(value)


HOSTILE = {
    "letters": "a" * 300_000,
    "at signs": "a@" * 150_000,
    "domains": "a@a." * 75_000,
    "digits": "4" * 300_000,
    "groups of digits": "4111 " * 15_000,
    "single digits": "4 " * 40_000,
    "beginnings of keys": "sk-" * 100_000,
    "beginnings of tokens": "eyAAAAAAAA.A." * 20_000,
    "addresses": "a://b:" * 50_000,
    "assignments": "secret=" * 40_000,
    "assigned": "secret=aaaaaaaaaaaaaaaa1 " * 12_000,
    "private keys": "-----BEGIN PRIVATE KEY-----" * 10_000,
    "accounts": "DE89 AAAA BBBB CCC " * 15_000,
    "country codes": "+49 170 " * 30_000,
    "numbers": "1.1." * 75_000,
    "colons": "a:1:" * 75_000,
    "names of ids": "bsn 12345678 " * 20_000,
    "brackets": "[" * 300_000,
    "open objects": '{"' * 150_000,
    "backslashes": "\\" * 300_000,
    "escapes": "\\u0041" * 50_000,
    "masks": "[email]" * 40_000,
    "deep": "[" * 50_000 + "]" * 50_000,
    "quotes": '["' + "\\\\" * 100_000 + '"]',
}
"""Texts for which matching that goes back would take hours."""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    masker = Masker(policy("mask", ["all"], [("own", "(a+)+$|([a-z]+)*x")]))
    for masked in (masker.mask_text(text).text, masker.mask_row({"attributes": {"x": text}})):
        assert masked


def test_text_that_quotes_json_keeps_its_escapes() -> None:
    lines = 'data: {"a": "to\\nann@example.com"}\ndata: {"a": "x\\n' + KEY + '", "b": "\\u00e9ann@example.com"}\n'
    assert made().mask_text(lines).text == (
        'data: {"a": "to\\n[email]"}\ndata: {"a": "x\\n[aws_key]", "b": "\\u00e9[email]"}\n'
    )


def test_a_text_with_too_many_places_is_masked_whole_and_all_rows_of_a_request_share_them() -> None:
    masker = made("mask", "email")
    many = "ann@example.com " * (MOST_PLACES // 2 + 1)
    first, second, third = masker.mask_rows([{"input": many}, {"input": many}, {"input": "to ann@example.com"}])
    assert first["input"] == "[email] " * (MOST_PLACES // 2 + 1)
    assert (second["input"], third["input"]) == ("[email]", "[email]")
    assert third["intake_flags"] == ["masked:email"]
    assert masker.mask_row({"input": "to ann@example.com"})["input"] == "to [email]"
