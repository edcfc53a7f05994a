"""The key of each project that digests of masked values are made with. Without it they cannot be guessed back."""

import os
from pathlib import Path

from genyard.core.errors import Corrupted
from genyard.core.ids import IdSource
from genyard.core.refs import check_name
from genyard.store.files import disk_errors, make_folder, write_durably

_BYTES = 32


def open_masking_key(folder: Path, project: str, *, ids: IdSource) -> bytes:
    """Return the key of ``project`` kept in ``folder``, making it on first use. For whoever holds the home's lock.

    Raises Corrupted when the file is not such a key, StorageFull and Unreachable.
    """
    path = folder / f"{check_name(project, 'project')}.key"
    with disk_errors(str(path)):
        make_folder(folder)
        if not path.exists():
            write_durably(path, ids.secret().encode(), mode=0o600)
        content = path.read_bytes()
        os.chmod(path, 0o600)
    try:
        key = bytes.fromhex(content.decode())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise Corrupted(f"{path} is no key of masking", hint="restore it from a backup")
    return key
