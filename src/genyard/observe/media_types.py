"""What bytes are, by how they begin. The word of a sender is not taken where the bytes say it themselves."""

import re

from genyard.core.media import ENDINGS, OTHER_TYPE

_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,59}/[a-z0-9][a-z0-9.+-]{0,79}")
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"%PDF-", "application/pdf"),
)
_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"avif": "image/avif", b"avis": "image/avif"}
_UNSEEN = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"qt  ": "video/quicktime"}
_HOLDERS = {
    "audio/ogg": frozenset({"video/ogg"}),
    "video/mp4": frozenset({"audio/mp4"}),
    "video/webm": frozenset({"audio/webm"}),
}
"""Files that hold sound or pictures: what is in them only their sender says."""
_WORDS = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pcm16": "audio/l16",
    "pdf": "application/pdf",
    "png": "image/png",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
_SAME = {
    "audio/mp3": "audio/mpeg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "image/jpg": "image/jpeg",
}
_MODALITIES = frozenset({"image", "audio", "video", "document"})

SHOWN = frozenset(ENDINGS) - {"application/pdf"}
"""What a browser may show by itself: pictures, sound and film that it draws and never runs. SVG is a document."""


def declared(word: str) -> str | None:
    """Return the type that a sender's word means: a media type, a format such as ``wav``, or a modality."""
    word = word.replace("\\", "").strip().lower()
    if "/" in word:
        named = word.partition(";")[0].strip()
        return _SAME.get(named, named) if _TYPE.fullmatch(named) else None
    return _WORDS.get(word) or (OTHER_TYPE if word in _MODALITIES else None)


def type_of(content: bytes, said: str | None) -> str | None:
    """Return the type of ``content``; ``said`` is what its sender says. None where neither says anything."""
    found = _begun(content)
    if found is None:
        # The frames of MPEG audio begin with eleven bits only: too little where nobody says that it is that.
        return said
    return said if said in _HOLDERS.get(found, ()) else found


def shown_as(content: bytes, said: str) -> str | None:
    """Return the type that a browser may be told to show ``content`` as; None for what it may only save."""
    found = _begun(content)
    if found is None and said in ("audio/mpeg", "audio/aac") and content[:1] == b"\xff" and content[1:2] >= b"\xe0":
        return said
    kind = type_of(content, said) if found else None
    return kind if kind in SHOWN else None


def _begun(content: bytes) -> str | None:
    for beginning, name in _BEGINNINGS:
        if content.startswith(beginning):
            return name
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return _BRANDS.get(brand) or _UNSEEN.get(brand) or "video/mp4"
    return None
