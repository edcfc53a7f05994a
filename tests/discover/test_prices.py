import asyncio

import pytest
from tests.discover.asking import OPENAI, ask, drained

from genyard.core.clock import CountingClock
from genyard.discover.chat import Completion, ModelRef, Usage
from genyard.discover.prices import PricedModel, Prices
from genyard.discover.scripted import ScriptedModel

OPENAI_URL = "https://api.openai.com/v1"
NOVEMBER_2026_NS = 1_795_000_000_000_000_000


def prices() -> Prices:
    return Prices(CountingClock(start_ns=NOVEMBER_2026_NS))


def answered(
    *, usage: Usage | None, response_model: str = "gpt-5-mini-2025-08-07", cost: float | None = None
) -> Completion:
    return Completion(content="Hi", finish_reason="stop", usage=usage, response_model=response_model, cost_usd=cost)


def priced(completion: Completion, *, model: ModelRef = OPENAI, base_url: str = OPENAI_URL) -> float | None:
    wrapped = PricedModel(ScriptedModel([completion]), prices(), base_url=base_url)
    return asyncio.run(wrapped.complete(ask(model=model))).cost_usd


def test_cached_input_costs_less_as_the_list_says() -> None:
    # gpt-5-mini, US dollars for a million tokens: input 0.25, cached input 0.025, output 2.
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000, cache_read_tokens=400_000)
    assert priced(answered(usage=usage)) == pytest.approx(0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2)


def test_what_was_asked_for_is_priced_where_the_answer_names_no_known_model() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=0)
    assert priced(answered(usage=usage, response_model="internal-7")) == pytest.approx(0.25)


@pytest.mark.parametrize("base_url", ["http://gpu:8000/v1", "https://api.groq.com/openai/v1", ""])
def test_a_model_of_an_unknown_price_has_none(base_url: str) -> None:
    assert priced(answered(usage=Usage(input_tokens=1, output_tokens=1)), base_url=base_url) is None


@pytest.mark.parametrize("usage", [None, Usage(input_tokens=1, output_tokens=1, cache_read_tokens=9)])
def test_without_usage_that_can_be_there_is_no_price(usage: Usage | None) -> None:
    assert priced(answered(usage=usage)) is None


@pytest.mark.parametrize("provider", ["embedded", "scripted"])
def test_what_runs_here_is_free(provider: str) -> None:
    assert priced(answered(usage=None), model=ModelRef(provider=provider, model="m"), base_url="") == 0.0


def test_a_cost_that_is_there_stays() -> None:
    assert priced(answered(usage=Usage(input_tokens=1, output_tokens=1), cost=3.0)) == 3.0


def test_the_end_of_a_stream_is_priced() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=0)
    wrapped = PricedModel(ScriptedModel([answered(usage=usage)]), prices(), base_url=OPENAI_URL)
    assert asyncio.run(drained(wrapped, ask()))[1].cost_usd == pytest.approx(0.25)
