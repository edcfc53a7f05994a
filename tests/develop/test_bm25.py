"""The BM25 index: scores, order, its two digests, and what changed since it was built."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.records import Artifact
from genyard.develop.bm25 import DocumentChange, OpenIndex, Recipe, build_index, is_current, open_index, stale
from genyard.develop.chunks import Chunker
from genyard.develop.corpus import Corpus, read_corpus
from genyard.develop.index_file import IndexFile, pack
from genyard.store.blobs import Blobs

FILES = {
    "it/badges.md": b"# Badges\n\n## Reset\n\nThe badge desk resets a badge.\n\n## Lost\n\nTell security at once.\n",
    "it/laptops.md": "# Laptops\n\nA laptop is reset at the desk. Straße 12 · 東京 🪪.\n".encode(),
    "money/pay.md": b"# Pay\n\nPay comes monthly.\n",
}
WHOLE = Recipe(chunker=Chunker(by="document"))


def corpus(**changed: bytes) -> Corpus:
    return read_corpus(FILES | {f"{name}.md": content for name, content in changed.items()})


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.open(tmp_path)


def opened(blobs: Blobs, documents: Corpus, recipe: Recipe) -> OpenIndex:
    built = build_index(documents, recipe)
    assert blobs.put(built.content) == built.artifact.part("built")
    return open_index(built.artifact, blobs)


def test_the_best_chunks_come_first_with_their_place(blobs: Blobs) -> None:
    hits = opened(blobs, corpus(), Recipe()).search("How do I reset my BADGE?", 2)
    assert [(hit.chunk.label, hit.rank) for hit in hits] == [
        ("it/badges.md § Reset", 1),
        ("it/laptops.md § Laptops", 2),
    ]
    assert hits[0].score > hits[1].score > 0
    assert hits[0].chunk.text == "# Badges\n\n## Reset\n\nThe badge desk resets a badge.\n\n"


def test_the_score_is_that_of_the_formula(blobs: Blobs) -> None:
    (hit,) = opened(blobs, read_corpus({"a.md": b"x x y", "b.md": b"y"}), WHOLE).search("x", 5)
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert hit.score == pytest.approx(idf * 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 3 / 2)), rel=1e-6)


def test_a_query_without_known_words_finds_nothing(blobs: Blobs) -> None:
    index = opened(blobs, corpus(), Recipe())
    assert index.search("", 5) == index.search("zebra 🪪 ?!", 5) == index.search("badge", 0) == []


def test_other_scripts_and_foldings_are_found(blobs: Blobs) -> None:
    index = opened(blobs, corpus(), Recipe())
    for query in ("STRASSE", "東京", "laptop\u0301s laptop"):
        assert index.search(query, 1)[0].chunk.path == "it/laptops.md"


def test_ties_go_to_the_earlier_chunk_also_at_the_cut(blobs: Blobs) -> None:
    same = read_corpus({f"{number:02}.md": b"same words" for number in range(20)})
    hits = opened(blobs, same, WHOLE).search("same", 7)
    assert [hit.chunk.path for hit in hits] == [f"{number:02}.md" for number in range(7)]


def test_repeated_words_of_a_query_count_once_or_each_time(blobs: Blobs) -> None:
    once, twice = (
        opened(blobs, corpus(), Recipe(query_terms=terms)).search("badge badge", 1)[0].score
        for terms in ("distinct", "all")
    )
    assert twice == pytest.approx(2 * once)


def test_two_processes_build_the_same_bytes() -> None:
    program = (
        "from genyard.develop.bm25 import Recipe, build_index; from genyard.develop.corpus import read_corpus;"
        "files = {'a.md': b'# A\\n\\none two three four five six', 'b.md': b'two six'};"
        "built = build_index(read_corpus(files), Recipe());"
        "print(built.artifact.digest, built.artifact.part('built'))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


def test_the_recipe_digest_tells_whether_an_index_is_up_to_date() -> None:
    built = build_index(corpus(), Recipe()).artifact
    assert is_current(built, corpus(), Recipe())
    assert not is_current(built, corpus(new=b"# New\n\nPage"), Recipe())
    for other in (Recipe(k1=0.9), Recipe(tokenizer="alnum"), Recipe(chunker=Chunker(max_words=50))):
        assert not is_current(built, corpus(), other)


def test_changes_since_the_index_was_built_are_named(blobs: Blobs) -> None:
    index = opened(blobs, corpus(), Recipe())
    assert stale(index, corpus()) == []
    files = {**FILES, "it/laptops.md": b"# Laptops\n\nNew.", "new.md": b"new"}
    del files["money/pay.md"]
    assert stale(index, read_corpus(files)) == [
        DocumentChange(path="it/laptops.md", change="changed"),
        DocumentChange(path="money/pay.md", change="removed"),
        DocumentChange(path="new.md", change="added"),
    ]


def test_progress_counts_documents_and_can_stop_the_building() -> None:
    seen: list[tuple[int, int]] = []
    build_index(corpus(), Recipe(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]

    def stop(done: int, total: int) -> None:
        raise InterruptedError(f"{done} of {total}")

    with pytest.raises(InterruptedError, match="1 of 3"):
        build_index(corpus(), Recipe(), progress=stop)


@pytest.mark.parametrize(("k1", "b"), [(-1, 0.5), (1, 1.5), (math.nan, 0.5)])
def test_settings_out_of_range_are_refused(k1: float, b: float) -> None:
    with pytest.raises(InvalidInput, match="BM25 takes k1 of 0 to 100"):
        Recipe(k1=k1, b=b)


def test_a_corpus_without_words_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no words to search for"):
        build_index(read_corpus({"a.md": b" \n", "b.md": b"---"}), Recipe())


@pytest.mark.parametrize("content", [b"", b"GYINDEX2" + bytes(100), pack({"terms": b"[]"})[:40], pack({})[:9]])
def test_a_file_that_is_no_index_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_bytes(content)
    with pytest.raises(Corrupted, match="not an index"):
        IndexFile(path)


def test_an_artifact_of_another_kind_is_refused(blobs: Blobs) -> None:
    with pytest.raises(Corrupted, match="is not an index"):
        open_index(Artifact(kind="prompt", body={}), blobs)


@settings(deadline=None, max_examples=25)  # each example writes and maps a file
@given(st.lists(st.text(alphabet="ab cd é東\n#", min_size=1), min_size=1, max_size=6), st.text(alphabet="abcd é東"))
def test_every_hit_has_a_word_of_the_query_and_ranks_go_down(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: str
) -> None:
    documents = read_corpus({f"{number}.md": text.encode() for number, text in enumerate([*texts, "a"])})
    hits = opened(Blobs.open(tmp_path_factory.mktemp("blobs")), documents, WHOLE).search(query, 4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)
    assert len({hit.chunk.path for hit in hits}) == len(hits) <= 4
