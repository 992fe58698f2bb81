"""The work that a file takes grows with its size, whatever its content.

Work is counted, never timed: the text passed to the finder of ids, which is the most expensive
part. `make bench` prints the seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest

from bot.domain.id_lists import list_words
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import UnreadableListError
from bot.domain.id_lists.list_words import judge
from bot.domain.input.found_ids import FoundIds, find_ids
from tests.support.hostile_files import HOSTILE, ORDINARY, Made

# A fiftieth of what is permitted, so that a hundred kinds take a few seconds.
SIZE = 100_000
# A sample for each delimiter, then every row; one character may become eighteen.
MOST_SEARCHED = 9

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
def test_no_file_is_searched_more_often_than_its_cells_are_judged(
    made: Made, searched: list[str]
) -> None:
    """Whether it is read or refused: time grows with the file, and one process has its limits."""
    data = made(SIZE)
    with suppress(UnreadableListError):
        read_file(data, max_ids=10_000)

    assert SIZE >= len(data)
    assert MOST_SEARCHED * SIZE >= sum(map(len, searched))


@pytest.mark.parametrize("made", ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_file_of_any_size_is_read_whole(made: Made) -> None:
    """Ten thousand rows of twenty columns and five megabytes, quoted or not; long lists; logs."""
    data = made(5_000_000)
    read = read_file(data, max_ids=10_000)

    assert 5_000_000 >= len(data)
    assert [f"{number:012}" for number in range(10_000)] == [one.value[3:] for one in read.ids]
    assert () == read.ignored


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
