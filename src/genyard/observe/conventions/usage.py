"""Tokens as providers and tracers write them, and request parameters: objects inside one attribute."""

from collections.abc import Iterable, Mapping, Sequence

from genyard.core.canonical import Json
from genyard.observe.conventions import values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.words import finish_reason_of

Object = Mapping[str, Json]
TOKENS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
)
"""The columns of tokens."""

_USAGE: Mapping[str, Sequence[str]] = {
    "input_tokens": ("input_tokens", "prompt_tokens", "promptTokenCount", "prompt_token_count"),
    "output_tokens": ("output_tokens", "completion_tokens", "candidatesTokenCount", "candidates_token_count"),
    "total_tokens": ("total_tokens", "totalTokenCount", "total_token_count"),
    "cache_read_tokens": (
        "cache_read_input_tokens",
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "input_token_details.cache_read",
        "cachedContentTokenCount",
        "cached_content_token_count",
    ),
    "cache_write_tokens": (
        "cache_creation_input_tokens",
        "input_tokens_details.cache_write_tokens",
        "input_token_details.cache_creation",
    ),
    "reasoning_tokens": (
        "completion_tokens_details.reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "output_token_details.reasoning",
        "thoughtsTokenCount",
        "thoughts_token_count",
    ),
    "input_audio_tokens": ("prompt_tokens_details.audio_tokens", "input_token_details.audio"),
    "output_audio_tokens": ("completion_tokens_details.audio_tokens", "output_token_details.audio"),
}
"""Column to the places in a provider's usage object, or in LangChain's and MLflow's."""


def usage_of(raw: Object) -> dict[str, Json]:
    """Return the token columns of a usage object, inclusive."""
    found = {column: _first(raw, places) for column, places in _USAGE.items()}
    return inclusive({column: value for column, value in found.items() if value is not None})


def langfuse_usage(raw: Object) -> dict[str, Json]:
    """Return the token columns of Langfuse's own keys, which count each token under one key only."""
    if not {"input", "output", "total"} & set(raw):
        return usage_of(raw)
    of_input = {name: values.count(held) for name, held in raw.items() if name.startswith("input")}
    of_output = {name: values.count(held) for name, held in raw.items() if name.startswith("output")}
    found: dict[str, Json] = {
        "input_tokens": _sum(of_input.values()),
        "output_tokens": _sum(of_output.values()),
        "total_tokens": values.count(raw.get("total")),
        "cache_read_tokens": _either(of_input, "input_cached_tokens", "input_cache_read"),
        "cache_write_tokens": _either(of_input, "input_cache_creation", "input_cache_creation_tokens"),
        "reasoning_tokens": _either(of_output, "output_reasoning_tokens", "output_reasoning"),
        "input_audio_tokens": _either(of_input, "input_audio_tokens", "input_audio"),
        "output_audio_tokens": _either(of_output, "output_audio_tokens", "output_audio"),
    }
    return {column: value for column, value in found.items() if value is not None}


def inclusive(columns: dict[str, Json]) -> dict[str, Json]:
    """Add cached tokens to an input that is smaller than them: its sender counted them apart, as Anthropic does."""
    tokens = columns.get("input_tokens")
    if not isinstance(tokens, int):
        return columns
    read, written = columns.get("cache_read_tokens"), columns.get("cache_write_tokens")
    cached = (read if isinstance(read, int) else 0) + (written if isinstance(written, int) else 0)
    if cached <= tokens:
        return columns
    return {**columns, "input_tokens": min(tokens + cached, 2**63 - 1)}


_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "request_model": ("model", "model_name"),
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "top_k": ("top_k", "topK"),
    "frequency_penalty": ("frequency_penalty",),
    "presence_penalty": ("presence_penalty",),
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"),
    "seed": ("seed",),
    "choice_count": ("n",),
    "stop_sequences": ("stop", "stop_sequences"),
    "stream": ("stream",),
    "reasoning_effort": ("reasoning_effort",),
}
_FLOATS = frozenset({"temperature", "top_p", "frequency_penalty", "presence_penalty"})


def fill_parameters(draft: Draft, raw: Object) -> None:
    """Fill the columns of request parameters from an object of them."""
    for column, names in _PARAMETERS.items():
        value = next((raw[name] for name in names if raw.get(name) is not None), None)
        if value is not None:
            draft.fill(column, _parameter(column, value))


def fill_usage(draft: Draft, columns: Object) -> None:
    for column, value in columns.items():
        draft.fill(column, value)


def fill_finish_reason(draft: Draft, word: Json) -> None:
    if isinstance(word, str) and word:
        draft.fill("finish_reasons", [finish_reason_of(word)])


def _parameter(column: str, value: Json) -> Json:
    if column in _FLOATS:
        return values.number(value)
    if column == "stop_sequences":
        return values.texts(value)
    if column == "stream":
        return values.boolean(value)
    return values.text(value) if column in ("request_model", "reasoning_effort") else values.integer(value)


def _first(raw: Object, places: Sequence[str]) -> int | None:
    for place in places:
        outer, dot, inner = place.partition(".")
        held = raw.get(outer)
        if dot:
            held = held.get(inner) if isinstance(held, Mapping) else None
        found = values.count(held)
        if found is not None:
            return found
    return None


def _sum(counts: Iterable[int | None]) -> int | None:
    present = [one for one in counts if one is not None]
    return min(sum(present), 2**63 - 1) if present else None


def _either(counts: Mapping[str, int | None], *names: str) -> int | None:
    return next((counts[name] for name in names if counts.get(name) is not None), None)
