import pytest

from genyard.core.clock import CountingClock
from genyard.core.errors import NotFound
from genyard.core.settings import read_settings
from genyard.discover.catalogue import Catalogue
from genyard.discover.providers import parse_model

NOVEMBER_2026_NS = 1_795_000_000_000_000_000


def catalogue(**environment: str) -> Catalogue:
    return Catalogue(read_settings(environment=environment), CountingClock(start_ns=NOVEMBER_2026_NS, step_ns=0))


def test_the_embedded_reader_is_first_free_and_available() -> None:
    first = catalogue().rows()[0]
    assert (first.name, first.input_usd_per_m, first.available) == ("embedded/reader", 0.0, True)


def test_a_known_model_has_its_window_its_price_and_its_source() -> None:
    row = catalogue(OPENAI_API_KEY="k").find("openai/gpt-5-mini")
    assert (row.context_window, row.input_usd_per_m, row.output_usd_per_m) == (400_000, 0.25, 2.0)
    assert row.price_source.startswith("genai-prices ")
    assert row.available


def test_without_a_key_a_model_says_what_it_needs() -> None:
    row = catalogue().find("openai/gpt-5-mini")
    assert not row.available
    assert "GENYARD_OPENAI_API_KEY" in row.needs


def test_a_price_that_began_on_a_day_says_so() -> None:
    assert catalogue().find("openai/gpt-5.5-cyber").price_since == "2026-10-19"


def test_the_configured_server_decides_whose_models_are_named_openai() -> None:
    rows = catalogue(GENYARD_OPENAI_BASE_URL="https://api.groq.com/openai/v1").rows()
    assert {row.provider for row in rows} == {"embedded", "scripted", "groq"}
    assert all(row.available for row in rows)


def test_a_server_of_ones_own_lists_none_of_anybody() -> None:
    rows = catalogue(GENYARD_OPENAI_BASE_URL="http://gpu:8000/v1").rows()
    assert {row.provider for row in rows} == {"embedded", "scripted"}


def test_what_is_available_can_be_named() -> None:
    for row in catalogue(OPENAI_API_KEY="k").rows():
        assert str(parse_model(row.name)) == row.name


def test_every_model_has_one_name() -> None:
    names = [row.name for row in catalogue().rows(every_provider=True)]
    assert len(names) == len(set(names)) > 1_000


def test_a_miss_names_the_nearest() -> None:
    with pytest.raises(NotFound) as raised:
        catalogue().find("openai/gpt5-mini")
    assert "openai/gpt-5-mini" in raised.value.hint
