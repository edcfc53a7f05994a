"""The settings table."""

from dataclasses import fields
from pathlib import Path

import pytest

from genyard.core.errors import InvalidInput
from genyard.core.settings import SETTINGS, Settings, read_settings


def test_the_record_has_a_field_for_each_row() -> None:
    assert [one.name for one in fields(Settings)] == [row.name for row in SETTINGS]


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)
def test_each_row_is_documented(row: object) -> None:
    assert isinstance(row, type(SETTINGS[0]))
    assert row.variable == f"GENYARD_{row.name.upper()}"
    assert row.sentence.endswith(".")


def test_defaults_hold_without_an_environment() -> None:
    settings = read_settings(environment={})
    assert (settings.host, settings.port, settings.home) == ("127.0.0.1", 8321, None)


def test_what_is_given_wins_over_the_environment() -> None:
    environment = {"GENYARD_PORT": "1", "GENYARD_HOME": "/h", "OPENAI_API_KEY": "k"}
    settings = read_settings({"port": "2"}, environment=environment)
    assert (settings.port, settings.home, settings.openai_api_key) == (2, Path("/h"), "k")


@pytest.mark.parametrize("text", ["many", "1.5", "-1"])
def test_a_wrong_value_names_its_variable(text: str) -> None:
    with pytest.raises(InvalidInput, match="GENYARD_PORT"):
        read_settings(environment={"GENYARD_PORT": text})


@pytest.mark.parametrize("text", ["nan", "-0.1", "soon"])
def test_a_wrong_number_names_its_variable(text: str) -> None:
    with pytest.raises(InvalidInput, match="GENYARD_FLUSH_AGE_S"):
        read_settings(environment={"GENYARD_FLUSH_AGE_S": text})
