"""References to media: written, read, and told in plain words."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.canonical import Json
from genyard.core.digest import digest_of_bytes
from genyard.core.media import MediaReference, references_in, replaced, without_references

ONE = MediaReference(digest=digest_of_bytes(b"one"), media_type="image/png", size=5_000)
ALONE = MediaReference(digest=digest_of_bytes(b"two"), media_type="audio/l16", size=7, alone=True)


def test_a_reference_is_read_as_it_is_written() -> None:
    assert str(ONE) == f"genyard:media/{ONE.digest};type=image/png;size=5000"
    assert str(ALONE) == f"genyard:media/{ALONE.digest};type=audio/l16;size=7;base64"
    assert list(references_in(f"{ONE}{ALONE}, {ONE}")) == [ONE, ALONE, ONE]
    assert (ONE.file_name, ALONE.file_name) == (f"{ONE.digest[7:23]}.png", f"{ALONE.digest[7:23]}.bin")


@given(st.text())
def test_other_text_has_none_and_stays(text: str) -> None:
    assert list(references_in(text)) == []
    assert (without_references(text), replaced(text, str)) == (text, text)


def test_it_is_told_in_plain_words_also_where_it_was_cut() -> None:
    assert without_references(f"see {ONE}!") == "see [image/png]!"
    assert without_references(f"see {ONE}"[:60]) == "see [media]"


def test_what_is_not_replaced_stays() -> None:
    assert replaced(f"{ONE} {ALONE}", lambda one: "bytes" if one.alone else None) == f"{ONE} bytes"


def test_references_are_found_at_any_depth_in_order() -> None:
    value: Json = {"a": [f"x {ONE}", {"b": (str(ALONE), 1, None)}], "c": str(ONE)}
    for _ in range(5_000):
        value = [value]
    assert list(references_in(value)) == [ONE, ALONE, ONE]
