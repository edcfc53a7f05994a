"""The runner: how many at once, what is not asked again, how it is stopped."""

import asyncio
from collections.abc import Callable

import pytest

from genyard.core.digest import digest_of_json
from genyard.core.errors import Cancelled, InvalidInput, ProviderRejected, StorageFull
from genyard.evaluate.cases import Answered, CaseKey, Question
from genyard.evaluate.runner import Progress, run_cases


def questions(count: int) -> list[Question]:
    inputs = [{"question": str(number)} for number in range(count)]
    return [
        Question(row_id=f"r{number}", inputs=one, inputs_digest=digest_of_json(one))
        for number, one in enumerate(inputs)
    ]


class Model:
    """Answers cases, and knows how many it was asked at once and in all."""

    def __init__(self) -> None:
        self.asked: list[CaseKey] = []
        self.at_once = 0
        self.most = 0
        self.cancelled = 0
        self.error: Exception | None = None
        self.stuck: asyncio.Event | None = None
        self.full = asyncio.Event()

    async def __call__(self, question: Question, repeat: int) -> Answered:
        self.asked.append(question.key(repeat))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(0)
            if self.stuck:
                self.full.set()
                await self.stuck.wait()
            if self.error:
                raise self.error
            return Answered(key=question.key(repeat), text=f"{question.row_id}.{repeat}")
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1


def nothing() -> None:
    pass


async def run(
    model: Model,
    *,
    count: int = 5,
    repeats: int = 1,
    concurrency: int = 2,
    earlier: dict[CaseKey, Answered] | None = None,
    told: list[Progress] | None = None,
    check: Callable[[], None] = nothing,
) -> list[Answered]:
    return await run_cases(
        questions(count),
        repeats=repeats,
        concurrency=concurrency,
        ask=model,
        earlier=earlier or {},
        on_progress=(told if told is not None else []).append,
        check=check,
    )


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_at_most_so_many_are_asked_at_once(concurrency: int) -> None:
    model = Model()
    answers = asyncio.run(run(model, count=20, concurrency=concurrency))
    assert model.most == min(concurrency, 20)
    assert len(answers) == len(model.asked) == 20


def test_answers_come_in_order_of_question_then_repeat() -> None:
    answers = asyncio.run(run(Model(), count=3, repeats=2, concurrency=4))
    assert [one.text for one in answers] == ["r0.0", "r0.1", "r1.0", "r1.1", "r2.0", "r2.1"]


def test_what_was_answered_before_is_not_asked_again_but_another_repeat_is() -> None:
    model, told = Model(), list[Progress]()
    before = {one.key(0): Answered(key=one.key(0), text="before") for one in questions(2)}
    answers = asyncio.run(run(model, count=3, repeats=2, earlier=before, told=told))
    assert [one.text for one in answers][:3] == ["before", "r0.1", "before"]
    assert not set(model.asked) & set(before)
    assert told[0] == Progress(done=2, total=6, failed=0, reused=2)
    assert told[-1] == Progress(done=6, total=6, failed=0, reused=2)


def test_other_inputs_under_the_same_id_are_asked() -> None:
    model = Model()
    key = CaseKey(row_id="r0", inputs=digest_of_json({"question": "older"}), repeat=0)
    asyncio.run(run(model, count=1, earlier={key: Answered(key=key, text="before")}))
    assert len(model.asked) == 1


def test_a_case_whose_model_fails_is_kept_with_its_error_and_the_others_go_on() -> None:
    model, told = Model(), list[Progress]()
    model.error = ProviderRejected("no")
    answers = asyncio.run(run(model, told=told))
    assert {one.error for one in answers} == {"provider_rejected: no"}
    assert (told[-1].done, told[-1].failed) == (5, 5)


@pytest.mark.parametrize("error", [InvalidInput("the variable x is missing"), StorageFull("full"), ValueError("ours")])
def test_any_other_error_stops_the_run_as_it_is(error: Exception) -> None:
    model = Model()
    model.error = error
    with pytest.raises(type(error), match=str(error)) as raised:
        asyncio.run(run(model, count=50))
    assert len(model.asked) <= 2
    if isinstance(error, InvalidInput):
        assert str(raised.value).startswith("row r")


def test_check_stops_the_run_before_the_next_case() -> None:
    model = Model()

    def check() -> None:
        if len(model.asked) >= 3:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        asyncio.run(run(model, count=50, concurrency=1, check=check))
    assert len(model.asked) == 3


def test_check_stops_a_run_whose_calls_do_not_come_back() -> None:
    async def held() -> Model:
        model = Model()
        model.stuck = asyncio.Event()

        def check() -> None:
            if model.full.is_set():
                raise Cancelled("stop")

        with pytest.raises(Cancelled):
            await run(model, count=50, concurrency=4, check=check)
        return model

    model = asyncio.run(held())
    assert (len(model.asked), model.cancelled, model.at_once) == (4, 4, 0)


def test_a_run_that_is_cancelled_cancels_its_calls() -> None:
    async def held() -> Model:
        model = Model()
        model.stuck = asyncio.Event()
        running = asyncio.create_task(run(model, concurrency=2))
        await model.full.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return model

    model = asyncio.run(held())
    assert model.cancelled == len(model.asked) > 0


def test_no_questions_are_no_answers() -> None:
    assert asyncio.run(run(Model(), count=0)) == []
