"""The tables of the lake."""

from pathlib import Path

import pytest

from genyard.store.arrow import schema_of
from genyard.store.columns import PARTITIONS, TABLES, LakeTable, markdown

both = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@both
def test_no_column_is_named_twice(table: LakeTable) -> None:
    assert len(set(table.names)) == len(table.names)


@both
def test_every_column_says_in_one_sentence_what_it_holds(table: LakeTable) -> None:
    assert [one.name for one in table.columns if not one.sentence.endswith(".")] == []


@both
def test_partitions_keys_and_time_are_columns_of_identity(table: LakeTable) -> None:
    assert {*PARTITIONS, *table.key, table.time} <= set(table.of_group("identity"))


@both
def test_the_arrow_schema_has_the_columns_in_order(table: LakeTable) -> None:
    assert tuple(schema_of(table).names) == table.names


@both
def test_the_design_page_describes_the_table_as_it_is(table: LakeTable) -> None:
    page = Path(__file__).parents[2] / "docs" / "design" / "lake.md"
    assert markdown(table) in page.read_text()
