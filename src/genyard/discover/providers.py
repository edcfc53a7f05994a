"""Which model a name stands for, and how it is asked: the only place that makes outgoing base URLs and knows keys."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from genyard.core.clock import Clock
from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line
from genyard.core.nearest import nearest
from genyard.core.settings import Settings
from genyard.discover.chat import ChatModel, Embedder, ModelRef
from genyard.discover.prices import PricedModel, Prices
from genyard.discover.reader.model import Reader
from genyard.discover.retry import RetryingEmbedder, RetryingModel, RetryPolicy
from genyard.discover.scripted import ScriptedModel, echo, fixed

if TYPE_CHECKING:
    from genyard.discover.connections import Connections
    from genyard.discover.openai_http import OpenAIModel

PROVIDERS = ("openai", "embedded", "scripted")
_METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata"})


def parse_model(text: str) -> ModelRef:
    """Read a model as people write it: ``openai/gpt-5-mini``, ``embedded/reader``, ``http://gpu:8000/v1#qwen3``.

    Raises InvalidInput, naming the nearest provider, when it is not one.
    """
    if "://" in text:
        base_url, _, model = text.partition("#")
        return ModelRef(provider=_checked_url(base_url), model=_named(model, text))
    provider, _, model = text.partition("/")
    if provider not in PROVIDERS:
        near = nearest(provider, PROVIDERS)
        raise InvalidInput(
            f"{one_line(repr(provider))} is not a provider of models",
            hint=f"did you mean {near}/{one_line(model) or '…'}?" if near else _FORMS,
        )
    return ModelRef(provider=provider, model=_named(model, text))


_FORMS = "write openai/MODEL, embedded/reader, scripted/NAME, or http://HOST/v1#MODEL"


def _named(model: str, text: str) -> str:
    if not model.strip():
        raise InvalidInput(f"{one_line(repr(text))} names no model", hint=_FORMS)
    return model


def _checked_url(text: str) -> str:
    """Return a base URL that may be asked. Raises InvalidInput for one that holds secrets or leads to a cloud's."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".").lower()
        _ = parts.port
    except ValueError as error:
        raise InvalidInput(f"the base URL of a model is broken: {one_line(str(error))}", hint=_FORMS) from error
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidInput("the base URL of a model must begin with http:// or https:// and a host", hint=_FORMS)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidInput(
            f"the base URL at {one_line(host)} holds a user name, a password or a query",
            hint="put the key into GENYARD_OPENAI_API_KEY",
        )
    if host in _METADATA_HOSTS or _is_link_local(host):
        raise InvalidInput(f"{one_line(host)} is where a cloud keeps its own secrets; no model is asked there")
    return text.rstrip("/")


def _is_link_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


class Providers:
    """The models of one process. ``scripts`` are those that ``scripted/NAME`` stands for beside the shipped ones.

    Connections are opened at the first question and belong to the event loop that asks it; close with ``aclose``.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        random: Callable[[], float],
        scripts: Mapping[str, ScriptedModel] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._policy = RetryPolicy(
            retries=settings.max_retries,
            deadline_s=settings.request_timeout_s,
            clock=clock,
            sleep=sleep,
            random=random,
        )
        self._prices = Prices(clock)
        self._scripts = dict(scripts or {})
        self._models: dict[ModelRef, ChatModel] = {}
        self._servers: dict[str, OpenAIModel] = {}
        self._connections: Connections | None = None

    def model(self, ref: ModelRef) -> ChatModel:
        """Return the model with its retries and its price. Raises InvalidInput for an unknown one."""
        found = self._models.get(ref)
        if found is None:
            inner = RetryingModel(self._adapter(ref), self._policy)
            found = self._models[ref] = PricedModel(inner, self._prices, base_url=self.base_url(ref))
        return found

    def embedder(self, ref: ModelRef) -> Embedder:
        """Return the embedder with its retries. Raises InvalidInput for a provider that has none."""
        if ref.provider in ("embedded", "scripted"):
            raise InvalidInput(
                f"{ref.provider} has no embedding model", hint="name one such as openai/text-embedding-3-small"
            )
        return RetryingEmbedder(self._server(self.base_url(ref)), self._policy)

    def base_url(self, ref: ModelRef) -> str:
        """Return where the model is asked; empty for one that runs in this process."""
        if ref.provider == "openai":
            return _checked_url(self._settings.openai_base_url)
        return _checked_url(ref.provider) if "://" in ref.provider else ""

    async def aclose(self) -> None:
        """Close all connections."""
        connections, self._connections = self._connections, None
        self._servers.clear()
        self._models.clear()
        if connections is not None:
            await connections.aclose()

    def _adapter(self, ref: ModelRef) -> ChatModel:
        if ref.provider == "embedded":
            return Reader()
        if ref.provider == "scripted":
            return self._scripted(ref.model)
        if ref.provider == "openai" or "://" in ref.provider:
            return self._server(self.base_url(ref))
        raise InvalidInput(f"{one_line(repr(ref.provider))} is not a provider of models", hint=_FORMS)

    def _scripted(self, name: str) -> ScriptedModel:
        if name in self._scripts:
            return self._scripts[name]
        if name == "echo":
            return ScriptedModel(echo)
        if name.startswith("fixed:"):
            return fixed(name.removeprefix("fixed:"))
        known = ", ".join(f"scripted/{one}" for one in ("echo", "fixed:TEXT", *self._scripts))
        raise InvalidInput(f"there is no script {one_line(repr(name))}", hint=f"use one of {one_line(known)}")

    def _server(self, base_url: str) -> "OpenAIModel":
        server = self._servers.get(base_url)
        if server is None:
            server = self._servers[base_url] = self._opened(base_url)
        return server

    def _opened(self, base_url: str) -> "OpenAIModel":
        # A third of a second of import that no command without a model server should pay.
        from genyard.discover.connections import Connections
        from genyard.discover.openai_http import OpenAIModel

        if self._connections is None:
            self._connections = Connections()
        # The key goes to the configured server and to no other: a name like http://… may come from anybody's file.
        is_configured = base_url == _checked_url(self._settings.openai_base_url)
        return OpenAIModel(
            base_url,
            self._settings.openai_api_key if is_configured else "",
            self._connections,
            clock=self._clock,
            timeout_s=self._settings.request_timeout_s,
            key_hint="set GENYARD_OPENAI_API_KEY (or OPENAI_API_KEY)"
            if is_configured
            else f"set GENYARD_OPENAI_BASE_URL to {base_url} and GENYARD_OPENAI_API_KEY to its key",
        )
