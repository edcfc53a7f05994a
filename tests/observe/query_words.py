"""Queries written as a careful person would write them."""


def written(name: str, sign: str, value: str) -> str:
    """Return a term with its key and value quoted."""
    prefix, dot, key = name.partition(".")
    column = f"{prefix}.{_quoted(key)}" if dot else name
    return f"{column}{sign}{_quoted(value)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
