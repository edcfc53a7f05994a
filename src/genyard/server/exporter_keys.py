"""Keys as the exporters of other tools send them, so that an application changes its host and key and nothing else."""

import base64
import binascii
from collections.abc import Mapping


def other_key(headers: Mapping[str, str]) -> str:
    """Return the key that Langfuse's SDK sends as the password of Basic, or LangSmith's as ``x-api-key``; else nothing.

    A bearer goes before both. Langfuse's public key, the name before the password, is of no use here.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _password(given.strip())
    return "" if scheme else headers.get("x-api-key", "").strip()


def _password(given: str) -> str:
    try:
        text = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return text.partition(":")[2]
