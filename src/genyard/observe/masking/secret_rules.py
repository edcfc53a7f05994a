"""Rules for keys, tokens and passwords: by their shape, or by their name and how random they look.

Shapes are those that the issuers publish; gitleaks (MIT) and detect-secrets (Apache-2.0) have collected them.
"""

import base64
import binascii
import json

from genyard.observe.masking.checks import entropy, is_mixed
from genyard.observe.masking.rule import EDGE, Pieces, Rule, finder

RANDOM_BITS = 3.5
"""Bits a character from which a named token counts as random: gitleaks' threshold for generic keys."""
RANDOM_HEX_BITS = 3.0
"""The same for hex digits, which have 4 at most: detect-secrets' threshold."""

_GITLEAKS = "gitleaks, config/gitleaks.toml"
_ANY = rb"[A-Za-z0-9_-]"
_PLAIN = rb"[A-Za-z0-9]"

_OF_WHAT = (
    rb"(?:api|app|access|account|auth|oauth|client|consumer|secret|private|signing|encryption|master|service|shared|"
    rb"subscription|session|refresh|bearer|deploy|webhook|csrf|jwt|bot|storage|security)[_.\- ]?"
)
_NAME = rb"(?:(?:" + _OF_WHAT + rb")?(?:token|secret|credentials?)|" + _OF_WHAT + rb"key(?:[_.\- ]?id)?)"
_PASSWORD = rb"(?:password|passwd|passphrase|pwd)"
_IN_QUERY = rb"[?&](?:" + _PASSWORD + rb"|(?:access_|auth_|api_)?token|api_?key|client_secret)="
_IS = rb"(?:\\*[\"'])?\s{0,3}(?:=>|:=|==?|:)\s{0,3}(?:\[\s{0,3})?(?:\\*[\"'])?"


def _is_random(text: bytes) -> bool:
    is_hex = not text.strip(b"0123456789abcdefABCDEF-")
    return is_mixed(text) and entropy(text) >= (RANDOM_HEX_BITS if is_hex else RANDOM_BITS)


def _random(pieces: Pieces) -> bool:
    return _is_random(pieces[-1])


def _assigned(pieces: Pieces) -> bool:
    name, value = pieces
    # Cursors of paged APIs are called tokens, and open nothing.
    return not name.lower().startswith((b"page", b"next", b"cursor", b"sync", b"contin")) and _is_random(value)


def _password(pieces: Pieces) -> bool:
    value = pieces[-1].rstrip(b".,;:!?")
    return len(value) >= 8 and is_mixed(value) and entropy(value) >= 2.5


def _basic(pieces: Pieces) -> bool:
    try:
        decoded = base64.b64decode(pieces[-1], validate=True)
    except binascii.Error:
        return False
    return b":" in decoded and decoded.isascii() and decoded.decode().isprintable()


