"""The result of a bulk as CSV: its content, and how a spreadsheet reads it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import LookupFailure, read_result
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import (
    IgnoredLine,
    UnreadableListError,
    say_problem,
    say_reason,
)
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.id_lists.result_sheet import COLUMNS, ResultSheet, local_moment
from bot.domain.input.message_id import InvalidMessageIdError, MessageId
from bot.domain.jobs.bulk import BulkItem
from bot.domain.texts.catalog import Catalog, Language
from tests.support.wording import EN, PT, say

NOON = datetime(2026, 5, 12, 15, 0, 5, tzinfo=UTC)
BRASILIA = ZoneInfo("America/Sao_Paulo")
DELIMITERS = {Language.ENGLISH: ",", Language.PORTUGUESE: ";"}


def item(
    raw: str, idmsg: str = "MPG000236180474", position: int = 0, *, sandbox: bool = False
) -> BulkItem:
    """A call with the gateway's answer."""
    return BulkItem(
        position=position,
        message_id=MessageId(idmsg),
        finding=read_result(raw),
        checked_at=NOON,
        sandbox=sandbox,
    )


def written(
    items: Iterable[BulkItem], ignored: Iterable[IgnoredLine] = (), catalog: Catalog = EN
) -> bytes:
    """The whole sheet."""
    sheet = ResultSheet(catalog, local_moment(BRASILIA, catalog.language))
    return b"".join((sheet.head(), *map(sheet.line, items), *sheet.tail(ignored)))


def rows(data: bytes, language: Language = Language.ENGLISH) -> list[list[str]]:
    """The cells, as a program reads them."""
    lines = data.decode("utf-8-sig").split("\r\n")
    assert "" == lines.pop()
    return [*csv.reader(lines, delimiter=DELIMITERS[language], strict=True)]


def cells(one: BulkItem, catalog: Catalog = EN) -> dict[str, str]:
    """The cells of one call by the name of their column."""
    _, row = rows(written([one], catalog=catalog), catalog.language)
    return dict(zip(COLUMNS, row, strict=True))


@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_the_sheet_begins_with_its_mark_and_the_headings(catalog: Catalog) -> None:
    """UTF-8 with a byte order mark, lines that end as Excel's do, headings in the language."""
    data = written([], catalog=catalog)

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    headings = [catalog.say(f"sheet.{column}") for column in COLUMNS]
    assert [headings] == rows(data, catalog.language)


def test_a_call_has_all_its_facts() -> None:
    """Number, outcome, headline, code, who acts, next step, raw result, time."""
    assert {
        "line": "8",
        "idmsg": "MPG000236180474",
        "outcome": say("outcome_word.failed"),
        "headline": say("headline.failed_because", reason=EN.sip(486).heading),
        "sip_code": "486",
        "gateway_code": "",
        "duration": "",
        "who_acts": say("who.sender"),
        "advice": EN.sip(486).advice,
        "raw": "failed:486",
        "checked": "2026-05-12 12:00:05",
        "note": "",
    } == cells(item("failed:486", position=7))


def test_a_portuguese_sheet_has_decimal_commas_and_days_first() -> None:
    """As a spreadsheet in Brazil reads numbers and moments."""
    sheet_texts = cells(item("ok:85.50"), PT)
    assert ("85,50", "12/05/2026 12:00:05") == (sheet_texts["duration"], sheet_texts["checked"])
    assert "85.50" == cells(item("ok:85.50"))["duration"]


def test_a_code_of_the_gateway_keeps_its_zeros() -> None:
    """024 is not a number; the apostrophe stops a spreadsheet from turning it into 24."""
    assert "'024" == cells(item("024"))["gateway_code"]


def test_an_id_that_is_not_found_is_no_error_of_the_gateway() -> None:
    """Its word is its own; other codes share one."""
    assert say("outcome_word.gateway.023") == cells(item("023"))["outcome"]
    assert say("outcome_word.gateway_error") == cells(item("850"))["outcome"]


