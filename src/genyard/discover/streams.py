"""Closing a stream of pieces on time, whoever made it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def closing(pieces: AsyncIterator[T]) -> AsyncGenerator[AsyncIterator[T], None]:
    """Close ``pieces`` at the end of the block, also when it is left half way.

    A generator that is only dropped lets go of its connection when it is collected, which may be much later.
    """
    try:
        yield pieces
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()
