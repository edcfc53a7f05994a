from collections.abc import Sequence
from pathlib import Path
from typing import cast

from tests.published.stat_vectors import Case, agree, load, numbers, whole

from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.mcnemar import PairedCounts, mcnemar_exact, mcnemar_mid, odds_ratio
from genyard.evaluate.statistics.paired import effect, pair
from genyard.evaluate.statistics.paired_rates import newcombe_interval, newcombe_phi, tango_interval, tango_p, tango_z
from genyard.evaluate.statistics.permutation import sign_flip_p


def rows(values: Sequence[float]) -> list[CaseScore]:
    return [CaseScore(case=f"{i:03}", value=value) for i, value in enumerate(values)]


def counts(case: Case) -> PairedCounts:
    return PairedCounts(
        both=whole(case, "both"),
        only_first=whole(case, "only_first"),
        only_second=whole(case, "only_second"),
        neither=whole(case, "neither"),
    )


def test_sign_flip(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "paired_differences")
    for case in cases:
        pairs = pair(rows(numbers(case, "candidate")), rows(numbers(case, "baseline")))
        expected = cast("Case", case["sign_flip_exact_p"])
        d = pairs.differences
        assert agree(sign_flip_p(d, seed=1), expected["two_sided"], tolerance), case
        assert agree(sign_flip_p(d, seed=1, alternative="greater"), expected["greater"], tolerance), case
        assert agree(sign_flip_p(d, seed=1, alternative="less"), expected["less"], tolerance), case


def test_effect_sizes(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "paired_differences")
    for case in cases:
        found = effect(pair(rows(numbers(case, "candidate")), rows(numbers(case, "baseline"))))
        assert agree(found.mean_difference, case["mean_difference"], tolerance)
        assert agree(found.cohen_dz, case["cohen_dz"], tolerance), case
        assert agree(found.hedges_gz, case["hedges_gz"], tolerance), case
        assert agree(found.se_paired, case["se_paired"], tolerance), case
        assert agree(found.se_unpaired, case["se_unpaired"], tolerance), case
        assert [found.wins, found.losses, found.ties] == [case["wins"], case["losses"], case["ties"]]


def test_mcnemar(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "mcnemar")
    for case in cases:
        assert agree(mcnemar_exact(counts(case)), case["exact_p"], tolerance), case
        assert agree(mcnemar_mid(counts(case)), case["mid_p"], tolerance), case


def test_odds_ratio(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "mcnemar")
    for case in cases:
        found = odds_ratio(counts(case))
        assert agree(found.estimate, case["odds_ratio"], tolerance), case
        assert agree((found.lower, found.upper), case["odds_ratio_exact_95"] or [None, None], tolerance), case


def test_tango_and_newcombe(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "paired_proportion_noninferiority")
    for case in cases:
        table = counts(case)
        tango, newcombe = tango_interval(table), newcombe_interval(table)
        assert agree((tango.lower, tango.upper), case["tango_95"], tolerance), case
        assert agree((newcombe.lower, newcombe.upper), case["newcombe10_95"], tolerance), case
        assert agree(newcombe_phi(table), case["newcombe_phi"], tolerance), case
        for margin in ("0.02", "0.05", "0.1"):
            expected = cast("Case", case[f"tango_ni_margin_{margin}"])
            gains, losses, n, delta = table.only_first, table.only_second, table.n, float(margin)
            assert agree(float(tango_z(gains, losses, n, difference=-delta)), expected["z"], tolerance), case
            assert agree(tango_p(gains, losses, n, margin=delta), expected["p_one_sided"], tolerance), case


def test_sign_test(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "paired_differences")
    for case in cases:
        table = PairedCounts(both=0, only_first=whole(case, "wins"), only_second=whole(case, "losses"), neither=0)
        assert agree(mcnemar_exact(table), case["sign_test_p_ties_dropped"], tolerance), case
