"""Images, recordings and films of a payload, as a page shows them; a file of another kind is a link."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from genyard.core.canonical import Json
from genyard.core.media import references_in
from genyard.observe.media_types import SHOWN
from genyard.server.pages import figures

MOST_MEDIA = 24
"""Of one message or payload. The rest is behind the links of its text."""

Kind = Literal["image", "audio", "video", "file"]
_KINDS: Mapping[str, Kind] = {"image": "image", "audio": "audio", "video": "video"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One of them. ``about`` says what it is to who does not see it."""

    digest: str
    kind: Kind
    about: str


def media_in(value: Json) -> tuple[Medium, ...]:
    """Return what a payload refers to, each once, in order."""
    found = {
        one.digest: Medium(digest=one.digest, kind=_kind(one.media_type), about=f"{one.media_type}, {_size(one.size)}")
        for one in references_in(value)
    }
    return tuple(islice(found.values(), MOST_MEDIA))


def _kind(media_type: str) -> Kind:
    return _KINDS.get(media_type.partition("/")[0], "file") if media_type in SHOWN else "file"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{figures.count(max(1, round(size / 1e3)))} kB"
