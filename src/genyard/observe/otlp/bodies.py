"""Request bodies as they come: plain or gzip, bounded after decompression."""

import zlib

from genyard.core.errors import InvalidInput, TooLarge

_PIECE = 256 * 1024


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
    size = 0
    while body:
        member = zlib.decompressobj(wbits=31)
        rest = body
        while not member.eof:
            piece = member.decompress(rest, _PIECE)
            rest = member.unconsumed_tail
            size += len(piece)
            if size > most:
                raise TooLarge(f"the body unpacks to over {most >> 20} MB", hint="send fewer spans at once")
            pieces.append(piece)
            if not piece and not rest and not member.eof:
                raise InvalidInput("the gzip body ends before its end", hint="send it again")
        body = member.unused_data
    return b"".join(pieces)
