"""Keys of recent files: the newest are known, and no more than so many rows."""

import numpy as np

from genyard.store.recent_files import RecentFiles


def test_the_oldest_files_are_forgotten_when_there_are_too_many_rows() -> None:
    recent = RecentFiles(most_rows=3)
    for number in range(4):
        recent.wrote(np.array([number, number + 10], np.uint64), [f"file-{number}"])
    asked = np.array([3, 99], np.uint64)
    assert [recent.among(f"file-{number}", asked) is None for number in range(4)] == [True, True, True, False]
    found = recent.among("file-3", asked)
    assert found is not None and list(found) == [True, False]
