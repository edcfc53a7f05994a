"""A real picture and a real recording, large enough to be taken out of a payload."""

import base64
import io
import random
import struct
import wave
import zlib


def png(seed: int = 1, *, side: int = 40) -> bytes:
    """Return a PNG of noise, which does not compress: 40 pixels a side are about 5 kB."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def wav(seed: int = 1, *, samples: int = 4_000) -> bytes:
    """Return half a second of noise, 16 bits at 8 kHz."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(random.Random(seed).randbytes(2 * samples))
    return written.getvalue()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{encoded(content)}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
