"""Any file of permitted size takes bounded work to read.

Work is counted, never timed: the text passed to the finder of ids, which is the most expensive
part, and the steps that the reader counts itself. `make bench` prints the seconds.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.domain.id_lists import list_words
from bot.domain.id_lists.effort import MAX_STEPS, SLOW_CHARACTER, Effort, TooMuchWorkError
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.id_lists.list_words import judge
from bot.domain.id_lists.table_rows import Table
from bot.domain.input.found_ids import FoundIds, find_ids
from tests.support.hostile_files import HOSTILE, ORDINARY, Made, lines

# A tenth of the limit, so that a hundred kinds take a few seconds.
SIZE, MOST = 500_000, MAX_STEPS // 10
# One cell, one line or one row may still be started when little of the limit is left.
LAST = 100_000

A = "MPG000236180474"


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All text passed to the finder."""
    given: list[str] = []

    def find(texts: Iterable[str]) -> FoundIds:
        parts = list(texts)
        given.extend(parts)
        return find_ids(parts)

    monkeypatch.setattr(list_words, "find_ids", find)
    return given


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_was_made_to_be_dear_takes_bounded_work(
    made: Made, searched: list[str]
) -> None:
    """It is read or refused; in both cases within the budget."""
    effort = Effort(MOST)
    data = made(SIZE)
    try:
        read_file(data, max_ids=10_000, effort=effort)
    except UnreadableListError as error:
        refused = error.problem is ListProblem.TOO_MUCH_WORK
        assert refused == (effort.spent > MOST)

    assert SIZE >= len(data)
    assert MOST + LAST >= effort.spent
    assert MOST >= SLOW_CHARACTER * sum(map(len, searched))


def test_some_of_them_come_to_the_end_of_the_budget() -> None:
    """Otherwise the kinds would be harmless."""
    refused = 0
    for made in HOSTILE.values():
        effort = Effort(MOST)
        try:
            read_file(made(SIZE), max_ids=10_000, effort=effort)
        except UnreadableListError as error:
            refused += error.problem is ListProblem.TOO_MUCH_WORK

    assert refused >= 20


