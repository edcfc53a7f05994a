"""Waiting for the logs of other servers."""

from collections.abc import Mapping, Sequence

from genyard.core.clock import CountingClock
from genyard.govern.other_writers import OtherWriters
from genyard.store.writers import Beat

Looks = Sequence[Mapping[str, str]]
SECOND_NS = 1_000_000_000


def waited(first: Mapping[str, str], looks: Looks, *, every_s: int = 1) -> tuple[list[str], int]:
    """Wait while each look finds the next of ``looks``, and at its end the last again; return how many there were."""
    seen = 0

    def beats() -> Mapping[str, Beat]:
        nonlocal seen
        seen += 1
        return at(looks[min(seen, len(looks)) - 1])

    def at(look: Mapping[str, str]) -> Mapping[str, Beat]:
        return {writer: Beat(id=beat, every_s=every_s, host=f"{writer}.example") for writer, beat in look.items()}

    writers = OtherWriters(beats=beats, clock=CountingClock(step_ns=SECOND_NS), pause=lambda _: None)
    return writers.wait(at(first), check=lambda: None), seen


def test_a_flush_that_had_begun_before_the_look_does_not_count() -> None:
    assert waited({"a": "1"}, [{"a": "1"}, {"a": "2"}, {"a": "2"}, {"a": "3"}, {"a": "4"}]) == ([], 4)


def test_all_are_waited_for_and_one_that_left_or_came_later_is_not() -> None:
    first = {"a": "1", "b": "1", "c": "1"}
    looks = [{"a": "2", "b": "2", "new": "1"}, {"a": "3", "b": "2", "new": "1"}, {"b": "3", "new": "1"}]
    assert waited(first, looks) == ([], 3)


def test_one_that_left_after_a_long_silence_is_not_named() -> None:
    assert waited({"a": "1"}, [*([{"a": "1"}] * 59), {}]) == ([], 60)
    assert waited({"a": "1"}, [*([{"a": "1"}] * 60), {}]) == ([], 61)


def test_one_that_is_silent_is_named() -> None:
    silent, looks = waited({"a": "1", "b": "1"}, [{"a": "2", "b": "2"}, {"a": "3", "b": "2"}])
    assert silent == ["b.example"]
    assert 60 <= looks <= 63
    assert 400 <= waited({"a": "1"}, [{"a": "1"}], every_s=100)[1] <= 403
