"""Retrieval measures equal the output of NIST's trec_eval on its own test files, to four decimals."""

from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from genyard.develop.retrieval_metrics import average_precision, ndcg, precision, recall, reciprocal_rank, trec_order

Topics = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def judged(shared_data: Path) -> Topics:
    topics: Topics = defaultdict(dict)
    for line in (shared_data / "trec_eval_metrics" / "qrels.test").read_text().splitlines():
        topic, _, document, grade = line.split()
        topics[topic][document] = int(grade)
    return topics


@pytest.fixture(scope="module")
def ranked(shared_data: Path) -> dict[str, list[str]]:
    runs: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (shared_data / "trec_eval_metrics" / "results.test").read_text().splitlines():
        topic, _, document, _, score, _ = line.split()
        runs[topic][document] = float(score)
    return {topic: trec_order(scores) for topic, scores in runs.items()}


@pytest.fixture(scope="module")
def official(shared_data: Path) -> dict[str, str]:
    lines = (shared_data / "trec_eval_metrics" / "out.test").read_text().splitlines()
    return {line.split()[0]: line.split()[2] for line in lines}


def test_map_and_reciprocal_rank(judged: Topics, ranked: dict[str, list[str]], official: dict[str, str]) -> None:
    mean_ap = fmean(average_precision(ranked[topic], judged[topic]) for topic in ranked)
    mrr = fmean(reciprocal_rank(ranked[topic], judged[topic]) for topic in ranked)
    assert f"{mean_ap:.4f}" == official["map"] == "0.1785"
    assert f"{mrr:.4f}" == official["recip_rank"] == "0.4064"


@pytest.mark.parametrize("k", [5, 10, 15, 20, 30, 100, 200, 500, 1000])
def test_precision_at_each_cut(k: int, judged: Topics, ranked: dict[str, list[str]], official: dict[str, str]) -> None:
    assert f"{fmean(precision(ranked[topic], judged[topic], k=k) for topic in ranked):.4f}" == official[f"P_{k}"]


def test_ndcg(judged: Topics, ranked: dict[str, list[str]]) -> None:
    # The file of official values here stops before ndcg; 0.4021 is what trec_eval prints for all measures.
    assert f"{fmean(ndcg(ranked[topic], judged[topic]) for topic in ranked):.4f}" == "0.4021"


def test_recall_at_full_depth_is_relevant_found_over_relevant(
    judged: Topics, ranked: dict[str, list[str]], official: dict[str, str]
) -> None:
    relevant = {topic: sum(grade > 0 for grade in judged[topic].values()) for topic in ranked}
    found = sum(recall(ranked[topic], judged[topic], k=1000) * relevant[topic] for topic in ranked)
    assert (round(found), sum(relevant.values())) == (int(official["num_rel_ret"]), int(official["num_rel"]))
