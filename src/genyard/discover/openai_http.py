"""Models behind an HTTP server that speaks the OpenAI format: OpenAI itself, vLLM, Ollama and many more."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import aiohttp

from genyard.core.clock import Clock
from genyard.core.errors import InvalidInput, ProviderBroken, ProviderError, ProviderTimeout
from genyard.core.escape import one_line
from genyard.discover.chat import ChatRequest, Completion, Delta, ModelRef
from genyard.discover.connections import Connections
from genyard.discover.openai_answer import decode_answer, decode_completion, decode_embeddings
from genyard.discover.openai_errors import refusal, refusal_in_stream
from genyard.discover.openai_request import encode_embedding_request, encode_request
from genyard.discover.openai_stream import ChunkAssembler
from genyard.discover.sse import EventParser
from genyard.discover.streams import closing

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The most that is read of one answer, streamed or not."""
MAX_ERROR_BYTES = 64 * 1024
EMBED_BATCH = 128
DRAIN_S = 0.1


class OpenAIModel:
    """One server of the OpenAI format. Implements ChatModel and Embedder.

    ``base_url`` ends before ``/chat/completions``; an empty ``api_key`` sends none. ``connections`` belong to the
    caller. ``key_hint`` says which setting mends a refused key. A call that is left half way closes its connection.
    Raises InvalidInput for a key that no header can carry.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        connections: Connections,
        *,
        clock: Clock,
        timeout_s: float = 60.0,
        key_hint: str = "",
    ) -> None:
        # The HTTP library would refuse such a key too, and quote it.
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
            raise InvalidInput("the key of the model server holds a character that a key cannot have", hint=key_hint)
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._connections = connections
        self._proxy = connections.proxy_for(base_url)
        self._clock = clock
        self._timeout_s = timeout_s
        self._key_hint = key_hint
        self._host = one_line(urlsplit(base_url).netloc)

    async def complete(self, request: ChatRequest) -> Completion:
        """Return the whole answer. Raises ProviderError, and InvalidInput for parameters that cannot be sent."""
        body = encode_request(request, stream=False)
        until = self._deadline(request.deadline_s)
        return decode_completion(await self._ask("chat/completions", body, until))

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield pieces as they come, then the completion. Raises as ``complete`` does, also half way."""
        until = self._deadline(request.deadline_s)
        response = await self._send("chat/completions", encode_request(request, stream=True), until)
        assembler = ChunkAssembler()
        done = False
        chunks = response.content
        try:
            async with closing(self._events(chunks, until)) as events:
                async for data in events:
                    if data.strip() == "[DONE]":
                        done = True
                        break
                    text = assembler.add(decode_answer(data))
                    if text:
                        yield Delta(content=text)
            if done:
                await self._drain(chunks, until)
        finally:
            response.close()
        yield Delta(completion=assembler.finish(done=done))

    async def embed(self, model: ModelRef, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, in order. Raises ProviderError. The deadline is for each batch of texts."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), EMBED_BATCH):
            batch = texts[start : start + EMBED_BATCH]
            content = await self._ask("embeddings", encode_embedding_request(model, batch), self._deadline(None))
            vectors += decode_embeddings(content, count=len(batch))
        return vectors

    def _deadline(self, seconds: float | None) -> float:
        return asyncio.get_running_loop().time() + (self._timeout_s if seconds is None else seconds)

    async def _ask(self, path: str, body: bytes, until: float) -> bytes:
        response = await self._send(path, body, until)
        try:
            return await self._read(response.content, until, limit=MAX_BODY_BYTES)
        finally:
            response.close()

    async def _send(self, path: str, body: bytes, until: float) -> aiohttp.ClientResponse:
        """Return the answer with its body unread. Raises ProviderError when its status is not 2xx."""
        async with self._watched(until):
            response = await self._connections.session.post(
                f"{self._base_url}/{path}",
                data=body,
                headers=self._headers(),
                proxy=self._proxy,
                allow_redirects=False,  # another host would be sent the key
            )
        if 200 <= response.status < 300:
            return response
        try:
            content = await self._read(response.content, until, limit=MAX_BODY_BYTES)
        finally:
            response.close()
        raise refusal(
            response.status,
            response.headers,
            content,
            host=self._host,
            key=self._api_key,
            hint=self._key_hint,
            now_ns=self._clock.now_ns(),
        )

    def _headers(self) -> dict[str, str]:
        # Nothing compressed: a small body could otherwise unfold to one beyond the bound.
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        return headers | ({"authorization": f"Bearer {self._api_key}"} if self._api_key else {})

    async def _read(self, chunks: aiohttp.StreamReader, until: float, *, limit: int) -> bytes:
        """Read to the end of the body. Raises ProviderBroken beyond ``limit`` bytes."""
        content = bytearray()
        while chunk := await self._next(chunks, until):
            content += chunk
            if len(content) > limit:
                raise self._too_long(limit)
        return bytes(content)

    async def _drain(self, chunks: aiohttp.StreamReader, until: float) -> None:
        """Wait a moment for the end of the body: only then can the connection be used again."""
        soon = min(until, self._deadline(DRAIN_S))
        with suppress(ProviderError):
            await self._read(chunks, soon, limit=MAX_ERROR_BYTES)

    async def _events(self, chunks: aiohttp.StreamReader, until: float) -> AsyncIterator[str]:
        """Yield the data of each event. Raises the error that an event holds."""
        parser = EventParser()
        size = 0
        while chunk := await self._next(chunks, until):
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise self._too_long(MAX_BODY_BYTES)
            for event in parser.feed(chunk):
                error = refusal_in_stream(event.data, host=self._host, key=self._api_key)
                if error is not None:
                    raise error
                yield event.data

    async def _next(self, chunks: aiohttp.StreamReader, until: float) -> bytes:
        """Return what has come, and nothing at the end of the body."""
        async with self._watched(until):
            return await chunks.readany()

    def _too_long(self, limit: int) -> ProviderError:
        return ProviderBroken(f"{self._host} sent an answer of more than {limit // 2**20} MB")

    @asynccontextmanager
    async def _watched(self, until: float) -> AsyncIterator[None]:
        """Turn the end of the time, and what goes wrong on the network, into ProviderError."""
        try:
            async with asyncio.timeout_at(until if math.isfinite(until) else None):
                yield
        except TimeoutError as error:
            raise ProviderTimeout(f"{self._host} gave no whole answer within the deadline") from error
        except aiohttp.ClientConnectorError as error:
            raise ProviderBroken(
                f"{self._host} cannot be reached", hint="check the base URL and the network"
            ) from error
        except (aiohttp.ClientError, aiohttp.InvalidURL) as error:
            message = f"the connection to {self._host} was lost: {one_line(str(error)) or type(error).__name__}"
            raise ProviderBroken(message) from error
