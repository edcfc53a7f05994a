"""The home's Ed25519 key (RFC 8032), which signs heads of chains."""

import os
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from genyard.core.errors import Corrupted
from genyard.store.files import disk_errors, make_folder, write_durably

_FILE = "chain-ed25519.pem"


class ChainKey:
    """Signs. ``public_key`` is 64 hex digits."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw().hex()

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    def sign(self, content: bytes) -> str:
        """Return the signature of ``content``: 128 hex digits."""
        return self._private.sign(content).hex()

    def pem(self) -> bytes:
        """Return the private key as unencrypted PKCS #8."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def open_key(folder: Path) -> ChainKey:
    """Return the key kept in ``folder`` (a home's ``keys``), making it on first use. For whoever holds the home's lock.

    Raises Corrupted when the file is not such a key, StorageFull and Unreachable.
    """
    path = folder / _FILE
    with disk_errors(str(path)):
        make_folder(folder)
        if not path.exists():
            write_durably(path, ChainKey.generate().pem(), mode=0o600)
        content = path.read_bytes()
        os.chmod(path, 0o600)
    try:
        private = load_pem_private_key(content, password=None)
    except ValueError as error:
        raise Corrupted(f"{path} is no private key", hint="restore it from a backup") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Corrupted(f"{path} is no Ed25519 key", hint="restore it from a backup")
    return ChainKey(private)


def is_signed(content: bytes, *, signature: str, public_key: str) -> bool:
    """Return whether ``signature`` over ``content`` was made by the owner of ``public_key``. Both are hex."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), content)
    except (ValueError, InvalidSignature):
        return False
    return True
