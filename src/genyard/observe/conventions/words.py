"""Words that senders use for operations, providers and ends, and the one word of each that a column holds."""

from collections.abc import Mapping

OPERATIONS = frozenset(
    {"chat", "completion", "embeddings", "rerank", "retrieval", "execute_tool", "invoke_agent", "create_agent"}
    | {"workflow", "chain", "step", "plan", "prompt", "guardrail", "evaluate", "memory", "mcp", "other"}
)
MODEL_CALLS = frozenset({"chat", "completion", "embeddings", "rerank"})
"""Operations whose usage is their own; any other repeats what was used below it."""

_KINDS: Mapping[str, str] = {
    "agent": "invoke_agent",
    "chat_model": "chat",
    "embedding": "embeddings",
    "evaluator": "evaluate",
    "generation": "chat",
    "llm": "chat",
    "parser": "chain",
    "reranker": "rerank",
    "retriever": "retrieval",
    "session": "chain",
    "task": "chain",
    "tool": "execute_tool",
}
"""Words of the dialects that name a kind of span rather than an operation."""

_GEN_AI: Mapping[str, str] = {
    "agent_step": "step",
    "apply_guardrail": "guardrail",
    "execute_event_loop_cycle": "step",
    "generate_content": "chat",
    "invoke_workflow": "workflow",
    "text_completion": "completion",
}

KNOWN_OPERATIONS: Mapping[str, str] = {**{word: word for word in OPERATIONS}, **_GEN_AI}
"""The words that OpenTelemetry's names allow, for a quick look."""


def operation_of(word: str) -> str:
    """Return the operation that a sender's word means; ``other`` for a word that nobody knows."""
    lower = word.lower()
    if lower in OPERATIONS:
        return lower
    found = _GEN_AI.get(lower) or _KINDS.get(lower)
    return found or ("memory" if lower.endswith(("_memory", "_memory_store")) else "other")


def vercel_operation(word: str) -> str:
    """Return the operation of an ``ai.operationId``, such as ``ai.generateText.doGenerate``."""
    last = word.rpartition(".")[2]
    if last in ("doGenerate", "doStream"):
        return "chat"
    if last == "doEmbed":
        return "embeddings"
    if last == "toolCall":
        return "execute_tool"
    if last in ("embed", "embedMany"):
        return "chain"
    return "rerank" if last in ("rerank", "doRerank") else "invoke_agent"


_FRAMEWORKS = frozenset(
    {"agno", "autogen", "crewai", "haystack", "langchain", "langgraph", "litellm", "llama_index", "llamaindex"}
    | {"openai_agents", "pydantic-ai", "pydantic_ai", "semantic_kernel", "smolagents", "strands", "strands-agents"}
)
"""Senders that name themselves where the provider belongs."""

_PROVIDERS: Mapping[str, str] = {
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gen_ai",
    "google.generative-ai": "gcp.gemini",
    "google.vertex": "gcp.vertex_ai",
    "google_genai": "gcp.gen_ai",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "moonshot": "moonshot_ai",
    "moonshotai": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
PROVIDERS = frozenset(
    {"anthropic", "cohere", "deepseek", "groq", "openai", "perplexity", "x_ai"} | set(_PROVIDERS.values())
)
"""Well-known names of OpenTelemetry."""
_API_WORDS = frozenset(
    {"chat", "completion", "completions", "embedding", "embeddings", "image", "messages", "responses", "speech"}
    | {"text", "textembedding", "transcription", "video"}
)
"""What Vercel's SDK puts behind a provider, such as ``openai.chat``."""


def provider_of(word: str) -> str | None:
    """Return the well-known name of a provider; None where a framework named itself."""
    lower = word.lower()
    first, dot, last = lower.rpartition(".")
    if dot and last in _API_WORDS:
        lower = first
    return None if lower in _FRAMEWORKS else _PROVIDERS.get(lower, lower)


_FINISH_REASONS: Mapping[str, str] = {
    "completed": "stop",
    "content-filter": "content_filter",
    "end_turn": "stop",
    "function_call": "tool_call",
    "max_output_tokens": "length",
    "max_tokens": "length",
    "safety": "content_filter",
    "stop_sequence": "stop",
    "tool-calls": "tool_call",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
}


def finish_reason_of(word: str) -> str:
    lower = word.lower()
    return _FINISH_REASONS.get(lower, lower)
