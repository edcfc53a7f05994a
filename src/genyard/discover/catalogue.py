"""The models one can name, with their size and price: what ``genyard models`` shows."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING

from genyard.core.clock import Clock, utc
from genyard.core.errors import NotFound
from genyard.core.escape import one_line
from genyard.core.settings import SETTINGS, Settings

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_DEFAULT_BASE_URL = next(row.default for row in SETTINGS if row.name == "openai_base_url")
_HERE = "runs in this process"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One model. Prices are list prices in US dollars for a million tokens; None means not known."""

    name: str
    """As one writes it in a file or a command, where the model is available or its provider is the configured one."""
    provider: str
    model: str
    context_window: int | None
    """In tokens; None means not known."""
    input_usd_per_m: float | None
    output_usd_per_m: float | None
    price_source: str
    price_since: str
    """The day from which on the price holds, such as ``2026-10-19``; empty means not known."""
    available: bool
    """Whether it can be asked with the settings in force."""
    needs: str
    """What to set to make it available; empty when it is."""


class Catalogue:
    """All models that are known: the embedded ones, the scripted ones, and those of the price data."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def rows(self, *, every_provider: bool = False) -> list[CatalogueRow]:
        """Return the models that the settings lead to, or those of every provider, in order of provider and name."""
        return [*_local(), *self._priced(every_provider=every_provider)]

    def find(self, name: str) -> CatalogueRow:
        """Return the model with ``name``, of whatever provider. Raises NotFound, naming the nearest."""
        rows = {row.name: row for row in self.rows(every_provider=True)}
        if name in rows:
            return rows[name]
        nearest = difflib.get_close_matches(name, rows, n=3, cutoff=0.6)
        raise NotFound(
            f"no model {one_line(repr(name))} is known",
            hint=f"did you mean {' or '.join(nearest)}?" if nearest else "genyard models lists those that are",
        )

    def _priced(self, *, every_provider: bool) -> Iterator[CatalogueRow]:
        # Half a second of import, and only this list needs it.
        from genai_prices.data_snapshot import get_snapshot

        base_url = self._settings.openai_base_url
        configured = next((one for one in get_snapshot().providers if re.match(one.api_pattern, base_url)), None)
        if configured is not None:
            yield from self._of(configured, prefix="openai", is_configured=True)
        for provider in get_snapshot().providers if every_provider else ():
            if provider is not configured and provider.id != "openai":
                yield from self._of(provider, prefix=provider.id, is_configured=False)

    def _of(self, provider: "Provider", *, prefix: str, is_configured: bool) -> Iterator[CatalogueRow]:
        needs = self._missing() if is_configured else "set GENYARD_OPENAI_BASE_URL and GENYARD_OPENAI_API_KEY to it"
        moment = utc(self._clock.now_ns())
        source = f"genai-prices {version('genai-prices')}"
        for model in sorted(provider.models, key=lambda one: one.id):
            prices = model.get_prices(moment)
            yield CatalogueRow(
                name=f"{prefix}/{model.id}",
                provider=provider.id,
                model=model.id,
                context_window=model.context_window,
                input_usd_per_m=_dollars(prices.input_mtok),
                output_usd_per_m=_dollars(prices.output_mtok),
                price_source=source,
                price_since=_since(model, moment),
                available=not needs,
                needs=needs,
            )

    def _missing(self) -> str:
        # A server of one's own seldom wants a key; OpenAI's always does.
        if self._settings.openai_api_key or self._settings.openai_base_url != _DEFAULT_BASE_URL:
            return ""
        return "set GENYARD_OPENAI_API_KEY (or OPENAI_API_KEY)"


def _local() -> Iterator[CatalogueRow]:
    for provider, model in (("embedded", "reader"), ("scripted", "echo"), ("scripted", "fixed:TEXT")):
        yield CatalogueRow(
            name=f"{provider}/{model}",
            provider=provider,
            model=model,
            context_window=None,
            input_usd_per_m=0.0,
            output_usd_per_m=0.0,
            price_source=_HERE,
            price_since="",
            available=True,
            needs="",
        )


def _dollars(price: object) -> float | None:
    """Return a price as a number; of a price in tiers the first."""
    base = getattr(price, "base", price)
    return float(base) if isinstance(base, Decimal) else None


def _since(model: "ModelInfo", moment: datetime) -> str:
    """Return the day from which on the price in force holds, where the data say."""
    days: list[date] = []
    for one in model.prices if isinstance(model.prices, list) else ():
        start = getattr(one.constraint, "start_date", None)
        if isinstance(start, date) and start <= moment.date():
            days.append(start)
    return max(days).isoformat() if days else ""
