"""References to media: what stands in a payload where an image, a recording or a file was taken out of it.

``genyard:media/sha256:HEX;type=image/png;size=12345`` stands where a data URL stood, and the same with ``;base64`` at
its end where base64 stood alone. It is written with letters that JSON never escapes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.core.digest import Digest

SCHEME = "genyard:media/"
OTHER_TYPE = "application/octet-stream"
_REFERENCE = re.compile(
    SCHEME
    + r"(sha256:[0-9a-f]{64});type=([a-z0-9][a-z0-9.+-]{0,59}/[a-z0-9][a-z0-9.+-]{0,79});size=([0-9]{1,12})(;base64)?"
)

_CUT = re.compile(SCHEME + r"sha256:[0-9a-z:;=./+-]{0,250}+\Z")

ENDINGS = {
    "application/pdf": ".pdf",
    "audio/aac": ".aac",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/webm": ".weba",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/ogg": ".ogv",
    "video/webm": ".webm",
}
"""How a file of a type is called. Any other is ``.bin``: a name must not make a program run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReference:
    """Bytes that lie in the lake under the day of the span that refers to them."""

    digest: Digest
    media_type: str
    """What the bytes say they are or, where they do not say it, what their sender said."""
    size: int
    alone: bool = False
    """Whether it stands for base64 alone, and not for a data URL."""

    def __str__(self) -> str:
        ending = ";base64" if self.alone else ""
        return f"{SCHEME}{self.digest};type={self.media_type};size={self.size}{ending}"

    @property
    def file_name(self) -> str:
        """A name for a file of it."""
        return self.digest.removeprefix("sha256:")[:16] + ENDINGS.get(self.media_type, ".bin")


Replace = Callable[[MediaReference], str | None]


def references_in(value: Json) -> Iterator[MediaReference]:
    """Yield the references in all texts of a value, in order, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if SCHEME in one:
                yield from map(_read, _REFERENCE.finditer(one))
        elif isinstance(one, Mapping):
            waiting += reversed(list(one.values()))
        elif isinstance(one, list | tuple):
            waiting += reversed(one)


def without_references(text: str) -> str:
    """Return a text with a plain word in the place of each reference, also of one that was cut off at its end."""
    if SCHEME not in text:
        return text
    return _CUT.sub("[media]", _REFERENCE.sub(lambda found: f"[{found[2]}]", text))


def replaced(text: str, new: Replace) -> str:
    """Return a text with every reference replaced by what ``new`` returns for it; None leaves it."""
    if SCHEME not in text:
        return text

    def one(found: re.Match[str]) -> str:
        made = new(_read(found))
        return found[0] if made is None else made

    return _REFERENCE.sub(one, text)


def _read(found: re.Match[str]) -> MediaReference:
    return MediaReference(digest=Digest(found[1]), media_type=found[2], size=int(found[3]), alone=found[4] is not None)
