"""Files as spreadsheets and systems write them: the ids are found, the rest is reported."""

from __future__ import annotations

import pytest

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import IdList, ListProblem, UnreadableListError

A, B, C = "MPG000236180474", "MPG000236180475", "MPG000027109145-21611143"


def read(data: bytes) -> IdList:
    """The list in a file."""
    return read_file(data, max_ids=1_000)


def values(data: bytes) -> list[str]:
    """The ids in a file."""
    return [one.value for one in read(data).ids]


def lines(*rows: str, end: str = "\r\n") -> str:
    """Rows with the end that Windows writes."""
    return "".join(f"{row}{end}" for row in rows)


EXCEL = lines(
    "Data;Nome;Telefone;IDMSG;Duração;Custo",
    f"12/05/2024 10:30;João da Silva;5511987654321;{A};85,00;0,35",
    f"12/05/2024 10:31;Conceição;(11) 98765-4321;{B};3,50;0,35",
    f"13/05/2024 08:00;Zoë;11 3456-7890;{C};;1.234,56",
)

# Every format in which the same list has been seen.
SAMPLES = {
    "Excel pt-BR, CSV: Windows-1252": EXCEL.encode("cp1252"),
    "Excel pt-BR, CSV UTF-8: byte order mark": EXCEL.encode("utf-8-sig"),
    "a system on Linux: UTF-8 without a mark": EXCEL.replace("\r\n", "\n").encode(),
    "Excel, Unicode text: UTF-16 with tabs": EXCEL.replace(";", "\t").encode("utf-16"),
    "UTF-16 with the other order of bytes": b"\xfe\xff" + EXCEL.encode("utf-16-be"),
    "UTF-32": EXCEL.encode("utf-32"),
    "an old Mac: carriage returns": EXCEL.replace("\r\n", "\r").encode("cp1252"),
    "Excel, en-US: commas and quotes around decimals": lines(
        "Date,Name,Phone,IDMSG,Cost",
        f'5/12/2024,"Silva, Joao",5511987654321,{A},"0,35"',
        f"5/12/2024,Maria,5511987654322,{B},0.35",
        f"5/12/2024,Ana,5511987654323,{C},0.35",
    ).encode(),
    "all fields in quotes, as LibreOffice writes on demand": lines(
        '"Telefone";"Id da mensagem"',
        f'"5511987654321";"{A}"',
        f'"5511987654322";"{B}"',
        f'"5511987654323";"{C}"',
    ).encode(),
    "the first line says what parts the cells": lines(
        "sep=;", "IDMSG;Obs", f"{A};a, b", f"{B};c, d, e", f"{C};f"
    ).encode(),
    "the same with a sign of its own": lines(
        "sep=^", "IDMSG^Obs", f"{A}^a;b", f"{B}^c", f"{C}^"
    ).encode(),
    "bars": lines(f"1|{A}|ok", f"2|{B}|ok", f"3|{C}|ok").encode(),
    "one column with a heading": lines("IDMSG", A, B, C).encode("utf-8-sig"),
    "one column without, the last line without an end": f"{A}\n{B}\n{C}".encode(),
    "blank lines and rows of delimiters alone": lines(
        "IDMSG;x;y;;;", f"{A};;;;;", ";;;;;", "", f"{B};;;;;", f"{C};;;;;", ";;;;;"
    ).encode(),
    "titles above the headings": lines(
        "Relatório de envios;;", "Período: 01/05/2024 a 31/05/2024;;", ";;",
        "Nº;Id Msg;Telefone", f"1;{A};5511987654321", f"2;{B};5511987654321", f"3;{C};1",
    ).encode("cp1252"),
    "the result of the send operation": lines(f"000:{A};ok", f"000:{B};ok", f"000:{C};ok").encode(),
    "text by force: a formula, an apostrophe": lines(
        "IDMSG;x", f'="{A}";1', f'"=""{B}""";2', f"'{C};3"
    ).encode(),
    "cells of several lines": lines(
        "Obs;IDMSG", f'"ligou\r\nnão atendeu\r\n""caixa""";{A}', f'"a\n\nb";{B}', f"c;{C}"
    ).encode(),
    "a quotation mark that is never closed": lines(
        "Obs;IDMSG;z", f'"ligou 5" depois;{A};1', f'"x;{B};2', f"y;{C};3"
    ).encode(),
    "another column of numbers as long": lines(
        "Protocolo;Código;CPF;NF", f"2024051200{1};{A};12345678909;900000001",
        f"20240512002;{B};98765432100;900000002", f"20240512003;{C};11144477735;900000003",
    ).encode("cp1252"),
    "a table of HTML under the name of a spreadsheet": lines(
        "<table><tr>", f"<td>{A}</td>", f"<td>{B}</td>", f"<td>{C}</td>", "</table>"
    ).encode(),
    "a log": lines(
        f"2024-05-12T10:30:45Z sent {A} to carrier", f"2024-05-12T10:30:46Z sent {B}", f"x {C} y"
    ).encode(),
    "the end that MS-DOS put to a file": lines("IDMSG", A, B, C).encode() + b"\x1a",
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_the_ids_are_found(name: str) -> None:
    """All of them, in their order, and nothing else."""
    assert [A, B, C] == values(SAMPLES[name])


def test_each_file_of_excel_is_read_without_a_word_left_out() -> None:
    """Headings, phones and dates in other columns are no bad lines."""
    given = read(SAMPLES["Excel pt-BR, CSV: Windows-1252"])
    assert (0, (), "IDMSG") == (given.doubles, given.ignored, given.column)


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (lines("Telefone;ID da Mensagem", f"1;{A}"), "ID da Mensagem"),
        (lines("Telefone;Envio", f"x;{A}"), "Envio"),
        (lines(f"x;{A}"), "B"),
        (lines(*(";" * 27 + A for _ in range(2))), "AB"),
        (lines(A), ""),
        (lines("IDMSG", A), "IDMSG"),
        (lines("Olá Ana,", f"o id é {A}."), ""),
        (lines("name,phone,id", f"Ana,1,{A}", "Bia,2,"), "id"),
    ],
)
def test_the_column_has_the_name_that_its_reader_knows(data: str, column: str) -> None:
    """Its heading, or its letter; empty for the only one, unless that is named."""
    assert column == read(data.encode()).column


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (lines("IDMSG;Telefone", "123;5511987654321", "A4;5511987654322"), ["123", "A4"]),
        (lines("Obs;msg_id;CPF", "x;777888999000;12345678909"), ["777888999000"]),
        (lines("777888999000", "777888999001"), ["777888999000", "777888999001"]),
        (lines("Fone;Ref", "5511987654321;a1b2c3d4e5", "5511987654322;a1b2c3d4e6"),
         ["a1b2c3d4e5", "a1b2c3d4e6"]),
        # Half of the cells below the heading are enough.
        (lines("Fone;Ref", "5511987654321;a1b2c3d4e5", "5511987654322;nenhum"), ["a1b2c3d4e5"]),
        (lines("Protocolo;Ref", "2024051201;998877665544", "2024051202;998877665545"),
         ["998877665544", "998877665545"]),
    ],
)  # fmt: skip
def test_opaque_ids_are_taken_where_only_one_column_can_be_meant(data: str, ids: list[str]) -> None:
    """By the heading, or because the other columns hold phones or have other headings."""
    assert ids == values(data.encode())


