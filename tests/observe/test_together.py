"""Requests that wait are kept together, and each hears its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from genyard.core.errors import StorageFull
from genyard.observe.export import Accepted
from genyard.observe.masking.sent import SentMasker
from genyard.observe.together import LITTLE_BYTES, MANY_WAITING, Answer, Kind, Together

ACME = Kind("traces", "acme", "protobuf", SentMasker(policy="{}", key=b""))
OTHER = ACME._replace(project="other")
LARGE = b"x" * LITTLE_BYTES


class Work:
    """Keeps what it is given once it is let go, and says how long each body was."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[bytes]]] = []
        self.go = asyncio.Event()

    async def __call__(self, kind: Kind, bodies: Sequence[bytes]) -> Sequence[Answer]:
        self.groups.append((kind.project, list(bodies)))
        await self.go.wait()
        if b"full" in bodies:
            raise StorageFull("no room")
        return [Accepted(kept=len(body), refused=[]) for body in bodies]


async def _asked(together: Together, *bodies: bytes, kind: Kind = ACME) -> "list[asyncio.Task[Answer]]":
    """Ask, and return when all have been handed over."""
    tasks = [asyncio.create_task(together.ask(kind, body)) for body in bodies]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def test_small_requests_that_wait_go_together_and_hear_their_own_answer() -> None:
    async def run() -> None:
        work = Work()
        tasks = await _asked(Together(work), b"a", b"bb", b"ccc")
        work.go.set()
        assert await asyncio.gather(*tasks) == [Accepted(kept=count, refused=[]) for count in (1, 2, 3)]
        assert work.groups == [("acme", [b"a"]), ("acme", [b"bb", b"ccc"])]

    asyncio.run(run())


def test_large_requests_do_not_wait_for_each_other() -> None:
    async def run() -> None:
        work = Work()
        tasks = await _asked(Together(work), LARGE, LARGE, b"small")
        assert [bodies for _, bodies in work.groups] == [[LARGE], [LARGE], [b"small"]]
        work.go.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_requests_of_two_kinds_do_not_wait_for_each_other_and_go_apart() -> None:
    async def run() -> None:
        work = Work()
        together = Together(work)
        tasks = [*await _asked(together, b"a", b"b"), *await _asked(together, b"c", b"d", kind=OTHER)]
        work.go.set()
        await asyncio.gather(*tasks)
        assert work.groups == [("acme", [b"a"]), ("other", [b"c"]), ("acme", [b"b"]), ("other", [b"d"])]

    asyncio.run(run())


def test_an_error_is_heard_by_all_of_its_group_and_by_no_other() -> None:
    async def run() -> None:
        work = Work()
        tasks = await _asked(Together(work), b"a", b"full", b"b")
        work.go.set()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert first == Accepted(kept=1, refused=[])
        assert [type(one) for one in others] == [StorageFull, StorageFull]

    asyncio.run(run())


def test_a_sender_that_hangs_up_does_not_end_the_work_for_others() -> None:
    async def run() -> None:
        work = Work()
        gone, stays, waits = await _asked(Together(work), LARGE, LARGE, b"small")
        gone.cancel()
        work.go.set()
        assert await stays == Accepted(kept=LITTLE_BYTES, refused=[])
        assert await waits == Accepted(kept=5, refused=[])
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(run())


def test_many_small_requests_do_not_wait_for_what_is_at_work() -> None:
    async def run() -> None:
        work = Work()
        tasks = await _asked(Together(work), *[b"a"] * (MANY_WAITING + 1))
        assert [len(bodies) for _, bodies in work.groups] == [1, MANY_WAITING]
        work.go.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())
