"""The provider ``embedded``: the model ``reader`` behind the port of every model."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable

from genyard.core.errors import ProviderRejected
from genyard.discover.chat import ChatRequest, Completion, Delta, Usage
from genyard.discover.reader.answering import UNKNOWN, find_answer
from genyard.discover.reader.prompt import read_prompt
from genyard.discover.reader.question import read_question

MODEL = "reader"
VERSION = "reader-1"
"""Changes whenever the same messages could be answered differently."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_PIECE = re.compile(r"\S+\s*|\s+")


class Reader:
    """A small extractive model: no key, no download, no GPU, and the same answer every time.

    It sees only the messages. It answers with the sentence that carries the answer and cites its passage as
    ``[label]``, or says ``I do not know.`` It follows no instructions, wherever they stand, and ignores parameters
    and tools. Its usage counts words and signs of punctuation as tokens.
    """

    async def complete(self, request: ChatRequest) -> Completion:
        """Return the answer. Raises ProviderRejected for a model that is not ``reader``."""
        if request.model.model != MODEL:
            raise ProviderRejected(f"embedded has no model {request.model.model!r}", hint=f"use embedded/{MODEL}")
        # A few milliseconds of computing as a rule, a second for the longest prompts: not on the event loop.
        return await asyncio.to_thread(_complete, request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the answer word by word, then the completion."""
        completion = await self.complete(request)
        for piece in _PIECE.findall(completion.content):
            yield Delta(content=piece)
        yield Delta(completion=completion)


def _complete(request: ChatRequest) -> Completion:
    prompt = read_prompt(request.messages)
    answer = find_answer(read_question(prompt.question), prompt.passages)
    content = UNKNOWN if answer is None else str(answer)
    return Completion(
        content=content,
        finish_reason="stop",
        usage=Usage(input_tokens=_count(one.content for one in request.messages), output_tokens=_count([content])),
        response_model=VERSION,
    )


def _count(texts: Iterable[str]) -> int:
    return sum(len(_TOKEN.findall(text)) for text in texts)
