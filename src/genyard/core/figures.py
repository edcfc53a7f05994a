"""How a measured mean is told, the same on the command line and on the pages."""

from collections.abc import Callable

MISSING = "—"


def interval(lower: float | None, upper: float | None, *, figure: Callable[[float | None], str]) -> str:
    """Return ``[0.711, 0.772]``. An end that nothing bounds is ``—``, and so is the whole where both are."""
    if lower is None and upper is None:
        return MISSING
    return f"[{figure(lower)}, {figure(upper)}]"
