"""The nearest known word."""

from genyard.core.nearest import did_you_mean, nearest


def test_the_nearest_word_is_found_and_a_far_one_is_not() -> None:
    assert nearest("latencey", {"latency", "cost"}) == "latency"
    assert nearest("zzz", {"latency", "cost"}) is None


def test_a_hint_names_the_nearest_or_says_what_there_is() -> None:
    assert did_you_mean("cots", ["latency", "cost"]) == "did you mean cost?"
    assert did_you_mean("zzz", ["latency", "cost"]) == "there are: cost, latency"
    assert did_you_mean("zzz", ["latency"], otherwise="docs say which") == "docs say which"
    assert did_you_mean("zzz", []) == "none is known here"