def test_a_heading_stands_within_the_first_twenty_rows() -> None:
    """Farther down it is a cell like any other, and the column has no name."""
    assert ["A4"] == values(lines(*["Envios"] * 19, "IDMSG", "A4").encode())
    with pytest.raises(UnreadableListError):
        read(lines(*["Envios"] * 20, "IDMSG", "A4").encode())


def test_what_the_cells_hold_decides_before_the_heading() -> None:
    """The heading IDMSG is above phone numbers, but the ids are in another column."""
    data = lines("IDMSG;Retorno", *(f"551198765432{n};MPG00023618047{n}" for n in range(9)))
    assert "Retorno" == read(data.encode()).column


def test_the_named_one_of_two_columns_of_ids_is_taken() -> None:
    """The sheet of a second attempt contains the ids of the first one as well."""
    data = lines("Anterior;IDMSG", f"{A};{B}", f"{A};{C}")
    assert [B, C] == values(data.encode())


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (lines("IDMSG;Ref", "a1b2c3d4e5;a1b2c3d4e6", ";a1b2c3d4e7", ";a1b2c3d4e8"), ["a1b2c3d4e5"]),
        (lines("Anterior;Atual", f"{A};{B}", f"{C};{B}"), [A, C]),
    ],
    ids=["by its name", "by the form of its ids"],
)
def test_a_second_column_as_good_leaves_nothing_open(data: str, ids: list[str]) -> None:
    """A column called IDMSG, or one with certain ids; of several, the first."""
    assert ids == values(data.encode())


