"""Addresses: one place, nothing of others in them unquoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.server.pages.links import Links, TraceState, trace_state

LINKS = Links("acme")


@given(st.text(alphabet=st.characters(), max_size=20))
def test_an_id_of_others_stays_one_part_of_the_path(identity: str) -> None:
    address = LINKS.trace(identity)
    assert address.startswith("/p/acme/traces/")
    assert not set(address.removeprefix("/p/acme/traces/")) & set("/?#<>\" '")


def test_dots_do_not_climb() -> None:
    assert LINKS.artifact("..") == "/p/acme/artifacts/%2E%2E"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736 ", "/p/acme/traces/4bf92f3577b34da6a3ce929d0e0e4736"),
        ("019A4c7e-11a2-7cc3-9e4f-0a2b4c6d8e10", "/p/acme/runs/019a4c7e-11a2-7cc3-9e4f-0a2b4c6d8e10"),
        ("sha256:" + "a" * 64, "/p/acme/artifacts/sha256:" + "a" * 64),
        ("helpdesk:8", "/p/acme/s/helpdesk/releases/8"),
        ("release/helpdesk:8", "/p/acme/s/helpdesk/releases/8"),
        ("nothing like it", None),
    ],
)
def test_a_pasted_id_finds_its_page(text: str, address: str | None) -> None:
    assert LINKS.find(text) == address


def test_defaults_are_left_out_of_the_address() -> None:
    assert TraceState().query() == "?"
    assert TraceState(span="a").switch("raw") == "?tab=raw&span=a"


def test_what_an_address_says_wrongly_falls_back() -> None:
    asked = trace_state(tab="<b>", span="x" * 999, show="no", opened=["a"] * 99, after="-1")
    assert (asked.tab, len(asked.span), asked.show, len(asked.opened), asked.after) == ("steps", 64, "all", 8, 0)
