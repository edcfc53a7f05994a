"""Request bodies as they come: plain or gzip, bounded after decompression."""

import zlib

from genyard.core.errors import InvalidInput, TooLarge

_PIECE = 256 * 1024
_MEMBERS = 1_000
"""Streams that one body may be joined of. Clients make one; each costs time even when it holds nothing."""


def plain(body: bytes, encoding: str, *, most: int) -> bytes:
    """Return ``body`` without its ``Content-Encoding``.

    Raises TooLarge when more than ``most`` bytes come out, before they are made, and InvalidInput for what is not gzip
    or for another encoding.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise InvalidInput(f"the encoding {encoding[:40]!r} is not read", hint="send gzip, or no encoding")
    try:
        return _unzipped(body, most)
    except zlib.error as error:
        raise InvalidInput(f"the body is not gzip: {error}", hint="send what Content-Encoding says") from error


def _unzipped(body: bytes, most: int) -> bytes:
    """Members are read one after the other, as gzip allows, each in pieces so that a bomb is noticed on the way."""
    pieces: list[bytes] = []
    size = at = members = 0
    while at < len(body):
        members += 1
        if members > _MEMBERS:
            raise InvalidInput(f"the gzip body has over {_MEMBERS:,} parts", hint="compress a request as one")
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            # What is left over is copied each time: of the whole body, many members would take hours.
            given = member.unconsumed_tail or body[at : at + _PIECE]
            at += 0 if member.unconsumed_tail else len(given)
            piece = member.decompress(given, _PIECE)
            size += len(piece)
            if size > most:
                raise TooLarge(f"the body unpacks to over {most >> 20} MB", hint="send fewer spans at once")
            pieces.append(piece)
            if not piece and not given and not member.eof:
                raise InvalidInput("the gzip body ends before its end", hint="send it again")
        at -= len(member.unused_data)
    return b"".join(pieces)
