"""Images, recordings and files that senders write into payloads as base64: taken out, a reference left in their place.

They are found in text, at any depth of JSON within JSON, by long runs of base64's letters: a reference has no letter
that JSON escapes, so everything around it stays as it was written. Nothing is parsed, and a request without such a run
costs a look at one place in 2,000 bytes. ``docs/design/media.md`` has the forms, and what is kept where.
"""

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from genyard.core.canonical import Json
from genyard.core.clock import day_of
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.media import OTHER_TYPE, MediaReference, references_in
from genyard.observe.media_types import declared, type_of
from genyard.observe.wire import WireLog, WireSpan
from genyard.store.columns import LOGS, SPANS, LakeTable
from genyard.store.media import MediaObject
from genyard.store.rows import Row

COLUMNS = {table.name: table.of_group("payload", "rest") for table in (SPANS, LOGS)}
"""Where references stand that are kept: lists and filters have short texts only."""
LEAST = 4_096
"""As many letters of base64 are taken out; fewer stay, for an object takes more than they do."""
LEAST_DROPPED = 200
"""As many are left out where a project keeps no media: less than the smallest picture that shows anything."""
_LETTERS = r"A-Za-z0-9+/_\\\r\n-"
"""Base64's, and what JSON writes some of them as: ``\\/``, ``\\n``, ``\\u002B``."""
_ALL_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_\\\r\n-"
_ESCAPE = r"\\{1,63}+(?:[/nr]|u00(?:2[bBfF]|3[dD]))"
"""JSON in JSON doubles backslashes: 63 are six levels. Bounded and possessive, so that the time is linear."""
_RUN = re.compile(rf"(?:[A-Za-z0-9+/_-]++|[\r\n]++|{_ESCAPE})++(?:=|\\{{1,63}}+u003[dD]){{0,2}}")
_ESCAPES = tuple(
    (re.compile(r"\\{1,63}+" + escape), meant)
    for escape, meant in (("[nr]", ""), ("/", "/"), ("u002[bB]", "+"), ("u002[fF]", "/"), ("u003[dD]", "="))
)
_BEFORE = re.compile(r"data:((?:[\w.+-]+\\*/[\w.+-]+)?)(?:;[\w.+-]+=[^;,\"\s]*)*;base64,\Z", re.ASCII | re.IGNORECASE)
_LONGEST_PREFIX = 300
_AROUND = 300
"""How far from base64 that stands alone the word of its sender is looked for, within the same object."""
_SAID = re.compile(
    r"(?:media_?type|mime_?type|format|modality)\\*[\"']\s*:\s*\\*[\"']([\w./+-]+(?:\\*/[\w.+-]+)?)",
    re.ASCII | re.IGNORECASE,
)
_KEYS = frozenset({"media_type", "mediatype", "mime_type", "mimetype", "format", "modality"})
_QUOTES = frozenset("\"'")
_URL_SAFE = str.maketrans("-_", "+/")


class _Look:
    """How closely one looks: a run of ``least`` letters covers a place in ``step``, and ``window`` letters from it."""

    def __init__(self, least: int, *, step: int, window: int) -> None:
        self.least, self.step = least, step
        pattern = f"[{_LETTERS}]{{{window}}}"
        self.text, self.bytes = re.compile(pattern), re.compile(pattern.encode())


_KEEPING = _Look(LEAST, step=2_000, window=256)
_DROPPING = _Look(LEAST_DROPPED, step=100, window=100)


def may_hold(body: bytes, *, drop: bool = False) -> bool:
    """Return whether the text of a request has a run of base64 that is long enough, at almost no cost."""
    look = _DROPPING if drop else _KEEPING
    match = look.bytes.match
    return any(match(body, at) for at in range(0, len(body), look.step))


def take_out(spans: Iterable[WireSpan], *, drop: bool = False) -> dict[Digest, bytes]:
    """Take media out of spans, in place, and return them. With ``drop`` a word is left of each, and none is kept."""
    taker = _Taker(drop=drop)
    for span in spans:
        dropped = taker.dropped
        taker.take(span.attributes)
        taker.take(span.resource)
        for event in span.events:
            taker.take(event.attributes)
        for link in span.links:
            taker.take(link.attributes)
        if taker.dropped > dropped:
            span.flags.append("dropped:media")
    return taker.taken


def take_out_of_logs(logs: Iterable[WireLog], *, drop: bool = False) -> dict[Digest, bytes]:
    """Do the same with log records."""
    taker = _Taker(drop=drop)
    for log in logs:
        taker.take(log.attributes)
        taker.take(log.resource)
        log.body = taker.value(log.body, None)
    return taker.taken


