"""A masker as it is sent to another process."""

from functools import lru_cache
from typing import Any, cast

import msgspec

from genyard.core.canonical import canonical_json, read_canonical
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policy import read_policy

_REMEMBERED = 256


class SentMasker(msgspec.Struct, frozen=True, kw_only=True):
    """What a masker is made of."""

    policy: str
    """Canonical JSON."""
    key: bytes


@lru_cache(maxsize=_REMEMBERED)
def sent(masker: Masker) -> SentMasker:
    """Return what ``received`` makes the same masker of."""
    return SentMasker(policy=canonical_json(masker.policy.as_json()).decode(), key=masker.key)


@lru_cache(maxsize=_REMEMBERED)  # its patterns take milliseconds to compile
def received(of: SentMasker) -> Masker:
    """Return the masker that was sent."""
    return Masker(read_policy(cast("dict[str, Any]", read_canonical(of.policy))), key=of.key)
