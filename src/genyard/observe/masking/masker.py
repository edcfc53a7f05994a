"""The engine: rows in, rows out, by one policy. It knows no disk, and is made from plain data, in any process."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import msgspec

from genyard.core.canonical import Json
from genyard.observe.conventions.preview import PREVIEWED, is_cut, preview_of
from genyard.observe.masking.columns import FLAGS, JSON_COLUMNS, PAYLOADS, is_kept
from genyard.observe.masking.gate import Gate
from genyard.observe.masking.json_text import is_json, replaced
from genyard.observe.masking.policy import Policy, compiled_custom
from genyard.observe.masking.rules import RULES
from genyard.observe.masking.wide import wide_of
from genyard.store.rows import Row, WrittenJson

_DIGEST_SIGNS = 12
"""Hex digits of a keyed digest: among a million values, one in 500 homes has two that share one."""
_PASSES = 4
"""What is masked may let something beside it stand out; in practice the second pass finds nothing."""
_FEW = 8
"""As many rows, such as those of one answer, are first searched as one text."""
_SHORTEST = 6
"""No rule of ours finds anything in fewer letters: ``a@b.de``."""
_TOO_DEEP = "nested_too_deep"
MOST_PLACES = 50_000
"""Places that are masked one by one in the rows of a request. Each takes 20 µs, and a request may have millions."""
_ESCAPE = re.compile(rb"(?:[bfnrt]|u[0-9a-fA-F]{4})?")
_BYTES = ("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text as it may be kept, and the rules that changed it."""

    text: str
    rules: frozenset[str]