def objects_of(table: LakeTable, rows: Sequence[Row], taken: Mapping[Digest, bytes]) -> list[MediaObject]:
    """Return what of ``taken`` the rows refer to, each once a day. What masking left out of them is not kept."""
    wanted = {
        (day_of(at), one.digest)
        for row in rows
        if isinstance(at := row.get(table.time), int)
        for one in references_in([row.get(name) for name in COLUMNS[table.name]])
        if one.digest in taken
    }
    return [MediaObject(day=day, digest=digest, content=taken[digest]) for day, digest in sorted(wanted)]


@dataclass(slots=True, kw_only=True)
class _Taker:
    drop: bool
    taken: dict[Digest, bytes] = field(default_factory=dict)
    dropped: int = 0

    @property
    def _look(self) -> _Look:
        return _DROPPING if self.drop else _KEEPING

    def take(self, attributes: dict[str, Json]) -> None:
        least = self._look.least
        for name, value in attributes.items():
            if not isinstance(value, str) or len(value) >= least:
                new = self.value(value, None)
                if new is not value:
                    attributes[name] = new  # of a key that is there: it may be done while they are gone through

    def value(self, value: Json, said: str | None) -> Json:
        """Return a value without its media; the same object where it has none. ``said`` is what stands beside it."""
        if isinstance(value, str):
            return self._text(value, said) if len(value) >= self._look.least else value
        if isinstance(value, Mapping):
            beside = _said_in(value) or said
            changed = {key: new for key, one in value.items() if (new := self.value(one, beside)) is not one}
            return {**value, **changed} if changed else value
        if isinstance(value, list | tuple):
            items = [self.value(one, said) for one in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, said: str | None) -> str:
        pieces: list[str] = []
        at = 0
        for start, end in _runs(text, self._look):
            begin, reference = self._reference(text, start, end, said)
            if reference is not None:
                pieces += [text[at:begin], f"[{reference.media_type}]" if self.drop else str(reference)]
                at = end
        return "".join([*pieces, text[at:]]) if pieces else text

    def _reference(self, text: str, start: int, end: int, said: str | None) -> tuple[int, MediaReference | None]:
        """Return the reference for a run of base64, and where what it stands for begins."""
        prefix = _BEFORE.search(text, max(0, start - _LONGEST_PREFIX), start)
        if prefix is None and not _is_whole(text, start, end):
            return start, None
        content = _decoded(text[start:end])
        if content is None:
            return start, None
        if prefix is not None:
            kind = type_of(content, declared(prefix[1])) or OTHER_TYPE
        else:
            found = type_of(content, said or _said_around(text, start, end))
            if found is None:
                return start, None
            kind = found
        digest = digest_of_bytes(content)
        if self.drop:
            self.dropped += 1
        else:
            self.taken[digest] = content
        reference = MediaReference(digest=digest, media_type=kind, size=len(content), alone=prefix is None)
        return start if prefix is None else prefix.start(), reference


def _runs(text: str, look: _Look) -> Iterator[tuple[int, int]]:
    """Yield where long runs of base64 begin and end."""
    at = last = 0
    while at < len(text):
        if not look.text.match(text, at):
            at += look.step
            continue
        # It begins after the last place that was looked at, or that place would have been in it.
        low = max(last, at - look.step)
        start = low + len(text[low:at].rstrip(_ALL_LETTERS))
        found = _RUN.match(text, start)
        last = found.end() if found else at
        if last - start >= look.least:
            yield start, last
        at = max(last, at + look.step)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether a run is all of a text, or all of a string in JSON."""
    before, after = text[start - 1 : start], text[end : end + 64].lstrip("\\")[:1]
    return (not before and end == len(text)) or (before in _QUOTES and after in _QUOTES)


def _decoded(letters: str) -> bytes | None:
    plain = letters
    if "\\" in letters:
        for escape, meant in _ESCAPES:
            plain = escape.sub(meant, plain)
    plain = plain.replace("\n", "").replace("\r", "").translate(_URL_SAFE).rstrip("=")
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except ValueError:
        return None


def _said_in(value: Mapping[str, Json]) -> str | None:
    """Return the type that an object says its bytes are of."""
    return _best(one for key, one in value.items() if isinstance(one, str) and key.lower() in _KEYS)


def _said_around(text: str, start: int, end: int) -> str | None:
    before = text[max(0, start - _AROUND) : start].rpartition("{")[2]
    after = text[end : end + _AROUND].partition("}")[0]
    return _best(found[1] for found in _SAID.finditer(f"{before} {after}"))


def _best(words: Iterable[str]) -> str | None:
    """Return the first type among words, and one that says which before one that does not."""
    kinds = [kind for word in words if (kind := declared(word))]
    return min(kinds, key=lambda kind: kind == OTHER_TYPE, default=None)
