"""The errors of Genyard, grouped by who must act.

::

    GenyardError
    ├── UserError            the caller mends the input
    │   ├── InvalidInput         a value, file or row that does not fit           invalid_input
    │   ├── NotFound             a name, digest or id that does not exist here    not_found
    │   ├── Conflict             the state moved on, or the name is taken         conflict
    │   └── TooLarge             a body or file over its bound                    too_large
    ├── AccessError          an administrator of the project decides
    │   ├── Unauthenticated      no key, or one that is unknown or expired        unauthenticated
    │   └── Forbidden            the role or the key's scope does not allow it    forbidden
    ├── GateError            the evidence decides
    │   └── GateNotPassed        the gate failed or is undecided                  gate_not_passed
    ├── ProviderError        the model provider, or the network to it
    │   ├── ProviderTimeout      no answer within the deadline                    provider_timeout
    │   ├── ProviderRejected     it answered that the request is wrong            provider_rejected
    │   ├── ProviderOverloaded   it asked to come back later                      provider_overloaded
    │   └── ProviderBroken       what it sent is not the protocol                 provider_broken
    ├── HomeError            the operator of this home
    │   ├── HomeLocked           another process holds the home                   home_locked
    │   ├── HomeTooNew           a newer Genyard wrote this home                  home_too_new
    │   ├── StorageFull          the disk or the quota is full                    storage_full
    │   ├── Corrupted            stored bytes are not what was written            corrupted
    │   ├── Overloaded           there is too much to do now: come back later     overloaded
    │   └── Unreachable          a server or database does not answer             unreachable
    └── Cancelled            somebody asked to stop                               cancelled

The one you are meant to write::

    try:
        project.run("How do I reset my badge?")
    except genyard.GenyardError as error:
        print(error.code, error, error.hint)

Every message is one line that says what is wrong; ``hint`` says how to mend it. The table ``OUTCOMES`` maps each
code to an HTTP status and an exit code; the command line and the server use no other.
"""

from typing import ClassVar, NamedTuple


class GenyardError(Exception):
    """Base of every error that Genyard raises on purpose."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(GenyardError):
    """The caller mends the input."""

    code = "invalid_input"


class InvalidInput(UserError):
    """Raised when a value, a file or a row does not fit what is asked for."""

    code = "invalid_input"


class NotFound(UserError):
    """Raised when a name, digest or id does not exist in this project."""

    code = "not_found"


class Conflict(UserError):
    """Raised when the state moved on since it was read, or a name is taken."""

    code = "conflict"


class TooLarge(UserError):
    """Raised when a body, file or row is over its bound."""

    code = "too_large"


class AccessError(GenyardError):
    """An administrator of the project decides."""

    code = "forbidden"


class Unauthenticated(AccessError):
    """Raised when no key came, or one that is unknown, revoked or expired."""

    code = "unauthenticated"


class Forbidden(AccessError):
    """Raised when the role or the key's scope does not allow the operation."""

    code = "forbidden"


class GateError(GenyardError):
    """The evidence decides."""

    code = "gate_not_passed"


class GateNotPassed(GateError):
    """Raised when a release may not go where its gate has not passed."""

    code = "gate_not_passed"


class ProviderError(GenyardError):
    """The model provider, or the network to it."""

    code = "provider_broken"


class ProviderTimeout(ProviderError):
    """Raised when the provider gave no answer within the deadline."""

    code = "provider_timeout"


class ProviderRejected(ProviderError):
    """Raised when the provider answered that the request itself is wrong (4xx)."""

    code = "provider_rejected"


class ProviderOverloaded(ProviderError):
    """Raised when the provider asked to come back later (429, 5xx).

    ``retry_after_s`` is the number of seconds it asked for, where it did.
    """

    code = "provider_overloaded"

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ProviderBroken(ProviderError):
    """Raised when what the provider sent is not the protocol, or stops half way."""

    code = "provider_broken"


class HomeError(GenyardError):
    """The operator of this home acts."""

    code = "corrupted"


class HomeLocked(HomeError):
    """Raised when another process holds the home."""

    code = "home_locked"


class HomeTooNew(HomeError):
    """Raised when a newer Genyard wrote this home; nothing was touched."""

    code = "home_too_new"


class StorageFull(HomeError):
    """Raised when the disk or the quota is full; what was acknowledged is kept."""

    code = "storage_full"


class Corrupted(HomeError):
    """Raised when stored bytes are not the bytes that were written."""

    code = "corrupted"


class Unreachable(HomeError):
    """Raised when a server or a database does not answer."""

    code = "unreachable"


class Overloaded(HomeError):
    """Raised when there is too much to do now; ``retry_after_s`` is the number of seconds to wait."""

    code = "overloaded"

    def __init__(self, message: str, *, hint: str = "try again in a moment", retry_after_s: float = 1) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Cancelled(GenyardError):
    """Raised when somebody asked to stop."""

    code = "cancelled"


class Outcome(NamedTuple):
    """What the edges say for one error code."""

    http_status: int
    exit_code: int


OUTCOMES: dict[str, Outcome] = {
    "internal": Outcome(500, 1),
    "invalid_input": Outcome(422, 2),
    "not_found": Outcome(404, 2),
    "conflict": Outcome(409, 2),
    "too_large": Outcome(413, 2),
    "unauthenticated": Outcome(401, 3),
    "forbidden": Outcome(403, 3),
    "gate_not_passed": Outcome(409, 4),
    "provider_timeout": Outcome(504, 5),
    "provider_rejected": Outcome(502, 5),
    "provider_overloaded": Outcome(503, 5),
    "provider_broken": Outcome(502, 5),
    "home_locked": Outcome(503, 6),
    "home_too_new": Outcome(503, 6),
    "storage_full": Outcome(507, 6),
    "corrupted": Outcome(500, 6),
    "overloaded": Outcome(429, 6),
    "unreachable": Outcome(503, 6),
    "cancelled": Outcome(499, 130),
}


def error_types() -> dict[str, type[GenyardError]]:
    """Return the most specific class of each code, for turning an answer of the API back into an error."""
    found: dict[str, type[GenyardError]] = {"internal": GenyardError}
    waiting: list[type[GenyardError]] = [GenyardError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found[kind.code] = kind
            waiting.append(kind)
    return found