class Masker:
    """Masks the rows of one project. ``key`` is what digests of the mode ``hash`` are made with."""

    def __init__(self, policy: Policy, *, key: bytes = b"") -> None:
        self.policy = policy
        self.key = key
        is_on = policy.mode != "off"
        self._rules = [RULES[name] for name in policy.rules] if is_on else []
        self._custom = [(one.name, compiled_custom(one)) for one in policy.custom] if is_on else []
        self._names = [*(one.name for one in self._rules), *(name for name, _ in self._custom)]
        self._gate = _gate_of(policy.rules if is_on else ())
        self._custom_gate = Gate([one.pattern.encode() for one in policy.custom if is_on], utf8=True)
        self._wide = _wide_gate([one.pattern for one in policy.custom if is_on])
        self._marker = _marker(self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.policy, self.key)

    def mask_rows(self, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:
        """Return the rows as they may be kept. One in which nothing was found is the same object."""
        if 1 < len(rows) <= _FEW and self.policy.mode in ("mask", "hash") and not self._may_hold(rows):
            return list(rows)
        places = _Places(MOST_PLACES)
        return [self._masked_row(row, flag, places) for row in rows]

    def mask_row(self, row: Row, *, flag: bool = True) -> Row:
        """Return a row as it may be kept. With ``flag`` its ``intake_flags`` say why it changed: ``masked:email``."""
        return self._masked_row(row, flag, _Places(MOST_PLACES))

    def _masked_row(self, row: Row, flag: bool, places: "_Places") -> Row:
        if self.policy.mode == "off":
            return row
        changed: dict[str, Json] = {}
        flags: list[str] = []
        if self.policy.mode == "drop":
            dropped = [name for name, value in row.items() if value is not None and name in PAYLOADS]
            changed = dict.fromkeys(dropped)
            flags = [f"dropped:{name}" for name in dropped]
        if self._may_hold(row):
            found = _Found(places)
            for name, value in row.items():
                if name not in changed and self._is_text(name, value):
                    new = self._value(value, found)
                    if new is not value:
                        changed[name] = new
            flags += [f"masked:{rule}" for rule in sorted(found.rules)]
        if not changed:
            return row
        if self.policy.mode != "drop" and not PREVIEWED.isdisjoint(changed) and is_cut(row):
            changed["preview"] = self._preview({**row, **changed})
        return {**row, **changed, **(_flagged(row, flags) if flag else {})}

    def mask_text(self, text: str, *, under: str = "") -> Masked:
        """Return a text as it may be kept. ``under`` is the name that it stands under, such as a key in an object."""
        found = _Found(_Places(MOST_PLACES))
        new = self._text(text, under, found)
        return Masked(text=text if new is None else new, rules=frozenset(found.rules))

    def _may_hold(self, row: Row | Sequence[Row]) -> bool:
        """Return whether any rule might find something: one encoding and one search, whatever the number of rules."""
        try:
            text = _encoder.encode(row)
        except (UnicodeEncodeError, TypeError, RecursionError, OverflowError):
            return True
        return self._is_open(text)

    def _is_open(self, source: bytes) -> bool:
        """Return whether anything might be found in some JSON."""
        return self._gate.is_open(source) or (bool(self._custom) and (not self._wide or self._wide.is_open(source)))

    def _is_text(self, name: str, value: Json) -> bool:
        if isinstance(value, str | list | tuple | dict):
            return not is_kept(name, value)
        return name in JSON_COLUMNS and isinstance(value, int) and not isinstance(value, bool)

    def _preview(self, masked: Row) -> Json:
        """Return the preview made anew of what is left: cut before, it may end in the midst of what no rule knows."""
        return self._value(preview_of(masked) or masked["preview"], _Found(_Places(MOST_PLACES)))

    def _value(self, value: Json, found: "_Found") -> Json:
        """Return a column's value masked: the same object where nothing was found."""
        if isinstance(value, WrittenJson):
            source = value.encode(*_BYTES)
            masked = self._json(source, "", found) if self._is_open(source) else source
            return value if masked is source else WrittenJson(masked.decode(*_BYTES))
        if isinstance(value, str):
            new = self._text(value, "", found)
            return value if new is None else new
        try:
            source, is_msgspec = _encoded(value)
            if not self._is_open(source):
                return value
            masked = self._json(source, "", found)
            if masked is source:
                return value
            decoded: Json = msgspec.json.decode(masked) if is_msgspec else json.loads(masked)
        except RecursionError:
            found.rules.add(_TOO_DEEP)
            return f"[{_TOO_DEEP}]"
        return decoded

    def _text(self, text: str, under: str, found: "_Found") -> str | None:
        """Return a text masked, None where nothing was found. JSON in text stays JSON."""
        if len(text) < _SHORTEST and not self._custom:
            return None
        source = text.encode(*_BYTES)
        name = f"{under}: ".encode(*_BYTES) if under else b""
        if not self._gate.is_open(name + source) and not self._may_hold_custom(source):
            return None
        if is_json(text):
            masked = self._json(source, under, found)
            return None if masked is source else masked.decode(*_BYTES)
        return self._plain(name + source, len(name), found)

    def _json(self, source: bytes, under: str, found: "_Found") -> bytes:
        """Return JSON masked, the same object where nothing was found."""
        shortest = 1 if self._custom else _SHORTEST
        return replaced(source, lambda text, key: self._text(text, key or under, found), shortest=shortest)

    def _may_hold_custom(self, source: bytes) -> bool:
        if not self._custom:
            return False
        # A pattern may be anchored to a text within JSON, which shows only when that is read.
        is_json = source.lstrip()[:1] in (b"{", b"[", b'"')
        return self._custom_gate.is_open(source) or (is_json and (not self._wide or self._wide.is_open(source)))

    def _plain(self, raw: bytes, begin: int, found: "_Found") -> str | None:
        masked = raw
        for _ in range(_PASSES):
            hits = self._hits(masked, begin, found.places)
            if not hits:
                break
            found.rules.update(name for _, _, name in hits)
            masked = self._substituted(masked, hits)
        return None if masked is raw else masked[begin:].decode(*_BYTES)

    def _hits(self, raw: bytes, begin: int, places: "_Places") -> list["_Hit"]:
        """Return what is to be replaced, in order and apart from each other: all, where there are too many places."""
        hits: list[_Ordered] = []
        for hit in self._found(raw, begin):
            hits.append(hit)
            if len(hits) > places.left:
                places.left = 0
                return [(begin, len(raw), self._names[hit[2]])]
        places.left -= len(hits)
        if not hits:
            return []
        markers = [found.span() for found in self._marker.finditer(raw, begin)]
        return [(start, end, self._names[order]) for start, end, order in _outside(_joined(hits), markers)]

    def _found(self, raw: bytes, begin: int) -> Iterator["_Ordered"]:
        for order in self._gate.opened(raw):
            for start, end in self._rules[order].find(raw):
                if start >= begin:
                    yield start + _escaped(raw, start), end, order
        for place in self._custom_gate.opened(raw[begin:]) if self._custom else ():
            for one in self._custom[place][1].finditer(raw[begin:]):
                if one.end() > one.start():
                    yield begin + one.start(), begin + one.end(), len(self._rules) + place

    def _substituted(self, raw: bytes, hits: Iterable["_Hit"]) -> bytes:
        pieces, at = [], 0
        for start, end, name in hits:
            pieces += [raw[at:start], self._label(name, raw[start:end])]
            at = end
        return b"".join([*pieces, raw[at:]])

    def _label(self, name: str, value: bytes) -> bytes:
        if self.policy.mode != "hash":
            return f"[{name}]".encode()
        content = name.encode() + b"\0" + _normal(name, value)
        digest = hmac.new(self.key, content, hashlib.sha256).hexdigest()
        return f"[{name}:{digest[:_DIGEST_SIGNS]}]".encode()


@dataclass(slots=True)
class _Places:
    """How many places may still be masked one by one."""

    left: int


@dataclass(slots=True)
class _Found:
    """The rules that changed something, and what is left of the places."""

    places: _Places
    rules: set[str] = field(default_factory=set)


def _raw(value: object) -> msgspec.Raw:
    if isinstance(value, WrittenJson):
        return msgspec.Raw(value.encode())
    raise TypeError(type(value).__name__)


_encoder = msgspec.json.Encoder(enc_hook=_raw)
_Hit = tuple[int, int, str]
_Ordered = tuple[int, int, int]


@lru_cache(maxsize=64)  # projects with the same rules share its memory
def _gate_of(rules: tuple[str, ...]) -> Gate:
    return Gate([RULES[name].gate for name in rules])


def _wide_gate(patterns: Sequence[str]) -> Gate | None:
    """Return a gate for the JSON of whole rows, None where a pattern has to look at each text by itself."""
    wide = [one for one in map(wide_of, patterns) if one is not None]
    return Gate([one.encode() for one in wide], utf8=True) if len(wide) == len(patterns) else None


def _made(policy: Policy, key: bytes) -> Masker:
    return Masker(policy, key=key)


def _marker(names: Sequence[str]) -> re.Pattern[bytes]:
    """Return what finds text that was masked before."""
    known = "|".join(map(re.escape, [*names, _TOO_DEEP]))
    return re.compile(rf"\[(?:{known})(?::[0-9a-f]{{{_DIGEST_SIGNS}}})?\]".encode())


def _escaped(raw: bytes, start: int) -> int:
    """Return how many bytes at ``start`` belong to an escape that begins before: text may quote JSON, ``\\nann@…``."""
    if start and raw[start - 1] == 92:
        return len(_ESCAPE.match(raw, start).group())  # type: ignore[union-attr]  # it matches nothing too
    return 0


def _joined(hits: list[_Ordered]) -> Iterator[_Ordered]:
    """Yield what is found, where it overlaps as one, under the name of the rule that comes first."""
    hits.sort()
    start, end, order = hits[0]
    for next_start, next_end, next_order in hits[1:]:
        if next_start < end:
            end, order = max(end, next_end), min(order, next_order)
        else:
            yield start, end, order
            start, end, order = next_start, next_end, next_order
    yield start, end, order


def _outside(hits: Iterable[_Ordered], markers: Sequence[tuple[int, int]]) -> Iterator[_Ordered]:
    """Yield the parts of what is found that were not masked before."""
    at = 0
    for start, end, order in hits:
        while at < len(markers) and markers[at][1] <= start:
            at += 1
        for low, high in markers[at:]:
            if low >= end:
                break
            if low > start:
                yield start, low, order
            start = max(start, high)
        if start < end:
            yield start, end, order


def _normal(name: str, value: bytes) -> bytes:
    """Return what is digested: numbers without their separators, addresses in lower case, secrets as they are."""
    if name in RULES and RULES[name].group == "personal":
        return value.lower() if name == "email" else bytes(sign for sign in value.upper() if chr(sign).isalnum())
    return value


def _encoded(value: Json) -> tuple[bytes, bool]:
    """Return the JSON of a value, and whether msgspec may read it back: it would turn NaN into null."""
    try:
        text = msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(value).encode(), False
    if b"null" not in text:
        return text, True
    try:
        return json.dumps(value, ensure_ascii=False).encode(), False
    except (UnicodeEncodeError, TypeError):
        return text, True


def _flagged(row: Row, flags: Sequence[str]) -> dict[str, Json]:
    before = cast("Sequence[str]", row.get(FLAGS) or ())
    return {FLAGS: [*before, *(flag for flag in flags if flag not in before)]}
