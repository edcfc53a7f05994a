from genyard.discover.reader.passages import Passage
from genyard.discover.reader.units import MAX_UNIT_WORDS, Unit, sentences, units


def cut(text: str) -> list[Unit]:
    return units([Passage(label="1", title="", text=text)])


def test_sentences_end_where_a_reader_would_end_them() -> None:
    assert sentences("Dr. J. Smith met Mr. Lee at 9 a.m. in St. Ives. They left! (Why?) No one knows.") == [
        "Dr. J. Smith met Mr. Lee at 9 a.m. in St. Ives.",
        "They left!",
        "(Why?)",
        "No one knows.",
    ]


def test_sentences_without_spaces_are_told_apart() -> None:
    assert sentences("猫は灰色です。犬は茶色です。") == ["猫は灰色です。", "犬は茶色です。"]


def test_wrapped_lines_are_one_sentence_and_items_are_their_own() -> None:
    found = cut("Bring these\nthings:\n\n- your passport\n- your [card](card.md)\n  and a **pen**")
    assert [unit.text for unit in found] == ["Bring these things:", "your passport", "your card and a pen"]


def test_a_row_of_a_table_knows_its_header_and_heading() -> None:
    row = cut("## Hours\n\n| Site | Opens |\n| --- | :-: |\n| Lindholt | 07:00 |")[0]
    assert (row.text, row.cells) == ("Lindholt, 07:00", ("Lindholt", "07:00"))
    assert {"hour", "open", "sit"} <= row.context
    assert row.columns == (frozenset({"sit"}), frozenset({"open"}))


def test_a_table_without_a_header_loses_no_row() -> None:
    assert [unit.text for unit in cut("| a | b |\n| c | d |")] == ["a, b", "c, d"]


def test_code_is_cut_by_lines() -> None:
    assert [unit.text for unit in cut("```sh\nmake | sort\n# all\n```\nDone.")] == ["make | sort", "# all", "Done."]


def test_a_sentence_without_an_end_is_cut() -> None:
    found = cut("word " * (2 * MAX_UNIT_WORDS + 1))
    assert [len(unit.words) for unit in found] == [MAX_UNIT_WORDS, MAX_UNIT_WORDS, 1]
