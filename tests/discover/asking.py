"""Short ways to ask a model in tests."""

from genyard.discover.chat import ChatModel, ChatRequest, Completion, Delta, Message, ModelRef
from genyard.discover.streams import closing

OPENAI = ModelRef(provider="openai", model="gpt-5-mini")


def ask(text: str = "Hello", *, model: ModelRef = OPENAI, deadline_s: float | None = None) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message(role="user", content=text),), deadline_s=deadline_s)


async def drained(model: ChatModel, request: ChatRequest) -> tuple[list[str], Completion]:
    """Return the pieces of a stream, and the completion at its end."""
    pieces: list[Delta] = []
    async with closing(model.stream(request)) as stream:
        async for piece in stream:
            pieces.append(piece)
    completion = pieces[-1].completion
    assert completion is not None
    return [piece.content for piece in pieces[:-1]], completion
