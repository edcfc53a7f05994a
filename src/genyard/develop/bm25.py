"""A BM25 index over the chunks of a corpus: built with bm25s, kept as one file, read through a memory map.

An index has two digests. The *recipe* is what it is made of and how: corpus, chunker, tokenizer, k1, b. The *built*
one is that of the artifact, which holds the digest of the file. A release pins the built one; the recipe tells
whether it is up to date without building it.

The scores are those of BM25 (Robertson and Zaragoza 2009) with Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), which
is never negative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from genyard.core.canonical import Json, JsonObject, canonical_json
from genyard.core.digest import Digest, digest_of_bytes, digest_of_json
from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.records import Artifact, Reference
from genyard.develop.chunks import Chunk, Chunker, chunk_document
from genyard.develop.corpus import Corpus
from genyard.develop.index_file import IndexFile, pack
from genyard.develop.words import TOKENIZERS, TokenizerName

if TYPE_CHECKING:
    import bm25s
    import numpy

Progress = Callable[[int, int], None]
"""Called with the documents done and their total. What it raises stops the building."""

_METHOD = "lucene"


class LocalBlobs(Protocol):
    """Where the index file lies."""

    def local_path(self, digest: Digest) -> Path: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a corpus is made into an index."""

    chunker: Chunker = Chunker()
    tokenizer: TokenizerName = "unicode"
    k1: float = 1.2
    """How soon more of the same word adds nothing; 0 counts each word once."""
    b: float = 0.75
    """How much long chunks are held back: 0 not at all, 1 in proportion."""
    query_terms: Literal["distinct", "all"] = "distinct"
    """Whether a word that a query repeats counts once or each time."""

    def __post_init__(self) -> None:
        if not (0 <= self.k1 <= 100 and 0 <= self.b <= 1):
            raise InvalidInput(f"BM25 takes k1 of 0 to 100 and b of 0 to 1, not {self.k1} and {self.b}")

    def as_json(self) -> JsonObject:
        return {
            "b": self.b,
            "chunk": self.chunker.as_json(),
            "idf": _METHOD,
            "k1": self.k1,
            "query_terms": self.query_terms,
            "search": "bm25",
            "tokenizer": self.tokenizer,
        }

    def digest(self, corpus: Digest) -> Digest:
        """Return the recipe digest of an index of ``corpus``."""
        return digest_of_json({"corpus": corpus, "recipe": self.as_json()})


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIndex:
    """An index as it was built. ``content`` is its file, to be put among the blobs."""

    artifact: Artifact
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was found. ``rank`` counts from 1."""

    chunk: Chunk
    score: float
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """How a document differs from the one that was indexed."""

    path: str
    change: Literal["added", "changed", "removed"]


def build_index(corpus: Corpus, recipe: Recipe, *, progress: Progress | None = None) -> BuiltIndex:
    """Build the index of a corpus. The same corpus and recipe give the same bytes.

    Raises InvalidInput when no document has a word.
    """
    chunks: list[Chunk] = []
    for done, document in enumerate(corpus.documents, start=1):
        chunks.extend(chunk_document(document, recipe.chunker))
        if progress:
            progress(done, len(corpus.documents))
    tokenize = TOKENIZERS[recipe.tokenizer]
    words = [tokenize(chunk.searched) for chunk in chunks]
    vocabulary = sorted({word for found in words for word in found})
    if not vocabulary:
        raise InvalidInput("the corpus has no words to search for", hint="look at the pattern and the files")
    content = pack(_documents(corpus) | _passages(chunks) | _scores(words, vocabulary, recipe))
    body: dict[str, Json] = {
        "chunks": len(chunks),
        "documents": len(corpus.documents),
        "recipe": recipe.as_json(),
        "recipe_digest": recipe.digest(corpus.digest),
        "terms": len(vocabulary),
    }
    references = (
        Reference(role="corpus", kind="corpus", digest=corpus.digest),
        Reference(role="built", kind="blob", digest=digest_of_bytes(content)),
    )
    return BuiltIndex(artifact=Artifact(kind="index", body=body, references=references), content=content)


def is_current(artifact: Artifact, corpus: Corpus, recipe: Recipe) -> bool:
    """Return whether an index is of this corpus and recipe: whether building would give it again."""
    return artifact.body.get("recipe_digest") == recipe.digest(corpus.digest)


def open_index(artifact: Artifact, blobs: LocalBlobs) -> OpenIndex:
    """Open an index for searching. Raises NotFound without its file, Corrupted when it is not one."""
    if artifact.kind != "index":
        raise Corrupted(f"{artifact.digest} is not an index")
    return OpenIndex(artifact, IndexFile(blobs.local_path(artifact.part("built"))))


class OpenIndex:
    """An index ready to search, from any thread. Scores and passages stay in the file; its words are in memory."""

    def __init__(self, artifact: Artifact, file: IndexFile) -> None:
        self.artifact = artifact
        self._file = file
        recipe = artifact.body["recipe"]
        assert isinstance(recipe, Mapping)
        tokenizer: TokenizerName = "alnum" if recipe["tokenizer"] == "alnum" else "unicode"
        self._tokenize = TOKENIZERS[tokenizer]
        self._distinct = recipe["query_terms"] == "distinct"
        self._starts = file.array("passage_starts")
        self._scorer = _scorer(file)

    def search(self, query: str, k: int) -> list[Hit]:
        """Return the best ``k`` chunks with any word of the query, best first; a tie goes to the earlier chunk."""
        import numpy as np  # heavy: loaded with the index already

        words = self._tokenize(query)
        terms = self._scorer.get_tokens_ids(list(dict.fromkeys(words)) if self._distinct else words)
        if not terms or k < 1:
            return []
        scores = self._scorer.get_scores_from_ids(terms)
        found = np.flatnonzero(scores > 0)
        if len(found) > k:
            # Everything as good as the k-th is sorted, so that ties at the cut do not depend on the partition.
            found = found[scores[found] >= np.partition(scores[found], -k)[-k]]
        best = found[np.lexsort((found, -scores[found]))][:k]
        return [
            Hit(chunk=self._chunk(int(place)), score=float(scores[place]), rank=rank)
            for rank, place in enumerate(best, start=1)
        ]

    def documents(self) -> dict[str, Digest]:
        """Return the documents that were indexed, by path."""
        found = msgspec.json.decode(self._file.text("documents"), type=dict[str, str])
        return {path: Digest(digest) for path, digest in found.items()}

    def _chunk(self, place: int) -> Chunk:
        start, end = int(self._starts[place]), int(self._starts[place + 1])
        return msgspec.json.decode(self._file.text("passages", start, end), type=Chunk)


def stale(index: OpenIndex, corpus: Corpus) -> list[DocumentChange]:
    """Return how ``corpus`` differs from what was indexed, in order of path; nothing when it is the same."""
    before, now = index.documents(), {one.path: one.digest for one in corpus.documents}
    changes: list[DocumentChange] = []
    for path in sorted(before.keys() | now.keys()):
        if path not in before:
            changes.append(DocumentChange(path=path, change="added"))
        elif path not in now:
            changes.append(DocumentChange(path=path, change="removed"))
        elif before[path] != now[path]:
            changes.append(DocumentChange(path=path, change="changed"))
    return changes


def _documents(corpus: Corpus) -> dict[str, numpy.ndarray | bytes]:
    return {"documents": canonical_json({one.path: one.digest for one in corpus.documents})}


def _passages(chunks: Sequence[Chunk]) -> dict[str, numpy.ndarray | bytes]:
    import numpy as np  # heavy: only a process that builds an index pays for it

    lines = [msgspec.json.encode(chunk) for chunk in chunks]
    starts = np.cumsum([0, *map(len, lines)], dtype=np.int64)
    return {"passage_starts": starts, "passages": b"".join(lines)}


def _scores(
    words: Sequence[Sequence[str]], vocabulary: Sequence[str], recipe: Recipe
) -> dict[str, numpy.ndarray | bytes]:
    """Return the score of each word in each chunk that has it, in columns of words: bm25s's own form.

    The vocabulary is sorted before, because bm25s orders it by the hash of the process.
    """
    import bm25s  # heavy: only a process that builds an index pays for it

    ids = {word: at for at, word in enumerate(vocabulary)}
    scorer = _empty_scorer(k1=recipe.k1, b=recipe.b)
    scorer.index(
        ([[ids[word] for word in found] for found in words], ids), create_empty_token=False, show_progress=False
    )
    assert isinstance(scorer, bm25s.BM25)
    return {
        "postings": scorer.scores["indices"],
        "scores": scorer.scores["data"],
        "term_starts": scorer.scores["indptr"],
        "terms": canonical_json(list(vocabulary)),
    }


def _scorer(file: IndexFile) -> bm25s.BM25:
    scorer = _empty_scorer()
    scorer.vocab_dict = {word: at for at, word in enumerate(msgspec.json.decode(file.text("terms"), type=list[str]))}
    scorer.scores = {
        "data": file.array("scores"),
        "indices": file.array("postings"),
        "indptr": file.array("term_starts"),
        "num_docs": len(file.array("passage_starts")) - 1,
    }
    scorer.nonoccurrence_array = None
    return scorer


def _empty_scorer(*, k1: float = 1.2, b: float = 0.75) -> bm25s.BM25:
    import bm25s  # heavy: only a process that searches pays for it

    # numpy is named for both, because bm25s else takes numba or scipy where it finds them.
    return bm25s.BM25(k1=k1, b=b, method=_METHOD, backend="numpy", csc_backend="numpy")
