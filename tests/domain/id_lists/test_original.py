"""The rows of a file, each with the result of its call."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from bot.domain.call_status import read_result
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import Original
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.id_lists.original import OriginalSheet
from bot.domain.id_lists.result_sheet import COLUMNS, local_moment
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import BulkItem
from tests.support.wording import EN, say

ANA, BIA = "MPG000236180474", "MPG000236180475"
ANSWERED, NO_ID = say("outcome_word.answered"), say("sheet.ignored")


def original_of(file: str | bytes) -> Original:
    """The rows of a file."""
    data = file if isinstance(file, bytes) else file.encode()
    original = read_file(data, max_ids=10, columns=True).original
    assert original is not None
    return original


def names_in(original: Original) -> list[tuple[int, str, str]]:
    """Each row's number, first cell, and id or reason."""
    return [
        (row.number, row.cells[0], row.ids[0].value if row.ids else str(row.problem))
        for row in original.rows
    ]


def written(original: Original, *answered: str) -> list[list[list[str]]]:
    """The cells of the sheet: its head, what each answer brings, and the rest."""
    sheet = OriginalSheet(EN, local_moment(UTC, EN.language), original)
    items = [
        BulkItem(
            position=place,
            message_id=MessageId(one),
            finding=read_result("ok:85.00"),
            checked_at=datetime(2026, 5, 12, tzinfo=UTC),
        )
        for place, one in enumerate(answered)
    ]
    parts = (sheet.head(), *map(sheet.line, items), b"".join(sheet.tail(())))
    return [[*csv.reader(part.decode("utf-8-sig").splitlines())] for part in parts]


def test_every_row_is_given_back_in_its_order() -> None:
    """Those that repeat an id, and those without one, with the reason; blank ones say nothing."""
    original = original_of(
        f"Cliente;IDMSG;Fone\r\nAna;{ANA};1\r\n;;\r\nBia;\r\nCaio;{ANA};3\r\nDuda;{BIA}\r\nTotal;4;\r\n"
    )
    assert ["Cliente", "IDMSG", "Fone"] == original.heading
    assert [
        (2, "Ana", ANA),
        (4, "Bia", LineProblem.EMPTY),
        (5, "Caio", ANA),
        (6, "Duda", BIA),
        (7, "Total", LineProblem.UNLIKE),
    ] == names_in(original)


@pytest.mark.parametrize("code", ["IDMSG", "Código"])
@pytest.mark.parametrize(("title", "number"), [("", 1), ("Março;;\r\n", 2)])
def test_rows_without_an_id_below_the_heading_do_not_replace_it(
    code: str, title: str, number: int
) -> None:
    """Whether it names the ids or not, and below a title."""
    original = original_of(f"{title}Cliente;{code}\r\nBia;\r\nCaio;x\r\nAna;{ANA}\r\n")
    assert ["Cliente", code] == original.heading
    assert [(number + 1, "Bia"), (number + 2, "Caio"), (number + 3, "Ana")] == [
        found[:2] for found in names_in(original)
    ]


def test_a_number_of_a_spreadsheet_is_the_id_that_the_list_has() -> None:
    """They are read together."""
    original = original_of("Nome;IDMSG\r\nAna;236180474,00\r\nBia;236180475,00\r\n")
    assert [(2, "Ana", "236180474"), (3, "Bia", "236180475")] == names_in(original)


def test_a_table_without_a_heading_has_none() -> None:
    """Its first row is a call."""
    original = original_of(f"Ana;{ANA}\r\nBia;{BIA}\r\n")
    assert ([], [(1, "Ana", ANA), (2, "Bia", BIA)]) == (original.heading, names_in(original))


def test_a_web_page_has_columns_too() -> None:
    """Many systems call it a spreadsheet."""
    rows = "".join(f"<tr><td>{name}<td>{one}</tr>" for name, one in (("Ana", ANA), ("Bia", BIA)))
    original = original_of(f"<html><table><tr><th>Nome<th>IDMSG</tr>{rows}</table></html>")
    assert ["Nome", "IDMSG"] == original.heading
    assert [(2, "Ana", ANA), (3, "Bia", BIA)] == names_in(original)


@pytest.mark.parametrize(
    ("file", "columns", "width"),
    [
        (f"IDMSG\r\n{ANA}\r\n{BIA}\r\n", True, 1),
        (f"{ANA} {BIA}", True, 1),
        (f"Nome;IDMSG\r\nAna;{ANA}\r\n", False, 2),
    ],
    ids=["one column", "a text", "not wanted"],
)
def test_a_file_may_have_nothing_to_give_back(file: str, columns: bool, width: int) -> None:
    """The list says how many columns there are."""
    found = read_file(file.encode(), max_ids=10, columns=columns)
    assert (None, width) == (found.original, found.width)


def test_the_columns_stand_in_front_of_each_result() -> None:
    """As soon as it is known, also where the id was in a row before; a formula is made harmless."""
    file = f"Nome;IDMSG;Fone\r\nAna;{ANA};1\r\n=1+1;{ANA}\r\nBia;{BIA};3\r\n"
    head, first, second, rest = written(original_of(file), ANA, BIA)

    assert [["Nome", "IDMSG", "Fone", say("sheet.line"), say("sheet.idmsg")]] == [head[0][:5]]
    assert [["Ana", ANA, "1", "2", ANA, ANSWERED], ["'=1+1", ANA, "", "3", ANA, ANSWERED]] == [
        row[:6] for row in first
    ]
    assert [["Bia", BIA, "3", "4", BIA, ANSWERED]] == [row[:6] for row in second]
    assert [] == rest
    assert {3 + len(COLUMNS)} == {len(row) for row in (*head, *first, *second)}


def test_a_row_without_a_result_says_why() -> None:
    """It has no id, or its call was not looked up."""
    file = f"Nome;IDMSG\r\nAna;{ANA}\r\nCaio;5511987654321\r\nBia;{BIA}\r\nDuda;\r\n"
    _, first, rest = written(original_of(file), ANA)

    assert [
        ["Ana", ANA, "2", ANA, ANSWERED],
        ["Caio", "5511987654321", "3", "", NO_ID],
    ] == [row[:5] for row in first]
    assert [
        ["Bia", BIA, "4", BIA, say("sheet.not_asked")],
        ["Duda", "", "5", "", NO_ID],
    ] == [row[:5] for row in rest]
    assert [say("list.ignored.phone"), say("list.ignored.empty")] == [first[1][5], rest[1][5]]


def test_a_row_with_two_ids_has_a_line_for_each() -> None:
    """Each has its own result."""
    _, *lines = written(original_of(f"Nome;IDMSG\r\nAna;{ANA} e {BIA}\r\n"), ANA, BIA)
    both = f"{ANA} e {BIA}"
    assert [[], [["Ana", both, "2", ANA], ["Ana", both, "2", BIA]], []] == [
        [row[:4] for row in part] for part in lines
    ]
