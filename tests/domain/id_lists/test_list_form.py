"""The form of a list decides what is no id in it, in a file and in pasted text alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import IdList, ListProblem, UnreadableListError, say_remarks
from bot.domain.id_lists.pasted import read_pasted
from tests.support.wording import EN, say

A, B = "MPG000999000111", "MPG000999000222"

READERS: dict[str, Callable[[str], IdList]] = {
    "a file": lambda text: read_file(text.encode(), max_ids=99),
    "pasted": lambda text: read_pasted(text, max_ids=99),
}
both = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def rows(*cells: str, heading: str = "IDMSG;Fone") -> str:
    """Rows of a sheet whose first column has these cells."""
    return "".join(f"{row}\r\n" for row in (heading, *(f"{cell};x" for cell in cells)))


def values(given: IdList) -> list[str]:
    """The ids of a list."""
    return [one.value for one in given.ids]


@both
@pytest.mark.parametrize(
    ("ids", "others"),
    [
        ((A, B), ("0", "0,00", "1", "250", "1.250,00", "123456789", "a1b2c3d4e5")),
        (("SANDBOX-BUSY",), ("1", "250")),
        (("236180474", "236180475"), ("0", "0,00", "1998", "25.000", "99999", "88888", "Lote7")),
        (("236180474",), ("1", "2", "1001", "1002", "1003", "1004")),
        (("12345", "12346"), ("1", "12")),
        (("236180474123", "236180474124"), ("123456", "2" * 24)),
        (("a1b2c3d4e5", "a1b2c3d4e6"), ("12345", "12")),
        (("123", "45", "6"), ("0", "0,00", "000")),
    ],
)
def test_totals_zeros_and_row_numbers_are_not_asked_about(
    read: Callable[[str], IdList], ids: tuple[str, ...], others: tuple[str, ...]
) -> None:
    """They are listed as unlike the others, which most of them are."""
    given = read(rows(*ids * 3, *others))

    assert [*ids] == values(given)
    assert [(word, "unlike") for word in others] == [
        (line.text, line.problem.value) for line in given.ignored
    ]


@both
@pytest.mark.parametrize(
    "ids",
    [
        ("123", "A4"),
        ("9999999", "10000000"),
        ("98", "99", "100", "101"),
        ("123456", "123456789"),
        ("a1b2c3d4e", "7787878787"),
        ("7787878787", "7787878788", "a1b2c3d4e5"),
        ("7787878787", "7787878787787878"),
        ("12345", "12345", "1234"),
    ],
)
def test_ids_need_not_be_of_one_length(read: Callable[[str], IdList], ids: tuple[str, ...]) -> None:
    """Under a heading that names them, similar words are all asked about."""
    assert [*dict.fromkeys(ids)] == values(read(rows(*ids)))


@both
def test_what_is_marked_as_text_is_no_sum(read: Callable[[str], IdList]) -> None:
    """The bot's own result sheet has such ids beside others; short ones are none all the same."""
    marked = ("'236180474", '="000236180475"', "=236180477")
    given = read(rows(A, *marked, "'250", "=SOMA(A1:A99)", "236180476"))

    assert [A, "236180474", "000236180475", "236180477"] == values(given)


@both
@pytest.mark.parametrize(
    ("ids", "written"),
    [
        (("236.180.474,00", "236180475,00", "236180475", "236 180 475"), 2),
        (("2,36180474E+08", "236'180'475"), 2),
        (("236180474", "236180475"), 0),
    ],
)
def test_numbers_of_a_spreadsheet_are_read_and_counted_once(
    read: Callable[[str], IdList], ids: tuple[str, ...], written: int
) -> None:
    """So that the user knows that their digits were taken."""
    given = read(rows(*ids))

    assert (["236180474", "236180475"], written) == (values(given), given.written)


@both
@pytest.mark.parametrize(
    ("ids", "lost"),
    [
        (("236180474123456000",), 1),
        (("2361804741234560", "2361804741234570", "2361804741234580"), 3),
        (("2361804741234560", "2361804741234570"), 0),
        (("236180474123456000", "236180474123456001"), 0),
        (("236180474123000",), 0),
        (("236180474123000", "236180474123456000"), 1),
        (("000236180474", "236180475", "7786180475"), 2),
        (("000236180474", "00236180475", "236180475"), 0),
        (("000236180474", "000236180475"), 0),
        (("236180474", "1,23457E+11", "2,36180E+14"), 2),
        (("236180474", "5511987654321"), 0),
    ],
)
def test_what_looks_like_lost_digits_is_counted(
    read: Callable[[str], IdList], ids: tuple[str, ...], lost: int
) -> None:
    """Zeros behind the fifteenth digit, no zeros in front where others have them, exponents."""
    assert lost == read(rows(*ids)).lost


