"""The key that signs heads."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from genyard.access.chain_key import ChainKey, is_signed, open_key
from genyard.core.errors import Corrupted


def test_the_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    first = open_key(tmp_path / "keys")
    assert open_key(tmp_path / "keys").public_key == first.public_key
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_signature_holds_for_its_bytes_and_key_only() -> None:
    key, other = ChainKey.generate(), ChainKey.generate()
    signature = key.sign(b"head")
    assert is_signed(b"head", signature=signature, public_key=key.public_key)
    assert not is_signed(b"heat", signature=signature, public_key=key.public_key)
    assert not is_signed(b"head", signature=signature, public_key=other.public_key)
    assert not is_signed(b"head", signature="no hex", public_key=key.public_key)
    assert not is_signed(b"head", signature=signature, public_key="00")


def test_what_is_no_such_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / "chain-ed25519.pem"
    path.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(Corrupted, match="is no private key"):
        open_key(tmp_path)
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Corrupted, match="is no Ed25519 key"):
        open_key(tmp_path)
