"""Ids that a user pasted: which words are looked up, and which are left out and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.id_lists.id_list import (
    IgnoredLine,
    ListProblem,
    UnreadableListError,
)
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.id_lists.pasted import read_pasted

REAL, OTHER = "MPG000236180474", "MPG000027109145-21611143"


def ids(text: str) -> list[str]:
    """The ids of a pasted text that contains nothing else."""
    read = read_pasted(text, max_ids=1_000)
    assert () == read.ignored
    return [one.value for one in read.ids]


def ignored(text: str) -> list[tuple[int, str, str]]:
    """The rejected parts of a pasted text: line, word, reason."""
    read = read_pasted(text, max_ids=1_000)
    return [(one.number, one.text, one.problem.value) for one in read.ignored]


def problem_of(text: str, max_ids: int = 1_000) -> UnreadableListError:
    """The problem of a pasted text."""
    with pytest.raises(UnreadableListError) as raised:
        read_pasted(text, max_ids=max_ids)
    return raised.value


@pytest.mark.parametrize(
    "text",
    [
        f"{REAL}\n{OTHER}",
        f"{REAL}\r\n{OTHER}\r\n",
        f"{REAL}\r{OTHER}",
        f"{REAL}, {OTHER}",
        f"{REAL};{OTHER};",
        f"{REAL}|{OTHER}",
        f"{REAL}\t{OTHER}",
        f"\n\n  {REAL}   {OTHER}\n",
        f"000:{REAL} `{OTHER}`",
        f'"{REAL}","{OTHER}"',
        f"<{REAL}>\n\u201c{OTHER}\u201d",
        f"[{REAL}, {OTHER}]",
        f"MPG000236\u200b180474 {OTHER}",
    ],
)
def test_ids_are_read_whatever_parts_and_dresses_them(text: str) -> None:
    """Lines, commas, semicolons, bars, tabs, blanks; quotes, the send prefix, invisible signs."""
    assert [REAL, OTHER] == ids(text)


@pytest.mark.parametrize(
    "text",
    [
        f"IDMSG\n{REAL}",
        f"idmsg: {REAL}",
        f"IDMSG : {REAL}",
        f"IDMSG:{REAL}",
        f"Id da mensagem\n{REAL}",
        f"Código da mensagem\r\n{REAL}",
        f"message_id;{REAL}",
        f"IDMSG\tTelefone\tData\n{REAL}\t5511987654321\t12/05/2024",
    ],
)
def test_a_heading_is_passed_over(text: str) -> None:
    """The name above a column is neither an id nor worth a word."""
    assert [REAL] == ids(text)


def test_of_a_row_from_a_spreadsheet_the_cells_beside_the_id_are_passed_over() -> None:
    """Phone, date, amount, a name and an unrelated number are not reported."""
    row = f"2024000123\t{REAL}\t(11) 98765-4321\t12/05/2024 10:30\tMaria Silva\t0,35"
    assert [REAL] == ids(f"{row}\n")


@pytest.mark.parametrize(
    "line",
    [
        *(f"\u2022 {REAL}", f"1. {REAL} 2) {OTHER}", f"\u2192 {REAL} [3] {OTHER}"),
        f"oi, os ids: {REAL} e {OTHER}; obrigado",
        f'{{"idmsg": "{REAL}", "n": 3}}',
        f"{REAL};+55 (11) 98765-4321;12/05/2024",
        *(
            f"> {REAL}",
            "\u2022 236180474",
            "1. 236180474 2. 236180475",
            "236180474\t11987654321\tx",
        ),
        *("os ids 236180474 e 236180475", "10:05 236180474 (11) 98765-4321 R$ 2,50"),
    ],
)
def test_words_beside_an_id_are_passed_over(line: str) -> None:
    """List marks, prose, keys and cells are no entries; a line of them alone is reported."""
    assert [] == ignored(line)
    assert [(2, "Maria", "no_id")] == ignored(f"{line}\nMaria")


def test_a_lost_id_beside_another_one_is_reported() -> None:
    """It was an entry of the list."""
    problems = [(1, "1,23457E+11", "rounded"), (1, "2024000123", "unlike")]
    assert problems == ignored(f"{REAL} 1,23457E+11 2024000123")


def test_a_row_from_a_spreadsheet_without_an_id_is_reported() -> None:
    """If no cell has an id, each cell is reported."""
    problems = ignored(f"{REAL}\tx\nMaria\t5511987654321")
    assert [(2, "Maria", "no_id"), (2, "+55 (11) *****-4321", "phone")] == problems


@pytest.mark.parametrize("word", ["12345678910x", "999888777666", "a1b2c3d4e5", "ab-1234567"])
def test_an_opaque_id_is_taken_where_no_other_is_certain(word: str) -> None:
    """The gateway promises no form."""
    assert [word] == ids(word)


@pytest.mark.parametrize("form", ["[{}, {}]", "({},{})", "{}? {}!", "[{}]\n({}", "[] {} () {}"])
def test_the_brackets_around_opaque_ids_are_taken_off(form: str) -> None:
    """Those of JSON, of SQL and of prose."""
    assert ["236180474", "236180475"] == ids(form.format("236180474", "236180475"))


def test_beside_ids_of_the_usual_form_another_form_is_none() -> None:
    """An order number between IDMSGs is not an IDMSG, which is reported."""
    assert [(2, "2024000123", "unlike")] == ignored(f"{REAL}\n2024000123\n{OTHER}")


def test_what_is_called_an_id_is_one() -> None:
    """`id:` forces it, even for a word that resembles a phone number, or is formatted as one."""
    assert ["5511987654321", "98765-4321", "x"] == ids("id:5511987654321 id:98765-4321 id:x")


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("5511987654321", "phone"),
        ("11987654321", "phone"),
        ("+55 (11) 98765-4321", "phone"),
        ("(11) 98765-4321", "phone"),
        ("11 3456-7890", "phone"),
        ("1,23457E+11", "rounded"),
        ("2.36180474E+14", "rounded"),
        ("M" * 50 + "1", "too_long"),
        ("12/05/2024", "amount"),
        ("olá", "no_id"),
        ("85", "no_id"),
        ("joao@example.com", "no_id"),
        ("ab\ufffe12345678", "unprintable"),
        ("id:", None),
        ("''", "empty"),
    ],
)
def test_a_word_that_is_no_id_is_told_with_its_line(word: str, problem: str | None) -> None:
    """And with its actual kind; a label without a word after it is ignored."""
    problems = [problem for _, _, problem in ignored(f"{REAL}\n{word}\n{OTHER}")]
    assert ([problem] if problem else []) == problems


def test_doubles_are_counted_and_read_once() -> None:
    """In order of first appearance."""
    read = read_pasted(f"{OTHER} {REAL} {OTHER} 000:{OTHER}", max_ids=2)
    assert ([OTHER, REAL], 2) == ([one.value for one in read.ids], read.doubles)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ListProblem.EMPTY),
        (" \n\t ", ListProblem.EMPTY),
        ("olá, tudo bem?", ListProblem.NO_IDS),
        ("5511987654321\n5511987654322", ListProblem.NO_IDS),
        ("IDMSG", ListProblem.EMPTY_COLUMN),
        ("IDMSG\n1,23457E+11\n1,23457E+11", ListProblem.ROUNDED),
    ],
    ids=["empty", "blank", "prose", "phones", "heading", "rounded"],
)
def test_a_text_without_a_list_has_its_problem(text: str, problem: ListProblem) -> None:
    """Each names its problem."""
    assert problem is problem_of(text).problem


def test_a_text_may_be_as_long_as_the_limit_says() -> None:
    """To the character, in whichever way they are spent; one more is too many."""
    assert [REAL, OTHER] == ids(f"{REAL}{chr(10) * (10_000 - 39)}{OTHER}")
    assert [REAL] == ids(REAL.ljust(10_000))
    assert ListProblem.TOO_LONG is problem_of(REAL.ljust(10_001)).problem


def test_too_many_ids_are_told_with_how_many_and_how_many_may_be() -> None:
    """Doubles do not count."""
    error = problem_of(f"{REAL} {REAL} {OTHER} MPG000001", max_ids=2)
    assert (ListProblem.TOO_MANY_IDS, 3, 2) == (error.problem, error.count, error.limit)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("João da Silva", LineProblem.NO_ID),
        ("Helen Park +55 11 98765-4321", LineProblem.PHONE),
        ("hello", LineProblem.NO_ID),
    ],
)
def test_a_line_without_an_id_is_one_remark(line: str, problem: LineProblem) -> None:
    """However many words it has."""
    (ignored,) = read_pasted(f"{line}\n{REAL}", max_ids=9).ignored
    assert (1, problem) == (ignored.number, ignored.problem)
    assert line.split(maxsplit=1)[0] in ignored.text


def test_what_is_shown_of_a_line_is_bounded_and_printable() -> None:
    """Control characters reach no terminal, and a long line does not fill a page."""
    (line,) = read_pasted(f"{REAL}\n\x1b[31m{'x' * 500}", max_ids=9).ignored
    assert IgnoredLine(number=2, text=line.text, problem=LineProblem.TOO_LONG) == line
    assert line.text.isprintable()
    assert 80 == len(line.text)


@given(st.text() | st.lists(st.sampled_from([REAL, "\t", "\n", "IDMSG", "+55", "11", " "])))
def test_any_text_gives_a_list_or_a_problem(given_text: str | list[str]) -> None:
    """No other exception is raised, and a list has ids."""
    text = given_text if isinstance(given_text, str) else "".join(given_text)
    try:
        read = read_pasted(text, max_ids=5)
    except UnreadableListError:
        return
    assert 1 <= len(read.ids) == len(set(read.ids)) <= 5


def test_an_amount_is_no_id_although_its_digits_might_be_one() -> None:
    """With the sign of its currency before a blank."""
    with pytest.raises(UnreadableListError):
        read_pasted("R$ 236.180.474,00", max_ids=10)
