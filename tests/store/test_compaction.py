"""What is merged when: a pure decision over what the Delta log says of files."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.clock import day_of
from genyard.store.compaction import FAN_IN, MOST_ROWS, groups
from genyard.store.delta import DataFile

DAY_NS = 86_400_000_000_000
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2
LATER_NS = NOON_NS + 2 * DAY_NS


def file(number: int, *, first_ns: int, last_ns: int, rows: int = 100, supersedes: bool = False) -> DataFile:
    return DataFile(
        path=f"f{number}",
        project="acme",
        day=day_of(NOON_NS),
        rows=rows,
        size=rows * 250,
        first_ns=NOON_NS + first_ns,
        last_ns=NOON_NS + last_ns,
        last_arrival=number,
        supersedes=supersedes,
    )


files = st.lists(
    st.builds(
        lambda first, span, rows, marked: (first, first + span, rows, marked),
        st.integers(0, 1000),
        st.integers(0, 300),
        st.integers(1, 2 * MOST_ROWS),
        st.booleans(),
    ),
    max_size=12,
).map(lambda found: [file(i, first_ns=f, last_ns=t, rows=r, supersedes=s) for i, (f, t, r, s) in enumerate(found)])


@given(files)
def test_after_a_day_no_file_that_stays_overlaps_another_or_replaces_rows(found: list[DataFile]) -> None:
    merged = [one for group in groups(found, now_ns=LATER_NS) for one in group]
    stays = sorted((one for one in found if one not in merged), key=lambda one: one.first_ns)
    assert len(merged) == len({one.path for one in merged})
    assert not any(one.supersedes for one in stays)
    assert all(one.last_ns < other.first_ns for one, other in pairwise(stays))


@given(files)
def test_a_record_that_came_twice_is_in_one_group(found: list[DataFile]) -> None:
    """Rows of one record start at one time, so files that both reach over a time are merged together or not at all."""
    place = {one.path: n for n, group in enumerate(groups(found, now_ns=LATER_NS)) for one in group}
    for one in found:
        for other in found:
            if one.first_ns <= other.last_ns and other.first_ns <= one.last_ns:
                assert place.get(one.path) == place.get(other.path)


def test_a_day_that_grows_merges_files_of_about_one_size_when_there_are_enough() -> None:
    few = [file(n, first_ns=n, last_ns=n) for n in range(FAN_IN - 1)]
    large = file(99, first_ns=0, last_ns=50, rows=MOST_ROWS)
    assert list(groups([*few, large], now_ns=NOON_NS)) == []
    enough = [*few, file(50, first_ns=50, last_ns=50)]
    assert list(groups([*enough, large], now_ns=NOON_NS)) == [tuple(enough)]


def test_what_was_merged_is_left_alone() -> None:
    done = [file(n, first_ns=10 * n, last_ns=10 * n + 9, rows=MOST_ROWS) for n in range(3)]
    assert list(groups(done, now_ns=LATER_NS)) == []
