"""Values on their way into SQL: each is bound under a name of its own, and the SQL names it."""


class Binding:
    """The parameters of one query."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def add(self, value: object) -> str:
        """Bind a value; return how the SQL names it."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"
