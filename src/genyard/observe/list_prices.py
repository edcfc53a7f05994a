"""What a model call of another application costs: its provider's list price, where the span says its tokens only."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from genyard.core.canonical import Json
from genyard.core.clock import utc

_DAY_NS = 86_400 * 1_000_000_000
_IDS = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "x_ai": "x-ai",
}
"""What the price data calls a provider, where it is not OpenTelemetry's word."""
_OTHER_PRICES = ("input_audio_tokens", "output_audio_tokens", "input_image_tokens")
_LIST_TIERS = frozenset({None, "auto", "default", "on_demand", "standard"})

Row = dict[str, Json]
Steps = tuple[tuple[int, float], ...]
"""Dollars a token, each from more than so many input tokens on; the largest number first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The prices of one model on one day."""

    input: Steps
    output: Steps
    cache_read: Steps
    cache_write: Steps

    def cost_usd(self, *, input_tokens: int, output_tokens: int, cache_read: int, cache_write: int) -> float | None:
        """Return what the tokens cost; None where more were cached than there are."""
        uncached = input_tokens - cache_read - cache_write
        if min(uncached, output_tokens, cache_read, cache_write) < 0:
            return None
        parts = (
            (uncached, self.input),
            (output_tokens, self.output),
            (cache_read, self.cache_read),
            (cache_write, self.cache_write),
        )
        return sum(count * _at(steps, input_tokens) for count, steps in parts if count)


def add_costs(rows: Iterable[Row]) -> None:
    """Add the cost to model calls that do not say one and whose price is known. What a sender says stays."""
    for row in rows:
        if row.get("usage_scope") == "self" and row.get("cost_usd") is None:
            cost = _cost_of(row)
            if cost is not None:
                row["cost_usd"], row["cost_source"] = cost, "priced-by-us"


def _cost_of(row: Row) -> float | None:
    provider, asked, answered = row.get("provider"), row.get("input_tokens"), row.get("output_tokens")
    if answered is None and row.get("operation") == "embeddings":
        answered = 0
    if type(provider) is not str or type(asked) is not int or type(answered) is not int:
        return None
    # Sound, pictures and special tiers have prices of their own: not known is better than wrong.
    if row.get("service_tier") not in _LIST_TIERS or any(row.get(name) for name in _OTHER_PRICES):
        return None
    rates = _rates_of_call(provider, row)
    if rates is None:
        return None
    return rates.cost_usd(
        input_tokens=asked,
        output_tokens=answered,
        cache_read=_count(row.get("cache_read_tokens")),
        cache_write=_count(row.get("cache_write_tokens")),
    )


def _rates_of_call(provider: str, row: Row) -> Rates | None:
    """Return the rates of the model that answered, which is more exact, else of the one that was asked for."""
    start_ns = row["start_ns"]
    day = start_ns // _DAY_NS if type(start_ns) is int else 0
    for name in (row.get("response_model"), row.get("request_model")):
        # A longer name is none, and would fill the memory of what was looked up.
        found = rates_of(_IDS.get(provider, provider), name, day) if type(name) is str and len(name) < 200 else None
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def rates_of(provider: str, model: str, day: int) -> Rates | None:
    """Return what ``model`` cost on a day, in days since 1970; None where that is not known."""
    # Half a second of import, which no command without such a span should pay.
    from genai_prices import Usage, calc_price

    none = Usage(input_tokens=0, output_tokens=0)
    try:
        moment = utc(day * _DAY_NS)
        price = calc_price(none, model, provider_id=provider, genai_request_timestamp=moment).model_price
    except (LookupError, ValueError, OverflowError):
        return None
    if price.input_mtok is None:
        return None
    given = _steps(price.input_mtok)
    return Rates(
        input=given,
        output=_steps(price.output_mtok),
        cache_read=given if price.cache_read_mtok is None else _steps(price.cache_read_mtok),
        cache_write=given if price.cache_write_mtok is None else _steps(price.cache_write_mtok),
    )


def _steps(price: Any) -> Steps:
    """Return a price a million tokens as steps a token. The price data knows single prices and tiers."""
    if price is None:
        return ((-1, 0.0),)
    tiers = getattr(price, "tiers", ())
    base = price.base if tiers else price
    return (*((tier.start, float(tier.price) / 1e6) for tier in reversed(tiers)), (-1, float(base) / 1e6))


def _at(steps: Steps, input_tokens: int) -> float:
    return next(rate for start, rate in steps if input_tokens > start)


def _count(value: Json) -> int:
    return value if type(value) is int else 0
