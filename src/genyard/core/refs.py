"""References to artifacts: ``kind/name``, ``kind/name:3``, ``kind/name@prod``, ``kind/name@sha256:…`` (as in OCI)."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput

ArtifactKind = Literal[
    "model",
    "prompt",
    "dataset",
    "corpus",
    "index",
    "tool",
    "toolset",
    "guard",
    "metric",
    "judge",
    "adapter",
    "system",
    "release",
    "monitor",
    "policy",
]
ARTIFACT_KINDS: tuple[ArtifactKind, ...] = get_args(ArtifactKind)

DEFAULT_PROJECT = "default"
"""The project of whoever names none. It is always there."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_REF = re.compile(r"(?P<kind>[a-z]+)/(?P<name>[^:@]+)(?::(?P<version>[0-9]{1,9}))?(?:@(?P<at>[a-z0-9:._-]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A reference as people write it. At most one of the last three is set; none means the newest."""

    kind: ArtifactKind
    name: str
    version: int | None = None
    alias: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        version = f":{self.version}" if self.version is not None else ""
        at = self.digest or self.alias
        return f"{self.kind}/{self.name}{version}" + (f"@{at}" if at else "")


def check_name(name: str, what: str = "name") -> str:
    """Return ``name`` if it is 1 to 64 of a-z, 0-9, dot, dash and underscore. Raises InvalidInput otherwise."""
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a {what}",
            hint="use 1 to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit",
        )
    return name


def parse_ref(text: str) -> Ref:
    """Read a reference. Raises InvalidInput when it is not one."""
    found = _REF.fullmatch(text)
    if not found or found["kind"] not in ARTIFACT_KINDS:
        raise InvalidInput(f"{text!r} is not a reference", hint="write kind/name:version, such as prompt/answer:3")
    version = int(found["version"]) if found["version"] else None
    at = found["at"]
    if version is not None and at:
        raise InvalidInput(f"{text!r} names a version and a digest or alias", hint="keep one of them")
    digest = Digest(at) if at and at.startswith("sha256:") else None
    return Ref(
        kind=found["kind"],
        name=check_name(found["name"]),
        version=version,
        alias=at if at and digest is None else None,
        digest=digest,
    )
