"""The error tree: every class has a code, every code an outcome, and the drawing tells the truth."""

import re

import pytest

from genyard.core import errors
from genyard.core.errors import OUTCOMES, GenyardError, NotFound, ProviderOverloaded, error_types


def _classes() -> list[type[GenyardError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, GenyardError)]


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_an_outcome(kind: type[GenyardError]) -> None:
    assert kind.code in OUTCOMES


def test_the_drawing_names_every_class_and_the_code_of_every_leaf() -> None:
    drawn = re.findall(r"[├└]── (\w+) +.*?(?: {2,}(\w+))?$", errors.__doc__ or "", re.MULTILINE)
    leaves = {kind.__name__: kind.code for kind in _classes() if not kind.__subclasses__()}
    assert {name for name, _ in drawn} == {kind.__name__ for kind in _classes()} - {"GenyardError"}
    assert {name: code for name, code in drawn if name in leaves} == leaves


def test_a_code_leads_to_the_most_specific_class() -> None:
    assert error_types()["not_found"] is NotFound
    assert set(error_types()) == set(OUTCOMES)


def test_an_error_carries_its_mend_and_its_wait() -> None:
    error = ProviderOverloaded("busy", hint="wait", retry_after_s=3)
    assert (str(error), error.hint, error.retry_after_s) == ("busy", "wait", 3)
