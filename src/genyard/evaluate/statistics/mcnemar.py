"""Paired 0/1 scores: is the number of cases won different from the number lost? (McNemar 1947)."""

from dataclasses import dataclass

from scipy.special import bdtr

from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.paired import Pairs
from genyard.evaluate.statistics.proportions import clopper_pearson


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedCounts:
    """Cases by who was right: both, only the first (candidate), only the second (baseline), neither."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def discordant(self) -> int:
        return self.only_first + self.only_second


def paired_counts(pairs: Pairs) -> PairedCounts:
    """Count 0/1 pairs; a score of 1 is right."""
    found = [(new == 1, old == 1) for new, old in zip(pairs.candidate, pairs.baseline, strict=True)]
    return PairedCounts(
        both=found.count((True, True)),
        only_first=found.count((True, False)),
        only_second=found.count((False, True)),
        neither=found.count((False, False)),
    )


def mcnemar_exact(counts: PairedCounts) -> float:
    """Two-sided exact p; 1 when nothing is discordant."""
    return min(1.0, 2 * _at_most_smaller(counts))


def mcnemar_mid(counts: PairedCounts) -> float:
    """Two-sided mid-p (Fagerland, Lydersen, Laake 2013, BMC MRM 13:91): more power, size near nominal."""
    m, smaller = counts.discordant, min(counts.only_first, counts.only_second)
    below = float(bdtr(smaller - 1, m, 0.5)) if smaller else 0.0
    return min(1.0, _at_most_smaller(counts) + below) if m else 1.0


def odds_ratio(counts: PairedCounts, *, alpha: float = 0.05) -> Estimate:
    """Wins per loss, with Clopper-Pearson on wins/(wins + losses) mapped by x/(1 - x)."""
    share = clopper_pearson(counts.only_first, counts.discordant, alpha=alpha)
    lower, upper = _odds(share.lower), _odds(share.upper)
    warning = "no loss seen: the ratio has no upper end" if counts.only_second == 0 else None
    if not counts.discordant:
        lower, warning = None, "no case changed: the ratio is undefined"
    return Estimate(
        estimate=_odds(share.estimate),
        lower=lower,
        upper=upper,
        n=counts.n,
        units=counts.discordant,
        method="clopper-pearson odds",
        alpha=alpha,
        warnings=(warning,) if warning else (),
    )


def _at_most_smaller(counts: PairedCounts) -> float:
    return float(bdtr(min(counts.only_first, counts.only_second), counts.discordant, 0.5))


def _odds(share: float | None) -> float | None:
    return None if share is None or share >= 1 else share / (1 - share)
