"""A diff loses nothing: each side's runs are that side's text."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.server.pages.diff import MOST_LINES, DiffRow, diff

TEXTS = st.text(alphabet="ab \n.", max_size=60)


def side(rows: tuple[DiffRow, ...], new: bool) -> str:
    kept = [row for row in rows if (row.new_number if new else row.old_number) is not None]
    return "\n".join("".join(run.text for run in (row.new if new else row.old)) for row in kept)


@given(TEXTS, TEXTS)
def test_each_side_comes_back(old: str, new: str) -> None:
    rows = diff(old, new, whole=True).rows
    assert (side(rows, new=False), side(rows, new=True)) == (old, new)


@given(TEXTS, TEXTS)
def test_line_numbers_count_up_without_gaps(old: str, new: str) -> None:
    rows = diff(old, new, whole=True).rows
    assert [row.old_number for row in rows if row.old_number] == list(range(1, old.count("\n") + 2))
    assert [row.new_number for row in rows if row.new_number] == list(range(1, new.count("\n") + 2))


@given(TEXTS)
def test_nothing_changed_is_said_so(text: str) -> None:
    assert diff(text, text).changed == 0


@given(TEXTS, TEXTS)
def test_folds_hide_only_same_lines_and_count_them(old: str, new: str) -> None:
    whole, folded = diff(old, new, whole=True), diff(old, new)
    hidden = sum(row.hidden for row in folded.rows)
    assert len(folded.rows) - sum(row.kind == "fold" for row in folded.rows) + hidden == len(whole.rows)
    assert [row for row in whole.rows if row.kind == "changed"] == [row for row in folded.rows if row.kind == "changed"]


def test_words_are_marked_within_a_line() -> None:
    row = diff("Answer in a short paragraph.", "Answer in one sentence.").rows[0]
    assert [run.text for run in row.old if run.op == "del"] == ["a short paragraph"]
    assert [run.text for run in row.new if run.op == "ins"] == ["one sentence"]


def test_above_200_kb_lines_alone_are_compared() -> None:
    found = diff("a b " * 30_000, "a c " * 30_000)
    assert not found.by_word
    assert [run.op for run in found.rows[0].old] == ["del"]


def test_very_many_lines_do_not_take_quadratic_time() -> None:
    count = MOST_LINES * 10
    found = diff("\n".join(map(str, range(count))), "\n".join(map(str, range(1, count + 1))))
    assert found.changed == count
