"""BM25 finds the gold passages of NQ-open as often as the reference does."""

import json
from pathlib import Path
from statistics import fmean

import pytest

from genyard.develop.bm25 import Recipe, build_index, open_index
from genyard.develop.chunks import Chunker
from genyard.develop.corpus import read_corpus
from genyard.develop.retrieval_metrics import recall, reciprocal_rank
from genyard.store.blobs import Blobs

REFERENCE = Recipe(chunker=Chunker(by="document"), tokenizer="alnum", k1=0.9, b=0.4, query_terms="distinct")
Rankings = list[tuple[list[str], dict[str, int]]]


@pytest.fixture(scope="module")
def rankings(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Rankings:
    """The first 20 passages for each question, and the gold one."""
    folder = shared_data / "nq_rag"
    built = build_index(read_corpus({"corpus.jsonl": (folder / "corpus.jsonl").read_bytes()}), REFERENCE)
    blobs = Blobs.open(tmp_path_factory.mktemp("blobs"))
    blobs.put(built.content)
    index = open_index(built.artifact, blobs)
    rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    return [([hit.chunk.path for hit in index.search(row["question"], 20)], {row["gold_passage"]: 1}) for row in rows]


def test_every_question_was_asked(rankings: Rankings) -> None:
    assert len(rankings) == 1328


@pytest.mark.parametrize(("k", "reference"), [(1, 0.748), (5, 0.904)])
def test_recall(rankings: Rankings, k: int, reference: float) -> None:
    assert fmean(recall(ranked, gold, k=k) for ranked, gold in rankings) == pytest.approx(reference, abs=0.005)


def test_mean_reciprocal_rank(rankings: Rankings) -> None:
    mrr = fmean(reciprocal_rank(ranked, gold, k=20) for ranked, gold in rankings)
    assert mrr == pytest.approx(0.818, abs=0.005)