@pytest.mark.parametrize(
    ("ids", "remarks"),
    [
        (("236180474,00", "1,2E+14"), ["list.written", "list.lost"]),
        (("236180474", "1,2E+14"), ["list.lost"]),
        (("236180474,00",), ["list.written"]),
        (("236180474",), []),
    ],
)
def test_what_a_spreadsheet_did_is_said_before_the_start(
    ids: tuple[str, ...], remarks: list[str]
) -> None:
    """Each kind in a sentence of its own, with its number."""
    given = read_pasted(rows(*ids), max_ids=9)

    assert [say(name, count=1) for name in remarks] == [*say_remarks(given, EN)]


@both
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\ufeffIDMSG;Telefone;Status\r\n", ListProblem.EMPTY_COLUMN),
        ("\ufeffIDMSG;Telefone;Status\r\n" + ";;\r\n" * 10, ListProblem.EMPTY_COLUMN),
        ("IDMSG\r\n", ListProblem.EMPTY_COLUMN),
        ("IDMSG;Protocolo\n;2024051201\n;2024051202\n", ListProblem.EMPTY_COLUMN),
        ("Envios de maio\nFone\tIDMSG\n11987654321\t\n", ListProblem.EMPTY_COLUMN),
        ("IDMSG;Fone\n5511987654321;x\n;\n(11) 98765-4321;y\n", ListProblem.PHONES),
        ("IDMSG\n5511987654321\n5511987654322\n", ListProblem.PHONES),
        ("IDMSG;x\n12/05/2024;a\n12/05/2024 10:30;a\n10:30;a\n0,35;b\n", ListProblem.AMOUNTS),
        ("IDMSG;x\n12/05/2024;a\n5511987654321;b\n", ListProblem.NO_IDS),
        ("IDMSG;x\n0;a\n0,00;b\n", ListProblem.AMOUNTS),
        ("IDMSG;x\nR$ 236.180.474,00;a\nR$236,00;b\n50%;c\n5 %;d\n€ 1;e\n", ListProblem.AMOUNTS),
        ("IDMSG;x\n123,456,7;a\n", ListProblem.NO_IDS),
        ("IDMSG;x\n5511987654321;a\n11987654321;b\n2;Total\n", ListProblem.PHONES),
        ("IDMSG;x\n12/05/2024;a\n0;b\n", ListProblem.AMOUNTS),
        ("IDMSG;x\n#DIV/0!;a\n#N/D;b\n", ListProblem.NO_IDS),
        ("IDMSG;x\nAna;a\n", ListProblem.NO_IDS),
        ("IDMSG;x\n5511987654321;a\n1,23E+11;b\n", ListProblem.ROUNDED),
    ],
)
def test_a_column_that_is_named_counts_whatever_is_in_it(
    read: Callable[[str], IdList], text: str, problem: ListProblem
) -> None:
    """What it has is said; no other column is guessed in its place."""
    with pytest.raises(UnreadableListError) as raised:
        read(text)

    assert problem is raised.value.problem


@both
def test_ids_of_the_usual_form_in_another_column_are_found(read: Callable[[str], IdList]) -> None:
    """The heading is then a mistake."""
    assert [A, B] == values(read(f"IDMSG;Retorno\n11987654321;{A}\n;{B}\n"))


@both
@pytest.mark.parametrize(
    "text",
    [
        "236180474, 236180475\n",
        "'236180474','236180475'",
        "236180474;236180475;",
        "236.180.474,00 236.180.475,00",
        "236180474\t236180475",
        "236180474, 236180475, 12/05/2024",
    ],
)
def test_a_single_line_is_a_list_of_words(read: Callable[[str], IdList], text: str) -> None:
    """A line of a query, or of an e-mail, is no row of a table."""
    assert ["236180474", "236180475"] == values(read(text))


@pytest.mark.parametrize("text", ["5511987654321\n", "a;b", "236180474;236180475;" + " " * 9_980])
def test_a_single_line_of_a_file_without_a_list_has_no_column(text: str) -> None:
    """Nor has one that is longer than what may be pasted."""
    with pytest.raises(UnreadableListError) as raised:
        read_file(f"{text}x".encode(), max_ids=9)

    assert ListProblem.NO_COLUMN is raised.value.problem


def test_an_id_outside_the_named_column_is_not_lost_in_pasted_text() -> None:
    """All of the usual form are read, as without a heading."""
    given = read_pasted(f"idmsg, por favor\n{A}, {B}", max_ids=9)

    assert [A, B] == values(given)


def test_a_heading_in_pasted_text_is_read_without_its_quotes() -> None:
    """As a program shows a CSV file."""
    given = read_pasted('"Nome","IDMSG"\n"Ana","236180474,00"\n', max_ids=9)

    assert (["236180474"], "IDMSG") == (values(given), given.column)


def test_under_a_heading_alone_words_may_stand_side_by_side() -> None:
    """Ids separated by semicolons are no columns."""
    assert ["236180474", "236180475"] == values(
        read_pasted("IDMSG\n236180474; 236180475", max_ids=9)
    )


def test_a_short_word_beside_another_one_is_no_id() -> None:
    """Under the heading only the one word of a line may have any form."""
    assert ["12"] == values(read_pasted("IDMSG\n12\npag 13", max_ids=9))
