"""Instrumentors of the ecosystem that are installed: those of generative AI are switched on."""

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points

from genyard.client.application.quiet import log
from genyard.core.nearest import did_you_mean

_GROUPS = ("openinference_instrumentor", "opentelemetry_instrumentor")
"""In order of preference: two instrumentors of one library would write each call down twice."""
LIBRARIES = frozenset(
    {"agno", "anthropic", "bedrock", "cohere", "crewai", "dspy", "google_generativeai", "google-genai", "groq"}
    | {"guardrails", "haystack", "instructor", "langchain", "litellm", "llama_index", "llamaindex", "mcp", "mistralai"}
    | {"ollama", "openai", "openai_agents", "portkey", "pydantic_ai", "replicate", "smolagents", "together"}
    | {"transformers", "vertexai", "watsonx"}
)
"""Names under which instrumentors of generative AI register themselves."""


def instrument(names: Collection[str] | None) -> list[str]:
    """Switch on the installed instrumentors of ``names``, or of all libraries of generative AI; return which."""
    wanted = LIBRARIES if names is None else frozenset(names)
    found = _installed(wanted)
    for name in sorted(wanted - found.keys()) if names is not None else ():
        # A name that is not known is no name of a package either: somebody else may have taken it.
        if name in LIBRARIES:
            log.warning("no instrumentor of %s is installed: pip install %s", name, _package(name))
        else:
            log.warning("there is no instrumentor of %s: %s", name[:80], did_you_mean(name, LIBRARIES))
    if not found and names is None:
        log.warning(
            "genyard.init: no instrumentor is installed, so calls of models are not seen: pip install one, such as %s",
            _package("openai"),
        )
    return [name for name, point in found.items() if _switched_on(point)]


def _package(name: str) -> str:
    return f"openinference-instrumentation-{name.replace('_', '-')}"


def _installed(wanted: Collection[str]) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for group in _GROUPS:
        for point in entry_points(group=group):
            if point.name in wanted:
                found.setdefault(point.name, point)
    return found


def _switched_on(point: EntryPoint) -> bool:
    try:
        instrumentor = point.load()()
        if not instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.instrument()
    except Exception as error:  # noqa: BLE001 - one instrumentor that does not fit must not stop the others
        log.warning("the instrumentor of %s could not be switched on: %s", point.name, error)
        return False
    return True
