"""Reading the statistical vectors: numbers computed by implementations independent of Genyard."""

import json
import math
from pathlib import Path
from typing import TypeAlias, cast

Value: TypeAlias = "float | str | bool | None | list[Value] | dict[str, Value]"
Case = dict[str, Value]


def load(shared_data: Path, name: str) -> tuple[list[Case], float]:
    """The cases of one file and its stated tolerance."""
    content = json.loads((shared_data / "stat_vectors" / f"{name}.json").read_text(encoding="utf-8"))
    return content["cases"], content["tolerance"]


def number(case: Case, key: str) -> float:
    value = case[key]
    assert isinstance(value, int | float), f"{key} is {value!r}"
    return value


def whole(case: Case, key: str) -> int:
    return int(number(case, key))


def numbers(case: Case, key: str) -> list[float]:
    return cast("list[float]", case[key])


def agree(found: object, expected: Value, tolerance: float) -> bool:
    """Equal within the tolerance: absolute, relative above 1. None agrees with None, and with an infinite end."""
    if isinstance(expected, list):
        assert isinstance(found, tuple | list)
        return all(agree(mine, theirs, tolerance) for mine, theirs in zip(found, expected, strict=True))
    if expected in (None, "inf") or found is None:
        return found is None and expected in (None, "inf")
    assert isinstance(expected, int | float) and isinstance(found, int | float)
    return math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance)
