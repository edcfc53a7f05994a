"""Errors that cross from one process to another are the same errors there."""

import msgspec
import pytest

from genyard.core.crossed import CrossedError
from genyard.core.errors import GenyardError, InvalidInput, StorageFull, error_types


@pytest.mark.parametrize("kind", [error_types()[code] for code in sorted(error_types())])
def test_every_error_of_the_tree_comes_back_as_itself(kind: type[GenyardError]) -> None:
    sent = msgspec.msgpack.encode(CrossedError.of(kind("no room", hint="make some")))
    found = msgspec.msgpack.decode(sent, type=CrossedError).error()
    assert (type(found), found.message, found.hint) == (kind, "no room", "make some")


def test_a_code_that_is_not_known_is_still_an_error() -> None:
    found = CrossedError(code="of_tomorrow", message="new", hint="").error()
    assert not isinstance(found, InvalidInput | StorageFull)
    assert found.message == "new"