def _jwt(pieces: Pieces) -> bool:
    head = pieces[-1].partition(b".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and ("alg" in header or "enc" in header)


def _tokens(
    name: str,
    sentence: str,
    *forms: tuple[bytes, bytes, int, int],
    source: str = _GITLEAKS,
    random: bool = False,
) -> Rule:
    """Return a rule for tokens that begin with something unmistakable.

    A form is the beginning, the characters after it, and how many of them there are at least and at most.
    """
    shapes = [head + body + b"{%d,%d}" % (least, most) for head, body, least, most in forms]
    pattern = EDGE + rb"(" + b"|".join(shapes) + b")"
    return Rule(
        name=name,
        group="secrets",
        sentence=sentence,
        source=source,
        gate=b"|".join(head + body + b"{%d}" % least for head, body, least, _ in forms),
        find=finder(pattern, _random) if random else finder(pattern),
    )


_BY_SHAPE = (
    _tokens("anthropic_key", "Anthropic's keys, `sk-ant-…`", (rb"sk-ant-[a-z]{3,8}\d{2}-", _ANY, 20, 120)),
    _tokens(
        "openai_key",
        "keys of OpenAI and of those who copied their form: `sk-…`, `sk-proj-…`, `sk-or-v1-…`, `sk-lf-…`",
        (rb"sk-", _ANY, 20, 200),
        random=True,
    ),
    _tokens(
        "aws_key",
        "access key ids of AWS, `AKIA…`",
        (rb"(?:AKIA|ASIA|ABIA|ACCA)", rb"[A-Z0-9]", 16, 16),
        source="AWS IAM user guide, unique identifiers",
    ),
    _tokens(
        "github_token",
        "GitHub's tokens, `ghp_…`, `gho_…`, `ghu_…`, `ghs_…`, `ghr_…`, `github_pat_…`",
        (rb"gh[pousr]_", _PLAIN, 36, 255),
        (rb"github_pat_", rb"[A-Za-z0-9_]", 40, 255),
        source="GitHub docs, token formats",
    ),
    _tokens("gitlab_token", "GitLab's tokens, `glpat-…` and the like", (rb"gl[a-z]{2,6}-", _ANY, 20, 100), random=True),
    _tokens(
        "slack_token",
        "Slack's tokens and webhooks, `xoxb-…`",
        (rb"xox[abeoprs]-", rb"[A-Za-z0-9-]", 10, 250),
        (rb"xapp-\d-", rb"[A-Za-z0-9-]", 10, 250),
        (rb"hooks\.slack\.com/services/", rb"[A-Za-z0-9/]", 20, 100),
    ),
    _tokens(
        "google_key",
        "Google's API keys, OAuth tokens and client secrets, `AIza…`, `ya29.…`, `GOCSPX-…`",
        (rb"AIza", _ANY, 35, 35),
        (rb"ya29\.", _ANY, 20, 400),
        (rb"GOCSPX-", _ANY, 28, 28),
    ),
    _tokens(
        "stripe_key",
        "Stripe's keys, `sk_live_…`, `rk_test_…`, `whsec_…`",
        (rb"[sr]k_(?:live|test|prod)_", _PLAIN, 10, 120),
        (rb"whsec_", rb"[A-Za-z0-9+/=]", 20, 80),
    ),
    _tokens(
        "service_token",
        "tokens of Hugging Face, npm, PyPI, Groq, xAI, Replicate, LangSmith, SendGrid, Databricks and DigitalOcean",
        (rb"hf_", _PLAIN, 34, 40),
        (rb"npm_", _PLAIN, 36, 36),
        (rb"pypi-AgEIcHlwaS5vcmc", _ANY, 50, 250),
        (rb"gsk_", _PLAIN, 40, 60),
        (rb"xai-", _PLAIN, 60, 100),
        (rb"r8_", _PLAIN, 37, 37),
        (rb"lsv2_(?:pt|sk)_[0-9a-f]{32}_", rb"[0-9a-f]", 10, 10),
        (rb"SG\.[A-Za-z0-9_-]{22}\.", _ANY, 43, 43),
        (rb"dapi", rb"[0-9a-f]", 32, 32),
        (rb"do[opr]_v1_", rb"[0-9a-f]", 64, 64),
    ),
    _tokens(
        "genyard_key",
        "Genyard's own keys, `gy_…`",
        (rb"gy_(?:local|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_", rb"[0-9a-f]", 64, 64),
        source="`access/keys.py`",
    ),
)

_BY_PLACE = (
    Rule(
        name="private_key",
        group="secrets",
        sentence="private keys in PEM, with or without their end",
        source="RFC 7468; OpenSSH, PROTOCOL.key; RFC 9580",
        gate=rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY",
        find=finder(
            rb"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            rb"(?:[A-Za-z0-9+/=:,.\s]|-[A-Za-z0-9]|\\[nrt])*(?:-----END[A-Z0-9 ]{0,60}-----)?)"
        ),
    ),
    Rule(
        name="jwt",
        group="secrets",
        sentence="JSON web tokens whose header names an algorithm",
        source="RFC 7519; RFC 7515 section 3.1",
        gate=rb"ey[A-Za-z0-9_-]{8}[A-Za-z0-9_-]*\.[A-Za-z0-9_-]",
        find=finder(EDGE + rb"(ey[A-Za-z0-9_-]{8,1000}(?:\.[A-Za-z0-9_-]*){2,4})", _jwt),
    ),
    Rule(
        name="bearer_token",
        group="secrets",
        sentence="what follows `Bearer`: 16 or more characters, letters and digits",
        source="RFC 6750 section 2.1",
        gate=rb"(?i)bearer(?:\s|\\+[nrt]){1,3}[A-Za-z0-9._~+/=-]{16}",
        find=finder(
            EDGE + rb"bearer\s{1,3}([A-Za-z0-9._~+/=-]{16,})", lambda found: is_mixed(found[-1]), ignore_case=True
        ),
    ),
    Rule(
        name="basic_login",
        group="secrets",
        sentence="what follows `Basic`, where it decodes to name:password",
        source="RFC 7617",
        gate=rb"(?i)basic(?:\s|\\+[nrt]){1,3}[A-Za-z0-9+/]{6}",
        find=finder(EDGE + rb"basic\s{1,3}([A-Za-z0-9+/]{6,400}={0,2})", _basic, ignore_case=True),
    ),
    Rule(
        name="url_login",
        group="secrets",
        sentence="passwords in addresses: `scheme://name:password@host`",
        source="RFC 3986 section 3.2.1",
        gate=rb":\\*/\\*/[^\s/?#:@\"'<>\\]*:[^\s/?#@\"'<>\\]+@",
        find=finder(rb"[A-Za-z]://[^\s/?#:@\"'<>\\\[]*:([^\s/?#@\"'<>\\\[]+)@"),
    ),
    Rule(
        name="query_secret",
        group="secrets",
        sentence="passwords, keys and tokens in the query of an address: `?password=`, `&access_token=`",
        source="RFC 3986 section 3.4",
        gate=rb"(?i)" + _IN_QUERY + rb"[^\s&#\"'<>\\]",
        find=finder(_IN_QUERY + rb"([^\s&#\"'<>\\\[]{4,})", ignore_case=True),
    ),
    Rule(
        name="password",
        group="secrets",
        sentence="what is named a password: 8 or more characters, letters and digits",
        source="detect-secrets, keyword detector",
        gate=rb"(?i)" + _PASSWORD + _IS + rb"[^\s\"'\\]",
        find=finder(_PASSWORD + _IS + rb"([A-Za-z0-9_+/=.~!@#$%^&*?-]{8,200})", _password, ignore_case=True),
    ),
    Rule(
        name="secret",
        group="secrets",
        sentence="what is named a key, token or secret and looks random: 16 or more characters, letters and digits, "
        f"with {RANDOM_BITS} bits a character or more, {RANDOM_HEX_BITS} in hex",
        source="gitleaks, generic-api-key; detect-secrets, high entropy strings",
        gate=rb"(?i)" + _NAME + _IS + rb"[A-Za-z0-9_+/=.~-]{16}",
        find=finder(
            rb"([A-Za-z0-9_]{0,30}?)" + _NAME + _IS + rb"([A-Za-z0-9_+/=.~-]{16,500})", _assigned, ignore_case=True
        ),
    ),
)

SECRET_RULES: tuple[Rule, ...] = (*_BY_PLACE[:1], *_BY_SHAPE, *_BY_PLACE[1:])
"""Where two find the same, the one that stands first names it."""
