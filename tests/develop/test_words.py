"""Words of any script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.develop.words import alnum_words, count_words, unicode_words, word_ends


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The badge-office, Room 12B.", ["the", "badge", "office", "room", "12b"]),
        ("Straße ÉCOLE cafe\u0301", ["strasse", "école", "café"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("தமிழ் العَرَبِيَّة שָׁלוֹם", ["தமிழ்", "العَرَبِيَّة", "שָׁלוֹם"]),
        ("東京タワー 12", ["東", "京", "タ", "ワ", "ー", "12"]),
        ("ﬁne ½ ２", ["fine", "1", "2", "2"]),
        ("🪪 — _ …", []),
    ],
)
def test_unicode_words(text: str, words: list[str]) -> None:
    assert unicode_words(text) == [unicodedata.normalize("NFKC", word) for word in words]


def test_alnum_words_are_those_of_published_baselines() -> None:
    assert alnum_words("What's café-12 X_y?") == ["what", "s", "caf", "12", "x", "y"]


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    words = unicode_words(text)
    assert unicode_words(" ".join(words)) == words
    assert all(words)
    assert [word for word in alnum_words(" ".join(words)) if not word.isascii()] == []


@given(st.text())
def test_composed_and_decomposed_text_has_the_same_words(text: str) -> None:
    assert unicode_words(unicodedata.normalize("NFD", text)) == unicode_words(unicodedata.normalize("NFC", text))


@given(st.text())
def test_word_ends_cut_a_text_into_its_words(text: str) -> None:
    ends = word_ends(text)
    starts = [0, *ends[:-1]]
    assert len(ends) == count_words(text)
    assert all(count_words(text[start:end]) == 1 for start, end in zip(starts, ends, strict=False))
    assert not ends or ends[-1] == len(text)
