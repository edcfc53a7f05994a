"""An error of the tree on its way from one process to another."""

import msgspec

from genyard.core.errors import GenyardError, error_types


class CrossedError(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """What is said of an error, and which one it is."""

    code: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: GenyardError) -> "CrossedError":
        return cls(code=error.code, message=error.message, hint=error.hint)

    def error(self) -> GenyardError:
        """Return the error that it was made of; a GenyardError where its code is not known here."""
        return error_types().get(self.code, GenyardError)(self.message, hint=self.hint)