def test_the_note_says_what_is_odd() -> None:
    """Remarks, the error of a failed look-up, and the sandbox's mark."""
    assert say("remark.zero_seconds") == cells(item("ok:0"))["note"]
    assert say("card.sandbox") in cells(item("ok:85", sandbox=True))["note"]
    failed = BulkItem(
        position=0,
        message_id=MessageId("MPG000236180474"),
        finding=LookupFailure(error="timeout"),
        checked_at=NOON,
    )
    sheet_texts = cells(failed)
    note = f"{say('details.error')}: timeout"
    assert (say("outcome_word.lookup_failed"), "", note) == (
        sheet_texts["outcome"],
        sheet_texts["raw"],
        sheet_texts["note"],
    )


def test_a_call_that_was_not_asked_about_says_so() -> None:
    """Its line is in its position, without a verdict."""
    sheet_texts = cells(BulkItem(position=0, message_id=MessageId("MPG000236180474")))
    assert say("sheet.not_asked") == sheet_texts.pop("outcome")
    assert {"1", "MPG000236180474", ""} == {*sheet_texts.values()}


def test_an_answer_without_its_moment_is_written() -> None:
    """The cell stays empty."""
    one = BulkItem(position=0, message_id=MessageId("MPG00000"), finding=read_result("ok:85"))
    assert "" == cells(one)["checked"]


def test_ignored_lines_follow_with_number_and_reason() -> None:
    """After a blank row; never what is in them, since others may read the sheet."""
    lines = [
        IgnoredLine(number=3, text="5511987654321", problem=LineProblem.PHONE),
        IgnoredLine(number=9, text="Maria", problem=LineProblem.NO_ID),
    ]
    blank, title, first, second = rows(written([item("ok:85")], lines))[2:]
    assert {""} == {*blank}
    assert say("sheet.ignored_title") == title[1]
    word, phone, no_id = say("sheet.ignored"), say("list.ignored.phone"), say("list.ignored.no_id")
    assert ["3", "", word, phone] == first[:4]
    assert ["9", "", word, no_id] == second[:4]


def test_the_raw_result_is_bounded_masked_and_on_one_line() -> None:
    """For any text of the gateway, a row is one line of the file."""
    raw = cells(item("x\r\n\x00call 5511987654321\u2028a@b.c 123.456.789-09" + "y" * 9_000))["raw"]
    assert 500 == len(raw)
    assert raw.startswith("x   call +55 (11) *****-4321 ***@b.c 123")


@pytest.mark.parametrize(
    ("idmsg", "shared"),
    [
        ("MPG000236180474", "MPG000236180474"),
        ("23618047412", "23618047412"),
        ("5511987654321", "'+55 (11) *****-4321"),
        ("+5511987654321", "'+55 (11) *****-4321"),
        ("123.456.789-09", "***.***.***-09"),
        ("joao@x.com.br", "***@x.com.br"),
    ],
)
def test_an_id_that_is_personal_data_is_masked_for_others(idmsg: str, shared: str) -> None:
    """Others are in full, so that they are found in the list; the author sees all in full."""
    moment = local_moment(BRASILIA, EN.language)
    for_others, own = (ResultSheet(EN, moment, public=public) for public in (True, False))
    assert shared == _id_on(for_others.line(item("ok:85", idmsg)))
    assert idmsg == _id_on(own.line(item("ok:85", idmsg))).lstrip("'")


def _id_on(line: bytes) -> str:
    return rows(b"\xef\xbb\xbf" + line)[0][1]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\x00=1", "\u200b=1", "\uff1d1"),
        *("=cmd|'/C calc'!A0", "x,=1+1", "x;=1+1", "x; =1+1", "'=1+1", "x|=1", "x\t=1", "x\n=1"),
        *('"=1+1', 'x","=1'),
    ],
)
@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_nothing_becomes_a_formula(text: str, catalog: Catalog) -> None:
    """Nor in a spreadsheet that parts the cells by another sign than the one that was meant."""
    assert [] == formulas(written([item(text)], catalog=catalog))


