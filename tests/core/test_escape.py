"""Text of others, made safe to show."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.escape import one_line, visible


def test_controls_and_reordering_marks_are_spelled_out() -> None:
    assert visible("a\x1b[31mb\u202ec\x9bd") == "a\\x1b[31mb\\u202ec\\x9bd"
    assert visible("tab\tand\nline, عربى, 🙂") == "tab\tand\nline, عربى, 🙂"


@given(st.text())
def test_nothing_visible_can_steer_a_terminal(text: str) -> None:
    shown = visible(text)
    assert not any(ord(one) < 32 and one not in "\t\n" or 127 <= ord(one) < 160 for one in shown)
    assert visible(shown) == shown


@given(st.text(), st.integers(min_value=2, max_value=200))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    line = one_line(text, limit=limit)
    assert len(line) <= limit
    assert "\n" not in line


def test_one_line_cuts_at_a_word() -> None:
    assert one_line("the quick brown fox", limit=12) == "the quick…"
