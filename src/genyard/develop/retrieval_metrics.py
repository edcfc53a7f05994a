"""How well a ranking finds what is relevant, as NIST's trec_eval computes it.

``ranked`` holds document ids, best first, each once. ``relevant`` maps a document id to its grade: a whole number,
where 0 and below mean not relevant. With nothing relevant nothing can be found, and every measure is 0.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

Grades = Mapping[str, int]


def recall(ranked: Sequence[str], relevant: Grades, *, k: int) -> float:
    """Return the share of the relevant documents that are among the first ``k``."""
    total = _count(relevant, relevant)
    return _count(ranked[:k], relevant) / total if total else 0.0


def precision(ranked: Sequence[str], relevant: Grades, *, k: int) -> float:
    """Return the share of ``k`` places that hold a relevant document; places that are not filled hold none."""
    return _count(ranked[:k], relevant) / k


def reciprocal_rank(ranked: Sequence[str], relevant: Grades, *, k: int | None = None) -> float:
    """Return 1 over the rank of the first relevant document among the first ``k``, else 0. Its mean is MRR."""
    ranks = (rank for rank, one in enumerate(ranked[:k], start=1) if relevant.get(one, 0) > 0)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def average_precision(ranked: Sequence[str], relevant: Grades) -> float:
    """Return the mean over the relevant documents of the precision at their rank, not found as 0. Its mean is MAP."""
    total = _count(relevant, relevant)
    found, summed = 0, 0.0
    for rank, one in enumerate(ranked, start=1):
        if relevant.get(one, 0) > 0:
            found += 1
            summed += found / rank
    return summed / total if total else 0.0


def ndcg(ranked: Sequence[str], relevant: Grades, *, k: int | None = None) -> float:
    """Return the discounted gain over that of the best ranking possible; gain is the grade, discount log2(rank + 1).

    Järvelin and Kekäläinen 2002 in the form of trec_eval's ndcg and, with ``k``, its ndcg_cut.
    """
    ideal = _discounted(sorted((grade for grade in relevant.values() if grade > 0), reverse=True)[:k])
    gain = _discounted([max(relevant.get(one, 0), 0) for one in ranked[:k]])
    return gain / ideal if ideal else 0.0


def trec_order(scores: Mapping[str, float]) -> list[str]:
    """Return document ids as trec_eval ranks a run: by score, ties by id, both descending."""
    return sorted(scores, key=lambda one: (scores[one], one), reverse=True)


def _count(documents: Iterable[str], relevant: Grades) -> int:
    return sum(relevant.get(one, 0) > 0 for one in documents)


def _discounted(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))