@pytest.mark.parametrize("made", ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_file_of_any_size_is_read_whole(made: Made) -> None:
    """Ten thousand rows of twenty columns and five megabytes, quoted or not; long lists; logs."""
    data = made(5_000_000)
    read = read_file(data, max_ids=10_000)

    assert 5_000_000 >= len(data)
    assert [f"{number:012}" for number in range(10_000)] == [one.value[3:] for one in read.ids]
    assert () == read.ignored


def test_the_budget_is_kept_to_the_step() -> None:
    """The exact limit is accepted; one step more is refused."""
    effort = Effort(10)
    effort.spend(4)
    effort.spend(6)
    with pytest.raises(TooMuchWorkError):
        effort.spend(1)
    assert 11 == effort.spent


@pytest.mark.parametrize(
    ("cheap", "dear"),
    [
        (A, "cliente 1"),
        ("cliente 1", "cliente 1" * 20),
        ("cliente " * 10, "cliênte " * 10),
        ("cliente " * 10, "sandbox-" * 10),
        (f"{A} x" + " y" * 500, f"{A} x" * 100),
        ("236180474", "236.180.474"),
        ("236180474", "'236180474"),
    ],
    ids=["certain", "long", "foreign", "hints", "many hints", "number", "marked"],
)
def test_what_is_dear_counts_more(cheap: str, dear: str) -> None:
    """A word that is certain, a word, a long one, one not in ASCII, one that is read further."""
    efforts = [Effort(), Effort()]
    for word, effort in zip((cheap, dear), efforts, strict=True):
        judge(word, effort=effort)

    assert 0 < efforts[0].spent < efforts[1].spent


@pytest.mark.parametrize(
    ("cheap", "dear"),
    [
        (f"nome;IDMSG\nx;{A}\n", f"nomé;IDMSG\nx;{A}\n"),
        (f"nome\n{A}\n", f"nome{'x' * 1_000}\n{A}\n"),
        ("IDMSG\nab1234567\nab1234568\n", "IDMSG\nab1234567\nclients__\n"),
        ("IDMSG\nab1234567\nab1234568\n", "IDMSG\nab1234567\n1\n"),
        (f"<p>{A}</p>", f"<p><b>{A}</b></p>"),
        (f"<p>{A}</p>", f"<p>&nbsp;{A}</p>"),
        (f"<p>{A}</p>{' ' * 8_000}", f"<p>{A}</p>{' ' * 9_000}"),
    ],
    ids=[
        "a foreign heading",
        "a long title",
        "a line left out",
        "a line of another form",
        "a tag",
        "an entity",
        "a long page",
    ],
)
def test_a_file_counts_more_for_a_row_that_is_dear(cheap: str, dear: str) -> None:
    """Headings, the first row of a file without one, and rows that are ignored."""
    efforts = [Effort(), Effort()]
    for content, effort in zip((cheap, dear), efforts, strict=True):
        read_file(content.encode(), max_ids=2, effort=effort)

    assert efforts[0].spent < efforts[1].spent


def test_a_line_with_quotes_counts_more_and_still_more_if_it_is_split() -> None:
    """A row that is not wanted is only checked for open quotes."""
    plain, skipped, split = Effort(), Effort(), Effort()
    list(Table(["x" * 100], plain).rows(";"))
    list(Table([f'"{"x" * 98}"'], skipped).rows(";", lambda _number, _places: False))
    list(Table([f'"{"x" * 98}"'], split).rows(";"))

    assert plain.spent < skipped.spent < split.spent


def test_a_cell_costs_no_more_than_what_is_read_of_it() -> None:
    """Of a very long one the beginning, before and after it is made readable."""
    efforts = [Effort(), Effort()]
    for length, effort in zip((2_000, 30_000), efforts, strict=True):
        judge("MPG12345 " + "\ufdfa" * (length - 9), effort=effort)

    assert efforts[0].spent == efforts[1].spent


def test_what_characters_become_is_cut_too(searched: list[str]) -> None:
    """One Arabic character expands to eighteen: still 2,000 are judged."""
    judge("x " + "\ufdfa" * 1_000 + f" {A}")
    assert [] == searched
    judge("x " + "\ufdfa" * 100 + f" {A}")
    assert [A] == searched


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"a b {A} c d e f g h {A}1 i", [A, f"{A}1"]),
        ("a b IDMSG : abc-1 d e f", ["abc-1"]),
        ("a b IDMSG: abc1 x idmsg=abc2 y", ["abc1", "abc2"]),
        ("a IDMSG not found, IDMSG 12ab x y", ["12ab"]),
        ("x IDMSG a b c MPG123456", ["MPG123456"]),
        ("a id:abc b c d e f g h MPG123456", ["abc", "MPG123456"]),
    ],
)
def test_ids_are_found_wherever_they_stand_in_a_cell(text: str, ids: list[str]) -> None:
    """Only the text near a hint is searched."""
    filler = "nothing of interest " * 30
    assert ids == [one.value for one in judge(f"{filler}{text} {filler}").ids]


def test_what_is_far_from_a_hint_is_not_searched(searched: list[str]) -> None:
    """A log has one id in a line of hundreds of characters."""
    judge("word " * 100 + f"sent {A} to the carrier at once " + "word " * 100)

    assert [f"{A} to the carrier at"] == searched


def test_a_budget_holds_for_the_whole_file() -> None:
    """Not once more for each cell, row, column or delimiter."""
    few, many = Effort(), Effort()
    read_file(lines(f"foo {A} bar", 10_000), max_ids=1, effort=few)
    read_file(lines(f"foo {A} bar", 100_000), max_ids=1, effort=many)

    assert 5 * few.spent < many.spent
