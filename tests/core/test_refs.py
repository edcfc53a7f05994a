"""References as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.digest import Digest, digest_of_bytes, digest_prefix, parse_digest, short
from genyard.core.errors import InvalidInput
from genyard.core.refs import ARTIFACT_KINDS, Ref, check_name, parse_ref

DIGEST = digest_of_bytes(b"x")
NAMES = st.from_regex(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", fullmatch=True)


@given(
    st.sampled_from(ARTIFACT_KINDS),
    NAMES,
    st.sampled_from([{}, {"version": 3}, {"alias": "prod"}, {"digest": DIGEST}]),
)
def test_a_reference_reads_back(kind: str, name: str, rest: dict[str, object]) -> None:
    ref = Ref(kind=kind, name=name, **rest)  # type: ignore[arg-type]  # drawn from the kinds
    assert parse_ref(str(ref)) == ref


@pytest.mark.parametrize(
    "text", ["", "prompt", "prompt/", "thing/a", "prompt/A", "prompt/a:1@prod", "prompt/a b", "prompt/../x"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_ref(text)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a" * 65, "a/b", ".."])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_name(name)


def test_digests_have_one_form_and_a_short_one() -> None:
    assert parse_digest(DIGEST) == DIGEST
    assert short(DIGEST) == DIGEST[7:15]
    assert digest_prefix(DIGEST[7:15]) == Digest(DIGEST[:15])
    assert digest_prefix("12345") is None
    with pytest.raises(InvalidInput):
        parse_digest(DIGEST[:-1])