def formulas(data: bytes) -> list[str]:
    """Cells that a spreadsheet would calculate, with any delimiter and any quoting."""
    found = []
    for line in data.decode("utf-8-sig").split("\r\n"):
        for delimiter in ",;\t|":
            ways = [line.split(delimiter), *csv.reader([line], delimiter=delimiter)]
            found += [cell for way in ways for cell in way if _calculates(cell)]
    return found


def _calculates(cell: str) -> bool:
    return re.match(r"""["\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]""", cell) is not None


@given(st.text(alphabet="=+-@;,\"'|\t\r\n \x00\u200ba1", max_size=12))
def test_no_text_becomes_a_formula(text: str) -> None:
    """However signs, quotes, delimiters and blanks are mixed."""
    assert [] == formulas(written([item(text)], catalog=PT))


@pytest.mark.parametrize(
    ("idmsg", "kept"),
    [
        ("MPG000236180474", "MPG000236180474"),
        ("MPG000027109145-21611143", "MPG000027109145-21611143"),
        ("SANDBOX-023", "SANDBOX-023"),
        ("12345678901", "12345678901"),
        ("123456789012", "'123456789012"),
        ("0123", "'0123"),
        ("1234E567", "'1234E567"),
        ("1-2-2024", "'1-2-2024"),
        ("12-2024", "'12-2024"),
        ("10:30", "'10:30"),
        ("MAR2024", "'MAR2024"),
        ("1set24", "'1set24"),
    ],
)
def test_an_id_stays_as_it_is_in_a_spreadsheet(idmsg: str, kept: str) -> None:
    """Only values that would become another number, a date or a time are marked as text."""
    assert kept == cells(item("ok:85", idmsg))["idmsg"]


@given(
    st.lists(
        st.from_regex(r"\A(MPG[0-9]{5,14}|[1-4][0-9]{13,19}|000[0-9]{9}|[0-9]{4}E[0-9]{5})\Z"),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_a_sheet_can_be_given_back_as_a_list(idmsgs: list[str]) -> None:
    """The written ids are read again, and the other lines have none."""
    items = [item("failed:486", one, place) for place, one in enumerate(idmsgs)]
    lines = [IgnoredLine(number=1, text="5511987654321", problem=LineProblem.PHONE)]
    for catalog in (EN, PT):
        try:
            given_back = read_file(written(items, lines, catalog), max_ids=1_000)
        except UnreadableListError:
            pytest.fail(f"{idmsgs} is no list any more")
        assert idmsgs == [one.value for one in given_back.ids]


@given(st.text(max_size=45), st.text(max_size=60))
def test_any_id_and_any_answer_make_a_row(idmsg: str, raw: str) -> None:
    """Each row has as many cells as there are columns."""
    try:
        one = item(raw, idmsg)
    except InvalidMessageIdError:
        return
    for catalog in (EN, PT):
        sheet_texts = rows(written([one], catalog=catalog), catalog.language)
        assert [len(COLUMNS)] * 2 == [len(row) for row in sheet_texts]


@pytest.mark.parametrize(
    ("catalog", "count", "limit"), [(EN, "1,234", "1,000"), (PT, "1.234", "1.000")]
)
def test_problems_are_said_with_numbers_as_people_write_them(
    catalog: Catalog, count: str, limit: str
) -> None:
    """How many there are and may be; megabytes where bytes are counted."""
    with pytest.raises(UnreadableListError) as many:
        read_file("".join(f"MPG{n:09}\n" for n in range(1_234)).encode(), max_ids=1_000)
    sheet_texts = catalog.say("list.problem.too_many_ids", count=1_234, limit=1_000)
    assert {count, limit} <= {*re.findall(r"[0-9.,]*[0-9]", sheet_texts)}
    assert sheet_texts == say_problem(many.value, catalog)
    with pytest.raises(UnreadableListError) as large:
        read_file(bytes(50_000_000), max_ids=1_000)
    sheet_texts = catalog.say("list.problem.too_large", count=50, limit=5)
    assert sheet_texts == say_problem(large.value, catalog)
    assert catalog.say("list.ignored.phone") == say_reason(LineProblem.PHONE, catalog)