def test_bad_lines_are_kept_with_their_numbers_and_reasons() -> None:
    """As a spreadsheet counts rows; without other cells, and without personal data."""
    data = lines(
        "IDMSG;Obs",
        f'{A};"um\ndois\ntrês"',
        ";",
        "5511987654321;x",
        "1,23457E+11;x",
        ";só uma observação",
        f"{'9' * 41};x",
        "ab\ufffe12345;x",
        f"{A};de novo",
        "Total;2",
    )
    given = read(data.encode())
    assert ([A], 1) == ([one.value for one in given.ids], given.doubles)
    assert [
        (4, "+55 (11) *****-4321", "phone"),
        (5, "1,23457E+11", "rounded"),
        (6, "", "empty"),
        (7, "9" * 41, "too_long"),
        (8, "ab 12345", "unprintable"),
        (10, "Total", "no_id"),
    ] == [(one.number, one.text, one.problem.value) for one in given.ignored]


def test_the_line_that_names_the_delimiter_is_no_row() -> None:
    """No spreadsheet shows it, so it is not counted."""
    data = lines("sep=;", "IDMSG;x", f"{A};1", "5511987654321;2")
    assert [3] == [one.number for one in read(data.encode()).ignored]


def test_a_stray_quotation_mark_swallows_no_rows() -> None:
    """Ids on the lines behind it are found, up to the next quotation mark and after it."""
    rows = [f"x{n};MPG0002361804{n:02}" for n in range(60)]
    rows[5], rows[40] = f'"{rows[5]}', f'"{rows[40]}'
    assert 60 == len(values(lines("Nome;IDMSG", *rows).encode()))


def test_a_quotation_mark_that_opens_each_row_swallows_none() -> None:
    """As a system wrote them that forgets to close its cells; the ids of all rows are found."""
    rows = [f'"Nome;MPG0002361804{n:02}' for n in range(50)]
    assert 50 == len(values(lines(*rows).encode()))


def test_an_id_far_behind_in_a_long_file_is_found() -> None:
    """The column is not chosen by the first rows alone."""
    rows = [f"texto;{'' if n != 4_321 else A};fim" for n in range(5_000)]
    assert [A] == values(lines(*rows).encode())


def test_a_long_column_is_read_to_its_end() -> None:
    """Thousands of rows, each one an id."""
    rows = [f"5511987654321;MPG{n:012}" for n in range(1_000)]
    assert 1_000 == len(values(lines("Fone;IDMSG", *rows).encode()))


@pytest.mark.parametrize(
    "data",
    [
        lines("5511987654321", "5511987654322"),
        lines("Telefone;Data;Valor", "5511987654321;12/05/2024;0,35"),
        lines("Nome", "Maria", "João"),
        lines("a;b", "998877665544;112233445566", "998877665545;112233445567"),
        lines("Pedido", "998877665544", "998877665545"),
        lines("Conta", *["998877665544"] * 9),
        lines("x", *["998877665544"] * 9),
        lines("data", "20240512", "20240513"),
    ],
    ids=["phones", "sheet", "names", "two", "orders", "account", "constant", "dates"],
)
def test_without_a_column_of_ids_none_is_guessed(data: str) -> None:
    """A wrong column would cost a whole list of questions."""
    with pytest.raises(UnreadableListError) as raised:
        read(data.encode("cp1252"))
    assert ListProblem.NO_COLUMN is raised.value.problem


