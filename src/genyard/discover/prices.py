"""What an answer costs: the provider's list price for the tokens that it reported, by the data of genai-prices."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal

from genyard.core.clock import Clock, utc
from genyard.discover.chat import ChatModel, ChatRequest, Completion, Delta, ModelRef, Usage
from genyard.discover.streams import closing

FREE = frozenset({"embedded", "scripted"})
"""The providers whose answers cost nothing."""


class Prices:
    """List prices in US dollars."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.is_loaded = False
        """Whether the price data is in memory: then a price takes microseconds."""

    def cost_usd(self, *, base_url: str, model: str, usage: Usage) -> float | None:
        """Return the price of an answer by ``model`` of the provider whose API is at ``base_url``.

        None when the price is not known: an unknown provider or model, or usage that cannot be.
        """
        # Half a second of import that no command without a model call should pay.
        from genai_prices import Usage as PricedUsage
        from genai_prices import calc_price

        counted = PricedUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
        )
        moment = utc(self._clock.now_ns())
        try:
            price = calc_price(counted, model, provider_api_url=base_url, genai_request_timestamp=moment).total_price
        except (LookupError, ValueError):
            return None
        finally:
            self.is_loaded = True
        return float(Decimal(price))


class PricedModel:
    """A model whose completions say what they cost. A cost that an adapter already gave stays."""

    def __init__(self, inner: ChatModel, prices: Prices, *, base_url: str) -> None:
        self._inner = inner
        self._prices = prices
        self._base_url = base_url

    async def complete(self, request: ChatRequest) -> Completion:
        return await self._priced(await self._inner.complete(request), request.model)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        async with closing(self._inner.stream(request)) as pieces:
            async for piece in pieces:
                if piece.completion is None:
                    yield piece
                else:
                    yield Delta(completion=await self._priced(piece.completion, request.model))

    async def _priced(self, completion: Completion, model: ModelRef) -> Completion:
        if completion.cost_usd is not None:
            return completion
        if model.provider in FREE:
            return replace(completion, cost_usd=0.0)
        if completion.usage is None:
            return completion
        if self._prices.is_loaded:
            cost_usd = self._cost_usd(completion, completion.usage, model)
        else:  # beside the loop: to read the price data takes half a second
            cost_usd = await asyncio.to_thread(self._cost_usd, completion, completion.usage, model)
        return replace(completion, cost_usd=cost_usd)

    def _cost_usd(self, completion: Completion, usage: Usage, model: ModelRef) -> float | None:
        # What the provider says it ran is more exact than what was asked for, but it may be an internal name.
        for name in (completion.response_model, model.model):
            cost = self._prices.cost_usd(base_url=self._base_url, model=name, usage=usage) if name else None
            if cost is not None:
                return cost
        return None
