"""Digests: the identity of immutable things, written ``sha256:`` and 64 hex digits as in OCI."""

import hashlib
import re
from typing import NewType

from genyard.core.canonical import canonical_json
from genyard.core.errors import InvalidInput

Digest = NewType("Digest", str)

_FORM = re.compile(r"sha256:[0-9a-f]{64}")
_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")


def digest_of_bytes(content: bytes) -> Digest:
    """Return the digest of a blob: of its bytes as they are."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def digest_of_json(value: object) -> Digest:
    """Return the digest of a JSON value: of its canonical text. Raises InvalidInput where it has none."""
    return digest_of_bytes(canonical_json(value))


def parse_digest(text: str) -> Digest:
    """Return ``text`` as a digest. Raises InvalidInput when it is not a whole one."""
    if not _FORM.fullmatch(text):
        raise InvalidInput(f"{text!r} is not a digest", hint="write sha256: and 64 hex digits")
    return Digest(text)


def digest_prefix(text: str) -> str | None:
    """Return ``sha256:`` and the hex digits of a digest or of its first 6 or more digits, else None."""
    found = _PREFIX.fullmatch(text)
    return f"sha256:{found[1]}" if found else None


def short(digest: str) -> str:
    """Return the form for people: the first 8 hex digits."""
    return digest.removeprefix("sha256:")[:8]
