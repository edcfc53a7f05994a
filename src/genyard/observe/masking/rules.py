"""Every rule by name, and the words that mean several."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.observe.masking.national_rules import NATIONAL_RULES
from genyard.observe.masking.personal_rules import OPTIONAL_RULES, PERSONAL_RULES
from genyard.observe.masking.rule import Rule
from genyard.observe.masking.secret_rules import SECRET_RULES

RULES: Mapping[str, Rule] = MappingProxyType(
    {one.name: one for one in (*SECRET_RULES, *NATIONAL_RULES, *PERSONAL_RULES, *OPTIONAL_RULES)}
)
"""In order of precedence: where two find the same bytes, the first one names them."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "secrets": tuple(one.name for one in SECRET_RULES),
        "personal": tuple(one.name for one in (*PERSONAL_RULES, *NATIONAL_RULES)),
        "national_ids": tuple(one.name for one in NATIONAL_RULES),
        "all": tuple(RULES),
    }
)

_WORDS = f"name a rule, or one of {', '.join(GROUPS)}"


def expanded(words: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that ``words`` name, themselves or by their group, in order. Raises InvalidInput."""
    wanted: set[str] = set()
    for word in words:
        if word not in GROUPS and word not in RULES:
            raise InvalidInput(
                f"{word[:40]!r} is no rule of masking", hint=did_you_mean(word, (*GROUPS, *RULES), otherwise=_WORDS)
            )
        wanted.update(GROUPS.get(word, (word,)))
    return tuple(name for name in RULES if name in wanted)
