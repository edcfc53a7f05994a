"""Costs that a sender did not say, against the price data itself."""

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from genyard.core.canonical import Json
from genyard.core.clock import utc
from genyard.observe.list_prices import add_costs

AT_NS = 1_795_000_000_000_000_000
CALL: dict[str, Json] = {
    "start_ns": AT_NS,
    "usage_scope": "self",
    "operation": "chat",
    "provider": "openai",
    "request_model": "gpt-4o",
    "input_tokens": 1000,
    "output_tokens": 100,
}
counts = st.integers(0, 400_000)
MODELS = (
    ("openai", "openai", "gpt-4o"),
    ("openai", "openai", "gpt-5-mini-2025-08-07"),
    ("anthropic", "anthropic", "claude-sonnet-4-5"),
    ("gcp.gemini", "google", "gemini-2.5-pro"),
    ("x_ai", "x-ai", "grok-4-0709"),
)


def priced(**changes: Json) -> dict[str, Json]:
    row: dict[str, Json] = {name: value for name, value in (CALL | changes).items() if value is not None}
    add_costs([row])
    return row


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MODELS), counts, counts, counts)
def test_a_call_costs_what_the_price_data_says(
    named: tuple[str, str, str], fresh: int, cached: int, answered: int
) -> None:
    ours, theirs, model = named
    row = priced(
        provider=ours,
        request_model=model,
        input_tokens=fresh + cached,
        output_tokens=answered,
        cache_read_tokens=cached,
    )
    usage = Usage(input_tokens=fresh + cached, output_tokens=answered, cache_read_tokens=cached)
    wanted = calc_price(usage, model, provider_id=theirs, genai_request_timestamp=utc(AT_NS)).total_price
    assert row["cost_usd"] == pytest.approx(float(wanted), rel=1e-9, abs=1e-15)
    assert row["cost_source"] == "priced-by-us"


def test_the_model_that_answered_counts_before_the_one_asked_for() -> None:
    row = priced(request_model="gpt-4o", response_model="gpt-4o-mini")
    assert row["cost_usd"] == pytest.approx((1000 * 0.15 + 100 * 0.60) / 1e6)


def test_an_embedding_has_a_price_without_an_answer() -> None:
    row = priced(operation="embeddings", request_model="text-embedding-3-small", output_tokens=None)
    assert row["cost_usd"] == pytest.approx(1000 * 0.02 / 1e6)


def test_what_a_sender_says_is_kept() -> None:
    row = priced(cost_usd=0.5, cost_source="client")
    assert (row["cost_usd"], row["cost_source"]) == (0.5, "client")
    assert priced(cost_usd=0.0)["cost_usd"] == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"usage_scope": "aggregate"},
        {"usage_scope": None},
        {"provider": None},
        {"provider": "our own rack"},
        {"request_model": None},
        {"request_model": "a model of our own"},
        {"request_model": "x" * 100_000},
        {"output_tokens": None},
        {"input_tokens": -1},
        {"cache_read_tokens": 1001},
        {"service_tier": "flex"},
        {"input_audio_tokens": 10},
    ],
)
def test_where_the_price_is_not_known_there_is_no_cost(changes: dict[str, Json]) -> None:
    row = priced(**changes)
    assert "cost_usd" not in row and "cost_source" not in row
