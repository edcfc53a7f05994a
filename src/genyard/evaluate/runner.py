"""The runner: asks every case at most so many at once, keeps what was already answered, can be stopped and taken up.

The invariant: a slot is given to the next case only when the answer before it is durable. So a kill repeats at most
the calls in flight. ``docs/design/evaluation.md`` has the crash points.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from genyard.core.errors import InvalidInput, ProviderError
from genyard.evaluate.cases import Answered, CaseKey, Question

Ask = Callable[[Question, int], Awaitable[Answered]]
"""Answers one case and returns when the answer is durable. Raises ProviderError when the model gave none."""


LOOK_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is. ``done`` counts the failed and those answered before."""

    done: int
    total: int
    failed: int
    reused: int


@dataclass(slots=True)
class _Tally:
    total: int
    done: int = 0
    failed: int = 0
    reused: int = 0

    def add(self, *, failed: bool = False, reused: int = 0) -> Progress:
        self.done += reused or 1
        self.failed += failed
        self.reused += reused
        return Progress(done=self.done, total=self.total, failed=self.failed, reused=self.reused)


async def run_cases(
    questions: Sequence[Question],
    *,
    repeats: int,
    concurrency: int,
    ask: Ask,
    earlier: Mapping[CaseKey, Answered],
    on_progress: Callable[[Progress], None],
    check: Callable[[], None],
) -> list[Answered]:
    """Answer each question ``repeats`` times and return the answers in order of question, then repeat.

    ``earlier`` holds answers of the same system to the same inputs and repeat number; those are not asked again. A
    repeat is a draw of its own and is never served from another. A case whose model gave no answer is returned with
    its error; the next run asks it again. ``check`` is called before each case, and now and then while all are in
    flight; it raises to stop the run: calls in flight are cancelled then, what was answered stays stored.
    """
    keys = [(question, repeat) for question in questions for repeat in range(repeats)]
    answers = {question.key(repeat): earlier.get(question.key(repeat)) for question, repeat in keys}
    waiting = iter([(question, repeat) for question, repeat in keys if answers[question.key(repeat)] is None])
    tally = _Tally(total=len(keys))
    reused = sum(1 for one in answers.values() if one is not None)
    if reused:
        on_progress(tally.add(reused=reused))

    async def work() -> None:
        for question, repeat in waiting:
            check()
            answered = await _asked(ask, question, repeat)
            answers[answered.key] = answered
            on_progress(tally.add(failed=bool(answered.error)))

    await _all([work() for _ in range(max(1, concurrency))], _watch(check))
    return [found for question, repeat in keys if (found := answers[question.key(repeat)]) is not None]


async def _asked(ask: Ask, question: Question, repeat: int) -> Answered:
    try:
        return await ask(question, repeat)
    except ProviderError as error:
        return Answered(key=question.key(repeat), error=f"{error.code}: {error.message}")
    except InvalidInput as error:
        raise InvalidInput(f"row {question.row_id}: {error.message}", hint=error.hint) from error


async def _watch(check: Callable[[], None]) -> None:
    """Call ``check`` for ever: a model that does not answer does not keep a run from being stopped."""
    while True:
        await asyncio.sleep(LOOK_S)
        check()


async def _all(work: Sequence[Coroutine[None, None, None]], watch: Coroutine[None, None, None]) -> None:
    """Run every worker; the first error stops the others and is raised as it is, not inside a group."""
    workers = [asyncio.ensure_future(one) for one in work]
    ending, watching = asyncio.ensure_future(_end_of(workers)), asyncio.ensure_future(watch)
    try:
        done, _ = await asyncio.wait([ending, watching], return_when=asyncio.FIRST_COMPLETED)
        done.pop().result()
    finally:
        for task in (*workers, ending, watching):
            task.cancel()
        await asyncio.gather(*workers, ending, watching, return_exceptions=True)


async def _end_of(workers: Sequence[Awaitable[None]]) -> None:
    await asyncio.gather(*workers)
