"""Images and recordings are taken out of payloads in every form that senders use, and nothing else is touched."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.conventions.spans import wire_span
from tests.observe.pictures import data_url, encoded, png, wav

from genyard.core.canonical import Json
from genyard.core.digest import digest_of_bytes
from genyard.core.media import MediaReference, references_in, without_references
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policy import policy
from genyard.observe.media import LEAST, may_hold, take_out

PNG, WAV = png(), wav()
URL = data_url(PNG, "image/png")


def reference(content: bytes, media_type: str, *, alone: bool = False) -> str:
    digest = digest_of_bytes(content)
    return str(MediaReference(digest=digest, media_type=media_type, size=len(content), alone=alone))


PICTURE, PICTURE_ALONE = reference(PNG, "image/png"), reference(PNG, "image/png", alone=True)
SOUND_ALONE = reference(WAV, "audio/wav", alone=True)

FORMS: dict[str, tuple[Any, Any]] = {
    "a data URL": (URL, PICTURE),
    "OpenAI's image": (
        {"type": "image_url", "image_url": {"url": URL}},
        {"type": "image_url", "image_url": {"url": PICTURE}},
    ),
    "OpenAI's audio": (
        {"type": "input_audio", "input_audio": {"data": encoded(WAV), "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": SOUND_ALONE, "format": "wav"}},
    ),
    "OpenAI's file": ({"file": {"file_data": URL}}, {"file": {"file_data": PICTURE}}),
    "an image that was made": ({"b64_json": encoded(PNG)}, {"b64_json": PICTURE_ALONE}),
    "Anthropic's source": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(PNG)}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE_ALONE}},
    ),
    "Gemini's inline data": (
        {"inlineData": {"mimeType": "audio/wav", "data": encoded(WAV)}},
        {"inlineData": {"mimeType": "audio/wav", "data": SOUND_ALONE}},
    ),
    "OpenTelemetry's blob": (
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": encoded(PNG)},
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": PICTURE_ALONE},
    ),
    "bytes that only their sender knows": (
        {"data": encoded(b"\0" * 4_000), "format": "pcm16"},
        {"data": reference(b"\0" * 4_000, "audio/l16", alone=True), "format": "pcm16"},
    ),
    "a document": (
        {"text": data_url(b"<svg>" + b" " * 4_000, "image/svg+xml")},
        {"text": reference(b"<svg>" + b" " * 4_000, "image/svg+xml")},
    ),
    "within prose": (f"see {URL} and say", f"see {PICTURE} and say"),
    "twice": ([URL, {"again": URL}], [PICTURE, {"again": PICTURE}]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_media_becomes_a_reference(form: str) -> None:
    sent, kept = FORMS[form]
    assert taken_of(sent) == kept


@pytest.mark.parametrize("form", FORMS)
def test_text_of_json_stays_as_it_was_around_them_at_any_depth(form: str) -> None:
    sent, kept = FORMS[form]
    once, twice = (json.dumps([{"role": "user", "content": one}], indent=1) for one in (sent, kept))
    assert taken_of(once) == twice
    assert taken_of(json.dumps({"said": once})) == json.dumps({"said": twice})
    assert taken_of(once.replace("/", "\\/")) == twice.replace("/", "\\/").replace(
        "genyard:media\\/", "genyard:media/"
    ).replace("type=image\\/", "type=image/").replace("type=audio\\/", "type=audio/")


def test_base64_as_other_writers_write_it() -> None:
    urlsafe = base64.urlsafe_b64encode(PNG).decode().rstrip("=")
    assert taken_of({"mime_type": "image/png", "data": urlsafe}) == {"mime_type": "image/png", "data": PICTURE_ALONE}
    lines = base64.encodebytes(PNG).decode().strip()
    assert taken_of(f"data:image/png;base64,{lines}") == PICTURE
    assert taken_of(json.dumps({"url": f"data:image/png;base64,{lines}"})) == json.dumps({"url": PICTURE})
    assert taken_of('{"url": "' + URL.replace("+", "\\u002B") + '"}') == json.dumps({"url": PICTURE})
    assert taken_of(URL.replace("image/png;", "image/png;name=a.png;")) == PICTURE


def test_the_type_is_what_the_bytes_say() -> None:
    assert taken_of(data_url(PNG, "text/html")) == PICTURE
    assert taken_of({"media_type": "image/jpeg", "data": encoded(PNG)})["data"] == PICTURE_ALONE


@pytest.mark.parametrize(
    "value",
    [
        {"encrypted_content": "QUJD" * 2_000},
        {"embedding": encoded(b"\1\2\3" * 3_000), "encoding": "base64"},
        data_url(b"GIF89a" + b"x" * 1_000, "image/gif"),
        "data:image/png;base64," + "A" * (LEAST - 1),
        "data:image/png;base64," + "A" * (LEAST + 1),
        "data:image/svg+xml;utf8," + "x" * 9_000,
        "word " * 4_000,
        "x" * 20_000,
        "https://host/" + "a/" * 5_000,
        {"mime_type": "image/png", "data": "not base64, " * 900},
    ],
)
def test_what_is_small_or_what_nobody_calls_media_stays(value: Any) -> None:
    assert taken_of(value) is value
    assert taken_of(json.dumps(value)) == json.dumps(value)


def test_what_was_taken_out_is_whole_and_everywhere_in_a_span() -> None:
    span = wire_span({"gen_ai.input.messages": json.dumps([FORMS["OpenAI's image"][0]]), "raw": [URL]})
    span.resource["logo"] = URL
    assert take_out([span]) == {digest_of_bytes(PNG): PNG}
    assert "base64" not in repr((span.attributes, span.resource))
    assert take_out([span]) == {}


@given(st.binary(min_size=3_072, max_size=9_000), st.sampled_from(["", "{", '\\"', "\n", "é" * 700, "a" * 300, "\\"]))
@settings(max_examples=60)
def test_any_bytes_come_back_whole(content: bytes, around: str) -> None:
    span = wire_span({"a": f"{around} {data_url(content, 'video/x-test')} {around}"})
    assert take_out([span]) == {digest_of_bytes(content): content}
    (found,) = references_in(str(span.attributes["a"]))
    assert span.attributes["a"] == f"{around} {found} {around}"


@given(st.binary(min_size=3_072, max_size=6_000), st.integers(0, 5_000), st.booleans())
@settings(max_examples=60)
def test_no_request_with_media_is_passed_over(content: bytes, before: int, in_lines: bool) -> None:
    letters = base64.encodebytes(content).decode() if in_lines else encoded(content)
    assert may_hold(b"!" * before + json.dumps(letters).encode() + b"!" * 10)


def test_requests_without_media_are_passed_over() -> None:
    assert not may_hold(b"")
    assert not may_hold(b"some words of a prompt, " * 10_000)
    assert not may_hold(json.dumps([{"id": "4bf92f3577b34da6a3ce929d0e0e4736"}] * 5_000).encode())


def taken_of(value: Json, *, drop: bool = False) -> Any:
    span = wire_span({"a": value})
    take_out([span], drop=drop)
    return span.attributes["a"]


def test_no_rule_of_masking_touches_a_reference() -> None:
    masker = Masker(policy("mask", ["all"], []))
    for number in range(300):
        text = str(MediaReference(digest=digest_of_bytes(b"%d" % number), media_type="image/png", size=number + 4_000))
        assert masker.mask_text(text).text == text
        assert masker.mask_text(json.dumps({"image_url": {"url": text}})).rules == frozenset()


@pytest.mark.parametrize("form", FORMS)
def test_of_media_that_are_not_kept_a_word_is_left(form: str) -> None:
    sent, kept_ = FORMS[form]
    span = wire_span({"a": json.dumps(sent)})
    assert take_out([span], drop=True) == {}
    left = json.dumps(kept_)
    for one in references_in(left):
        left = left.replace(str(one), f"[{one.media_type}]")
    assert span.attributes["a"] == left
    assert span.flags == ["dropped:media"]


def test_small_ones_go_too_where_none_are_kept() -> None:
    small = json.dumps({"url": data_url(b"GIF89a" + b"x" * 200, "image/gif")})
    span = wire_span({"a": small})
    assert take_out([span]) == {}
    assert (span.attributes["a"], span.flags) == (small, [])
    assert may_hold(small.encode(), drop=True)
    take_out([span], drop=True)
    assert span.attributes["a"] == '{"url": "[image/gif]"}'


@given(st.binary(min_size=160, max_size=900), st.integers(0, 300))
@settings(max_examples=60)
def test_no_request_with_small_media_is_passed_over_where_none_are_kept(content: bytes, before: int) -> None:
    assert may_hold(b"!" * before + encoded(content).encode() + b"!", drop=True)


PIECES = st.sampled_from(
    [
        "data:",
        "image/png",
        ";base64,",
        "A" * 5_000,
        "QUJD" * 1_100,
        "=",
        "\\",
        '"',
        "\\n",
        "\n",
        "\\u002B",
        " ",
        "{",
        "}",
    ]
    + ['"mime_type": "image/png"', '"format":"wav"', "data:image/png;base64,", encoded(PNG), str(PICTURE), "é", "-_"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
@settings(max_examples=150)
def test_whatever_stands_around_base64_nothing_else_changes(text: str, drop: bool) -> None:
    span = wire_span({"a": text, "b": [{"data": text, "format": "wav"}]})
    taken = take_out([span], drop=drop)
    assert take_out([span], drop=drop) == {}
    for content in taken.values():
        assert len(content) >= LEAST * 3 // 4 - 3
    left = str(span.attributes["a"])
    for one in references_in(left):
        left = left.replace(str(one), "")
    rest = iter(text)
    assert drop or all(sign in rest for sign in left)


@pytest.mark.parametrize(
    "sign", ["\\", "\\n", "\\u002B", "A" * 300 + "\\q", "data:image/png;base64,", "genyard:media/sha256:"]
)
def test_time_is_linear_whatever_is_sent(sign: str) -> None:
    """Such texts took minutes where a pattern could go back."""
    text = sign * (2_000_000 // len(sign))
    for drop in (False, True):
        assert taken_of(text, drop=drop) == text
    assert len(without_references(text)) >= len(text) - 300
