"""A row in the making: columns that are filled, and attributes that no column holds yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.observe.conventions.names import NAMES
from genyard.observe.conventions.values import object_of, structured
from genyard.observe.conventions.words import MODEL_CALLS
from genyard.observe.wire import WireSpan


@dataclass(slots=True, kw_only=True)
class Draft:
    """Modules of dialects fill it in turn. What is filled first stays, so the order of the calls is the precedence."""

    span: WireSpan
    dialect: str
    operation: str
    columns: dict[str, Json]
    rest: dict[str, Json]

    @property
    def asks_a_model(self) -> bool:
        return self.operation in MODEL_CALLS

    def fill(self, column: str, value: Json) -> bool:
        """Fill a column that is empty yet; return whether it was filled now."""
        if value is None or value == "" or column in self.columns:
            return False
        self.columns[column] = value
        return True

    def override(self, column: str, value: Json) -> None:
        """Fill a column, whatever is in it. The attribute that it was read from stays an attribute then."""
        if value is None:
            return
        for name in NAMES.get(column, ()) if column in self.columns else ():
            if name in self.span.attributes:
                self.rest.setdefault(name, self.span.attributes[name])
        self.columns[column] = value

    def fill_from(self, column: str, name: str) -> None:
        """Fill a JSON column with the whole of an attribute: text of an object or array is read once."""
        if self.fill(column, structured(self.rest.get(name))):
            del self.rest[name]

    def object(self, name: str) -> dict[str, Json]:
        """Return the object that an attribute is or means; an empty one for any other."""
        return dict(object_of(self.rest.get(name)))

    def used(self, names: Iterable[str]) -> None:
        """Forget attributes that a column holds now."""
        for name in names:
            self.rest.pop(name, None)
