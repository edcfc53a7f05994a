"""Whose turn it is: side by side, a few that are dear, one alone, and nobody for ever."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from tests.waiting import happened

from genyard.core.errors import Overloaded, TooLarge
from genyard.store.query_turns import QueryTurns
from genyard.store.reads import QueryEngine


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as threads:
        yield threads


class Held:
    """A turn that is taken in a thread and ended when the test says so."""

    def __init__(self, threads: ThreadPoolExecutor, take: Callable[[], AbstractContextManager[object]]) -> None:
        self.begun = threading.Event()
        self._end = threading.Event()
        self.ended: Future[None] = threads.submit(self._run, take)

    def _run(self, take: Callable[[], AbstractContextManager[object]]) -> None:
        with take():
            self.begun.set()
            assert happened(self._end)

    def end(self) -> None:
        self._end.set()
        self.ended.result(30)


def test_dear_ones_go_a_few_at_once_and_do_not_hold_up_others(threads: ThreadPoolExecutor) -> None:
    turns = QueryTurns(dear=1)
    first = Held(threads, lambda: turns.beside_others(dear=True))
    assert happened(first.begun)
    second = Held(threads, lambda: turns.beside_others(dear=True))
    with turns.beside_others(dear=False) as turn:
        assert turn.beside
    assert not second.begun.is_set()
    first.end()
    assert happened(second.begun)
    second.end()
    with turns.beside_others(dear=True) as turn:
        assert not turn.beside


def test_who_wants_to_be_alone_is_and_who_comes_meanwhile_waits(threads: ThreadPoolExecutor) -> None:
    turns = QueryTurns(dear=2)
    first = Held(threads, lambda: turns.beside_others(dear=False))
    assert happened(first.begun)
    alone = Held(threads, turns.alone)
    impatient = QueryTurns(dear=2, patience_s=0.0)
    with impatient.beside_others(dear=False), pytest.raises(Overloaded), impatient.alone():
        raise AssertionError
    assert not alone.begun.is_set()
    first.end()
    assert happened(alone.begun)
    late = Held(threads, lambda: turns.beside_others(dear=False))
    assert not late.begun.is_set()
    alone.end()
    assert happened(late.begun)
    late.end()


def test_nobody_waits_for_ever_nor_many_at_all(threads: ThreadPoolExecutor) -> None:
    impatient = QueryTurns(dear=1, patience_s=0.01)
    with impatient.beside_others(dear=True):
        with pytest.raises(Overloaded), impatient.beside_others(dear=True):
            raise AssertionError
        # One that gave up keeps nobody away.
        with pytest.raises(Overloaded), impatient.alone():
            raise AssertionError
        with impatient.beside_others(dear=False):
            pass
    turns = QueryTurns(dear=1)
    first = Held(threads, lambda: turns.beside_others(dear=True))
    assert happened(first.begun)
    refused = threading.Semaphore(0)

    def ask() -> bool:
        try:
            with turns.beside_others(dear=True):
                return True
        except Overloaded:
            refused.release()
            return False

    asked = [threads.submit(ask) for _ in range(20)]
    # Sixteen wait, and the four others hear at once that they cannot.
    assert all(refused.acquire(timeout=30) for _ in range(4))
    first.end()
    assert [one.result(30) for one in asked].count(False) == 4


LARGE = "SELECT count(*) AS count FROM (SELECT DISTINCT repeat(i::VARCHAR, 400) FROM range(20000) AS t(i))"
"""It needs about half of the memory that it is given below, and two of them more than all."""


def test_what_the_memory_is_too_small_for_beside_others_is_answered_alone(threads: ThreadPoolExecutor) -> None:
    engine = QueryEngine([], threads=1, memory_mb=80)
    answers = list(threads.map(lambda _: engine.run(LARGE, {}), range(8)))
    assert answers == [[{"count": 20000}]] * 8
    with pytest.raises(TooLarge):
        engine.run(LARGE.replace("20000", "2000000"), {})
    engine.close()
