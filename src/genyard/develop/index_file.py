"""The file of an index: named sections of bytes and arrays in one blob, read through a memory map.

The form: the 8 bytes ``GYINDEX1``, the length of the header as 8 bytes (little-endian), the header as canonical JSON
``{name: {"dtype", "length", "offset", "shape"}}``, then the sections, each at a multiple of 64 bytes from their start.
Nothing of the time or the machine is in it: the same sections give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from genyard.core.canonical import Json, canonical_json
from genyard.core.errors import Corrupted

if TYPE_CHECKING:
    import numpy

_MAGIC = b"GYINDEX1"
_ALIGNMENT = 64


class IndexFile:
    """An opened file. Its pages are read when a section's items are."""

    def __init__(self, path: Path) -> None:
        """Raises Corrupted when the file is not of this form or is cut short."""
        import numpy as np  # heavy: only a process that searches pays for it

        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
            size = int.from_bytes(self._bytes[8:16].tobytes(), "little")
            if self._bytes[:8].tobytes() != _MAGIC or size > len(self._bytes):
                raise ValueError("another form")
            self._sections: dict[str, dict[str, Json]] = json.loads(self._bytes[16 : 16 + size].tobytes())
            self._start = 16 + size
            self._items = {name: self._view(one) for name, one in self._sections.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Corrupted(f"{path.name} is not an index that this version of Genyard can read") from error

    def array(self, name: str) -> numpy.ndarray:
        """Return a section as it was given, without copying."""
        return self._items[name]

    def text(self, name: str, start: int = 0, end: int | None = None) -> str:
        """Return a section of UTF-8 text, or the bytes ``start`` to ``end`` of it, as text."""
        return bytes(self._items[name][start:end]).decode()

    def _view(self, section: Mapping[str, Json]) -> numpy.ndarray:
        offset, length, shape = section["offset"], section["length"], section["shape"]
        assert isinstance(offset, int)
        assert isinstance(length, int)
        assert isinstance(shape, list)
        content = self._bytes[self._start + offset : self._start + offset + length]
        return content.view(str(section["dtype"])).reshape([int(str(one)) for one in shape])


def pack(sections: Mapping[str, numpy.ndarray | bytes]) -> bytes:
    """Return the content of a file of ``sections``; arrays are stored little-endian."""
    import numpy as np  # heavy: only a process that builds an index pays for it

    header: dict[str, Json] = {}
    parts: list[bytes] = []
    offset = 0
    for name, section in sections.items():
        array = np.frombuffer(section, dtype=np.uint8) if isinstance(section, bytes) else section
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        content = array.tobytes()
        header[name] = {
            "dtype": array.dtype.str,
            "length": len(content),
            "offset": offset,
            "shape": list(array.shape),
        }
        padding = -len(content) % _ALIGNMENT
        parts.append(content + bytes(padding))
        offset += len(content) + padding
    written = canonical_json(header)
    written += b" " * (-(len(written) + 16) % _ALIGNMENT)
    return b"".join([_MAGIC, len(written).to_bytes(8, "little"), written, *parts])
