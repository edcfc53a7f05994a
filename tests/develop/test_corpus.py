"""Corpora: what identifies a document, how files become documents, and what is refused."""

import pytest

from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import InvalidInput, TooLarge
from genyard.develop.corpus import Corpus, read_corpus, read_document, titled_document


def test_the_byte_order_mark_and_ends_of_line_are_no_part_of_a_document() -> None:
    plain = read_document("a.md", b"# A\n\ntext\n")
    assert read_document("a.md", b"\xef\xbb\xbf# A\r\n\r\ntext\r\n") == plain
    assert plain.digest == digest_of_bytes(b"# A\n\ntext\n")
    assert read_document("a.md", b"# A\n\ntext").digest != plain.digest


def test_text_is_not_normalised() -> None:
    assert read_document("a.md", "e\u0301".encode()).digest != read_document("a.md", "é".encode()).digest


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: From front\n---\n# H", "From front"),
        ("text\n## The *office* ##\n", "The *office*"),
        ("text", "badge-office"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert read_document("it/badge-office.md", text.encode()).title == title


def test_the_pattern_s_fixed_folders_are_taken_off_the_paths() -> None:
    corpus = read_corpus({"docs/it/b.md": b"b", "docs/a.md": b"a"}, pattern="docs/**/*.md")
    assert [one.path for one in corpus.documents] == ["a.md", "it/b.md"]


def test_the_artifact_refers_to_each_document_by_its_path() -> None:
    corpus = read_corpus({"b.md": b"b", "a.md": b"a"})
    artifact = corpus.artifact()
    assert artifact.part("a.md") == digest_of_bytes(b"a")
    assert artifact.digest == read_corpus({"a.md": b"a", "b.md": b"b"}).digest
    assert artifact.digest != read_corpus({"c.md": b"a", "b.md": b"b"}).digest


def test_a_corpus_is_read_back_from_its_blobs() -> None:
    corpus = read_corpus({"a.md": b"# A\r\n", "ru/b.md": "# Ж 🪪".encode()})
    held = {one.digest: one.text.encode() for one in corpus.documents}

    class Held:
        def get(self, digest: Digest) -> bytes:
            return held[digest]

    assert Corpus.of(corpus.artifact(), Held()) == corpus


def test_json_lines_hold_a_passage_each() -> None:
    corpus = read_corpus({"p.jsonl": b'{"id": "p1", "title": "Nigeria", "text": "Rain.", "more": 1}\n'})
    assert corpus.documents == (titled_document("p1", title="Nigeria", text="Rain."),)
    assert (corpus.documents[0].title, corpus.documents[0].text) == ("Nigeria", "# Nigeria\n\nRain.\n")


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InvalidInput, match="it/a.md: byte 1 is not UTF-8"):
        read_corpus({"it/a.md": b"a\xff"})
    with pytest.raises(InvalidInput, match=r"p.jsonl, row 1: title: missing"):
        read_corpus({"p.jsonl": b'{"id": "p1", "text": "x"}'})
    with pytest.raises(InvalidInput, match="two documents of the corpus have the path 'p'"):
        read_corpus({"p.jsonl": b'{"id": "p", "title": "t", "text": "x"}\n' * 2})
    with pytest.raises(InvalidInput, match=r"the corpus 'x/\*.md' has no documents"):
        read_corpus({}, pattern="x/*.md")
    with pytest.raises(TooLarge, match="a.md is over"):
        read_document("a.md", b"x" * (16 * 1024 * 1024 + 1))
