"""Chunks: where documents are cut, how chunks are named, and that nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genyard.develop.chunks import Chunk, Chunker, chunk_document
from genyard.develop.corpus import read_document
from genyard.develop.markdown import blocks
from genyard.develop.words import count_words

BADGES = """# Badges

Everyone wears one.

## Reset

Go to the desk. Dr. Ode, e.g. at noon, helps. Bring a card!

## Cost
### New

| kind | price |
|------|-------|
| day  | 5     |
| year | 40    |
"""

PIECES = st.sampled_from(
    [
        "# A\n",
        "## B b\n",
        "Title\n=====\n",
        "\n",
        "One two. Three!\n",
        "| a | b |\n",
        "```\n",
        "- item. Next\n",
        "x" * 30,
    ]
)
MARKDOWN = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map("".join))


def cut(text: str, max_words: int = 220, path: str = "it/badges.md") -> list[Chunk]:
    return chunk_document(read_document(path, text.encode()), Chunker(max_words=max_words))


def test_each_heading_starts_a_chunk_that_names_it() -> None:
    found = cut(BADGES)
    assert [one.label for one in found] == ["it/badges.md § Badges", "it/badges.md § Reset", "it/badges.md § New"]
    assert [one.title for one in found] == ["Badges", "Badges › Reset", "Badges › Cost › New"]
    assert [one.above for one in found] == [(), ("Badges",), ("Badges",)]


def test_a_heading_without_text_goes_with_what_follows() -> None:
    assert cut(BADGES)[2].text.startswith("## Cost\n### New\n")


def test_a_chunk_is_found_by_its_text_and_the_headings_above_it() -> None:
    assert cut(BADGES)[1].searched.startswith("Badges\n## Reset\n")


def test_long_text_is_cut_between_sentences_but_not_after_abbreviations() -> None:
    text = "Go to the desk. Dr. Ode, e.g. at noon, helps. Bring a card! Then wait."
    assert [one.text for one in cut(text, max_words=8)] == [
        "Go to the desk. ",
        "Dr. Ode, e.g. at noon, helps. ",
        "Bring a card! Then wait.",
    ]


def test_a_table_stays_whole_where_it_fits_and_is_cut_between_rows_where_not() -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| {row} | word |\n" for row in range(6))
    assert [one.text for one in cut(table, max_words=60)] == [table]
    parts = cut(table, max_words=12)
    assert len(parts) > 2
    assert all(one.text.startswith("|") and one.text.endswith("|\n") for one in parts)


def test_a_heading_in_code_is_none_and_code_stays_whole() -> None:
    text = "# A\n\n```sh\n# not a heading\n\nrun it\n```\n"
    assert [one.kind for one in blocks(text)] == ["heading", "code"]
    assert [one.text for one in cut(text)] == [text]


def test_front_matter_is_no_heading_and_names_the_document() -> None:
    document = read_document("x.md", b"---\ntitle: 'Badge office'\n---\nRoom 12.")
    assert document.title == "Badge office"
    assert [one.kind for one in blocks(document.text)] == ["front", "prose"]
    assert chunk_document(document, Chunker())[0].title == "Badge office"


def test_the_same_heading_twice_gives_two_labels() -> None:
    found = cut("# A\nx\n# A\ny\n# A (2)\nz\n", path="a.md")
    assert [one.label for one in found] == ["a.md § A", "a.md § A (2)", "a.md § A (2) (2)"]


def test_an_underlined_heading_is_one() -> None:
    assert [one.title for one in cut("Badges\n======\n\nText\n\nReset\n---\nMore\n")] == ["Badges", "Badges › Reset"]


def test_marks_and_links_are_no_part_of_a_title() -> None:
    assert cut("# The **bold** [desk](x.md) `code` ##\nx")[0].title == "The bold desk code"


def test_by_document_leaves_it_whole() -> None:
    document = read_document("x.md", BADGES.encode())
    (whole,) = chunk_document(document, Chunker(by="document"))
    assert (whole.text, whole.label, whole.title, whole.above) == (BADGES, "x.md", "Badges", ())


def test_the_digest_is_of_document_position_and_text() -> None:
    first, again = cut(BADGES), cut(BADGES, path="elsewhere.md")
    assert [one.digest for one in first] == [one.digest for one in again]
    assert first[0].digest != cut(BADGES + "more")[0].digest


def test_scripts_without_spaces_are_measured_and_cut() -> None:
    found = cut("# 徽章\n" + "请到前台重置徽章。" * 20, max_words=50)
    assert len(found) > 3
    assert all(one.text.rstrip().endswith("。") for one in found)


@settings(max_examples=300)
@given(MARKDOWN, st.integers(1, 20))
def test_nothing_is_lost_and_nothing_is_too_long(text: str, max_words: int) -> None:
    document = read_document("a.md", text.encode(errors="ignore"))
    found = chunk_document(document, Chunker(max_words=max_words))
    assert "".join(one.text for one in found) == document.text
    assert [one.start for one in found] == [0, *(one.end for one in found[:-1])][: len(found)]
    assert all(count_words(one.text) <= max_words for one in found)
    assert len({one.label for one in found}) == len({one.digest for one in found}) == len(found)
    assert found == chunk_document(document, Chunker(max_words=max_words))


@given(MARKDOWN)
def test_blocks_cover_the_text(text: str) -> None:
    found = blocks(text)
    assert "".join(text[one.start : one.end] for one in found) == text


@pytest.mark.parametrize("text", ["", "\n", " \n\n "])
def test_a_document_without_words(text: str) -> None:
    assert "".join(one.text for one in cut(text)) == text