@pytest.mark.parametrize(
    "data",
    [
        lines("IDMSG;Fone", "1,23457E+11;5511987654321"),
        lines("1,23457E+11", "2,36180E+14"),
        lines("Fone;IDMSG", "5,51199E+12;1.23E+11"),
    ],
)
def test_numbers_that_a_spreadsheet_rounded_are_told_as_such(data: str) -> None:
    """The digits are lost; the user needs another file."""
    with pytest.raises(UnreadableListError) as raised:
        read(data.encode())
    assert ListProblem.ROUNDED is raised.value.problem


def test_a_note_of_several_lines_swallows_no_id() -> None:
    """With intended or stray quotes, every word in the form of an id is looked up."""
    data = lines("IDMSG;Nota", f'{A};"o cliente disse: oi', f'{B};tchau"', f"{C};x")

    assert [A, B, C] == values(data.encode())


@pytest.mark.parametrize(
    "number",
    [
        *("11144477735", "86288366757", "11222333000181"),
        *("08001234567", "005511987650001", "02111987650001", "0213123456789"),
    ],
)
def test_numbers_of_persons_and_telephones_are_no_ids(number: str) -> None:
    """CPF and CNPJ by their check digits, and numbers that are dialled in other ways."""
    with pytest.raises(UnreadableListError) as caught:
        read(lines(f"Ana;{number};01/11/2026").encode())

    assert ListProblem.NO_COLUMN is caught.value.problem


@pytest.mark.parametrize("number", ["11144477734", "11144477745", "11222333000191"])
def test_digits_whose_check_digits_are_others_may_be_ids(number: str) -> None:
    """One wrong check digit is enough."""
    assert [number] == values(f"{number}\n".encode())


def test_a_column_of_tax_numbers_that_is_called_idmsg_is_believed() -> None:
    """Its writer knows better than two check digits."""
    assert ["11144477735"] == values(b"IDMSG\n11144477735\n")


@pytest.mark.parametrize(
    ("cell", "problem"),
    [("2,3618E+11", ListProblem.ROUNDED), ("236180474,50", ListProblem.AMOUNTS)],
)
def test_below_idmsg_alone_the_comma_of_a_number_parts_no_cells(
    cell: str, problem: ListProblem
) -> None:
    """What stands before it is no id."""
    with pytest.raises(UnreadableListError) as caught:
        read(lines("IDMSG", cell, cell).encode())

    assert problem == caught.value.problem


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f"])
def test_blanks_between_thousands_are_told(blank: str) -> None:
    """A spreadsheet wrote the id as a number."""
    assert 1 == read(lines("IDMSG;Nome", f"236{blank}180{blank}474;Ana").encode()).written


@pytest.mark.parametrize(
    "cell",
    [
        *("236180474-", "(236180474)", "[236.180.474]", "\u2022 236180474", "*236180474*"),
        *("236180474?", "236180474/", '"="236180474""'),
        *("#236180474", "n\u00ba 236180474", "N\u00b0236180474", "No. 236180474", "num 236180474"),
    ],
)
def test_signs_around_an_id_are_not_asked(cell: str) -> None:
    """Those of a sentence, of a list, and of SAP."""
    assert ["236180474"] == values(lines("IDMSG,Nome", f"{cell},Ana").encode())


def test_a_letter_that_no_id_has_makes_a_cell_none() -> None:
    """The blank of an encoding that nobody could tell."""
    data = lines("IDMSG;Nome", "236180474;Ana", "236\u00ff180\u00ff475;Beto").encode()

    assert ["236180474"] == values(data)
