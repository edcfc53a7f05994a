"""What a project wants masked, and how: a frozen record that travels as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import re2

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import InvalidInput
from genyard.core.refs import check_name
from genyard.observe.masking.rules import GROUPS, RULES, expanded

Mode = Literal["off", "mask", "hash", "drop"]
MODES: tuple[Mode, ...] = get_args(Mode)
MediaWish = Literal["keep", "drop"]
MEDIA: tuple[MediaWish, ...] = get_args(MediaWish)
MOST_CUSTOM = 20
LONGEST_PATTERN = 500
_PATTERN_BYTES = 1024 * 1024
"""How much memory one compiled pattern may take: counts such as ``{1000}`` within each other are refused by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule:
    """A rule of the user: what the pattern finds is masked under the name."""

    name: str
    pattern: str
    """RE2's syntax."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is masked in the rows of a project, and how.

    ``mask`` writes ``[email]``, ``hash`` writes ``[email:`` and a keyed digest ``]``, so that equal values stay equal;
    ``drop`` leaves payloads out and masks the rest; ``off`` changes nothing.
    """

    mode: Mode = "mask"
    rules: tuple[str, ...] = GROUPS["secrets"]
    custom: tuple[CustomRule, ...] = ()
    media: MediaWish = "keep"
    """Whether images, recordings and files are kept: no rule can look into them."""

    @property
    def drops_media(self) -> bool:
        return self.media == "drop" or self.mode == "drop"

    def as_json(self) -> JsonObject:
        """Return it for keeping and sending."""
        custom: list[Json] = [{"name": one.name, "pattern": one.pattern} for one in self.custom]
        # Said only where it is another: so a policy is the same text that it was before there was a choice.
        media: dict[str, Json] = {} if self.media == "keep" else {"media": self.media}
        return {"mode": self.mode, "rules": list(self.rules), "custom": custom, **media}


DEFAULT = Policy()
"""Secrets are masked, personal data is not. docs/design/masking.md says why."""


def policy(mode: str, rules: list[str], custom: list[tuple[str, str]], *, media: str = "keep") -> Policy:
    """Return a policy of what a user wrote. Raises InvalidInput for whatever does not fit, in one line."""
    if mode not in MODES:
        raise InvalidInput(f"{mode[:40]!r} is no way of masking", hint=f"choose {', '.join(MODES)}")
    if media not in MEDIA:
        raise InvalidInput(f"{media[:40]!r} is nothing to do with media", hint=f"choose {', '.join(MEDIA)}")
    if len(custom) > MOST_CUSTOM:
        raise InvalidInput(f"{len(custom)} rules of one's own are too many", hint=f"keep it to {MOST_CUSTOM}")
    made = tuple(_custom(name, pattern) for name, pattern in custom)
    names = [one.name for one in made]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"two rules are named {name!r}", hint="give each a name of its own")
    return Policy(mode=mode, rules=expanded(rules), custom=made, media=media)


def read_policy(value: Mapping[str, Any]) -> Policy:
    """Read what ``as_json`` gave. A rule that this Genyard does not know raises InvalidInput."""
    custom = [(str(one["name"]), str(one["pattern"])) for one in value["custom"]]
    rules = [str(one) for one in value["rules"]]
    return policy(str(value["mode"]), rules, custom, media=str(value.get("media", "keep")))


def compiled_custom(rule: CustomRule) -> Any:
    """Compile a rule of the user. Raises InvalidInput when it is no pattern of RE2, or too large a one."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        return re2.compile(rule.pattern, options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if error.args else "it does not compile"
        hint = "write RE2's syntax, which has no look-around and no back-references"
        raise InvalidInput(f"the pattern of {rule.name} does not compile: {said}", hint=hint) from error


def _custom(name: str, pattern: str) -> CustomRule:
    check_name(name, "rule's name")
    if name in RULES or name in GROUPS:
        raise InvalidInput(f"{name} is a rule already", hint="give yours another name")
    if not 1 <= len(pattern) <= LONGEST_PATTERN:
        raise InvalidInput(f"the pattern of {name} has {len(pattern)} characters", hint=f"use 1 to {LONGEST_PATTERN}")
    rule = CustomRule(name=name, pattern=pattern)
    if compiled_custom(rule).search("") is not None:
        raise InvalidInput(f"the pattern of {name} is satisfied by no text at all", hint="let it need a character")
    return rule
