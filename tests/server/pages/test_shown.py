"""Text of others: every character visible, every length bounded, nothing lost without a word."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from tests.server.pages import hostile

from genyard.server.pages.shown import Allowance, fold, shown

TEXTS = st.text(alphabet=st.characters(), max_size=400) | st.sampled_from(hostile.TEXTS)


@given(TEXTS)
def test_what_is_shown_has_no_control_mark_or_surrogate(text: str) -> None:
    assert not {"\x00", "\x1b", "\u202e", "\u2066"} & set(shown(text))
    shown(text).encode()


@given(TEXTS, st.integers(0, 5_000))
def test_a_fold_costs_no_more_than_its_allowance(text: str, limit: int) -> None:
    found = fold(text, Allowance(limit))
    assert len(str(escape(shown(found.head + found.rest))).encode()) <= limit


@given(TEXTS)
def test_a_fold_counts_what_it_leaves_out(text: str) -> None:
    found = fold(text, Allowance(9_000))
    joined = len(found.head) + len(found.rest)
    assert len(text) - found.cut - joined in (0, 1)  # the line break at the fold is not shown twice


def test_a_short_text_is_whole() -> None:
    found = fold("one\ntwo", Allowance(100))
    assert (found.head, found.rest, found.cut) == ("one\ntwo", "", 0)


def test_long_text_folds_after_24_lines() -> None:
    found = fold("x\n" * 99 + "x", Allowance(9_000))
    assert found.head.count("\n") == 23
    assert found.rest_lines == 76


def test_a_megabyte_in_one_line_is_cut() -> None:
    assert fold("W" * 1_000_000, Allowance(9_000)).cut > 990_000
