"""Threads of questions give way; nobody else's do."""

import os
import sys
import threading
from pathlib import Path

import pytest

from genyard.core.errors import NotFound
from genyard.store.query_threads import NICENESS, QueryThreads
from genyard.store.reads import QueryEngine

by_thread = pytest.mark.xfail(sys.platform != "linux", reason="niceness is the process's there", strict=True)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def native_threads() -> set[str]:
    return set(os.listdir("/proc/self/task"))


@by_thread
def test_a_question_gives_way_and_who_asks_does_not() -> None:
    threads, before = QueryThreads(2), niceness()
    assert threads.run(niceness) == max(before, NICENESS)
    assert niceness() == before
    threads.close()


@by_thread
def test_duckdbs_own_threads_give_way_too(tmp_path: Path) -> None:
    before = native_threads()
    engine = QueryEngine([tmp_path], threads=2)
    started = native_threads() - before
    assert len(started) >= 2
    assert {os.getpriority(os.PRIO_PROCESS, int(one)) for one in started} == {max(niceness(), NICENESS)}
    engine.close()


def test_what_a_question_raises_reaches_who_asked() -> None:
    def fails() -> None:
        raise NotFound("nothing here")

    threads = QueryThreads(1)
    with pytest.raises(NotFound, match="nothing here"):
        threads.run(fails)
    threads.close()
