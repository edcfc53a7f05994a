"""``genyard sql``: as a table, as JSON, as CSV that no spreadsheet takes for formulas."""

import csv
import io
import sys

import pytest
from tests.projects import Project

from genyard.cli.sql import as_csv_text

BY_OPERATION = "SELECT operation, count(*) AS spans FROM spans WHERE is_root GROUP BY ALL"


def test_a_table_for_people(lived: Project) -> None:
    lines = lived("sql", BY_OPERATION).out.splitlines()
    assert [line.split() for line in lines[:2]] == [["operation", "spans"], ["workflow", "9"]]
    assert lines[2].startswith("1 row · ")


def test_scores_are_there_too(lived: Project) -> None:
    found = lived.ok("sql", "SELECT name, count(*) FROM scores GROUP BY ALL ORDER BY 1")["rows"]
    assert ["contains", 8] in found


def test_text_of_others_cannot_steer_the_terminal(lived: Project) -> None:
    out = lived("sql", "SELECT chr(27) || '[2J' || chr(10) || repeat('x', 500) AS x, NULL AS n, [1, 2] AS l").out
    assert "\x1b" not in out
    assert "\\x1b[2J xxx" in out
    assert "…  —  [1, 2]" in out
    assert max(map(len, out.splitlines())) < 100


def test_what_is_cut_is_told(lived: Project) -> None:
    assert "there are more rows: --limit is reached after 2" in lived("sql", "FROM range(9)", "--limit", "2").out
    ran = lived("sql", "FROM range(9)", "--limit", "2", "--csv")
    assert (ran.out, ran.err) == ("range\n0\n1\n", "genyard: there are more rows: --limit is reached after 2\n")
    ran = lived("sql", "FROM range(9)", "--limit", "2", "--json")
    assert (ran.reply["cut"], ran.reply["rows"]) == ("rows", [[0], [1]])


def test_a_statement_may_come_from_standard_input(lived: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(BY_OPERATION))
    assert lived.ok("sql", "-")["rows"] == [["workflow", 9]]


def test_the_tables_are_listed(lived: Project) -> None:
    out = lived("sql", "--tables").out
    assert out.startswith("table   column")
    assert "The tenant; partition." in out
    assert {one["name"] for one in lived.ok("sql", "--tables")["tables"]} == {"spans", "scores", "logs"}


def test_what_is_wrong_is_told_in_one_line_with_its_place(lived: Project) -> None:
    ran = lived("sql", "SELECT nope\nFROM spans")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "(line 1, column 8)" in ran.err
    assert lived("sql", "DELETE FROM spans").err.startswith("genyard: only a SELECT may be asked here, not DELETE")
    assert lived("sql").err.startswith("genyard: there is no statement")
    assert lived("sql", "FROM range(1000000000000) a, range(9999999999) b", "--timeout", "0").code == 2


def test_cells_are_no_formulas() -> None:
    columns = [{"name": "=HYPERLINK(1)"}, {"name": "b"}]
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", 'a,b\n"c"', "\x1b[2J"]
    reply = {"columns": columns, "rows": [[text, -1.5] for text in texts] + [[None, True], [["=x"], {"a": None}]]}
    rows = list(csv.reader(io.StringIO(as_csv_text(reply))))
    assert rows[0] == ["'=HYPERLINK(1)", "b"]
    assert [row[0] for row in rows[1:7]] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\\x0dx"]
    assert [row[0] for row in rows[7:10]] == ["plain", 'a,b\n"c"', "\\x1b[2J"]
    assert {row[1] for row in rows[1:10]} == {"-1.5"}
    assert rows[10:] == [["", "true"], ['["=x"]', '{"a": null}']]


def test_what_a_sum_leaves_in_its_last_digits_is_not_shown(lived: Project) -> None:
    select = "SELECT 0.1::DOUBLE + 0.2::DOUBLE AS cost"
    assert "\n0.3\n" in lived("sql", select).out
    assert lived.ok("sql", select)["rows"] == [[0.30000000000000004]]
