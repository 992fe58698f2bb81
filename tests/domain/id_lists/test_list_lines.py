"""A list on its way back from the process that read it: lines of JSON, of which none is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import IdList, ListProblem, UnreadableListError
from bot.domain.id_lists.list_lines import AT_ONCE, LONGEST_LINE, ListReader, to_lines

LIST = b"Nome;IDMSG\nAna;MPG000236180474\nBia;MPG000236180474\nCaio;\nDuda;1,2E+11\n"


def lines_of(file: bytes, *, max_ids: int, columns: bool = False) -> Iterator[bytes]:
    """What the process writes about a file."""
    try:
        return to_lines(read_file(file, max_ids=max_ids, columns=columns))
    except UnreadableListError as error:
        return to_lines(error)


def problem(file: bytes) -> tuple[ListProblem, int, int]:
    """What is wrong with a file, as the process says it."""
    answered = ListReader()
    for line in lines_of(file, max_ids=2):
        answered.take(line)
    with pytest.raises(UnreadableListError) as raised:
        answered.result()
    return raised.value.problem, raised.value.count, raised.value.limit


def given(file: bytes, *, columns: bool = False) -> tuple[IdList, int]:
    """The list in a file, and in how many lines it came; before the last it is none."""
    answered, lines = ListReader(), [*lines_of(file, max_ids=10_000, columns=columns)]
    for line in lines:
        with pytest.raises(EOFError):
            answered.result()
        answered.take(line)
    return answered.result(), len(lines)


@pytest.mark.parametrize(
    "file",
    [
        LIST,
        b"IDMSG\n236.180.474,00\n236180475,0\n1,2E+11\n",
        b"\n".join(b"MPG%06d" % number for number in range(AT_ONCE + 1)),
        b"IDMSG\nMPG12345\n" + b"x\n" * (AT_ONCE * 2),
        "IDMSG;x\nMPG12345;1\n;😀«é»\n".encode(),
    ],
    ids=["a table", "numbers", "many ids", "many lines without", "signs"],
)
def test_a_list_comes_back_as_it_was_read(file: bytes) -> None:
    """Ids, doubles, what was left out and why, the column; with all columns if they are wanted."""
    for columns in (False, True):
        read = read_file(file, max_ids=10_000, columns=columns)
        assert read == given(file, columns=columns)[0]


def test_a_long_list_comes_in_parts() -> None:
    """So that whoever takes it can do other things in between, and no part is too long."""
    file = b"IDMSG\n" + b"".join(b"MPG%06d\n" % number for number in range(1_200)) + b"x\n" * 600
    odd = "IDMSG;x\nMPG12345;1\n" + f";{chr(0x1F600) * 300}\n" * 600

    assert 1 + 3 + 2 + 1 == given(file)[1]
    parts = [*lines_of(odd.encode(), max_ids=1, columns=True)]
    assert all(len(line) < LONGEST_LINE for line in parts)
    heading, two_rows, *_ = [part for part in parts if b'"ignored"' not in part][2:]
    assert (b'{"heading"', b'{"rows"') == (heading[:10], two_rows[:7])
    assert AT_ONCE > len(json.loads(two_rows)["rows"]) > 1


def test_rows_with_too_many_cells_are_refused() -> None:
    """They would fill the memory of the bot."""
    row = [1, ["x"] * 1_000, ["MPG000001"], None]
    part = json.dumps({"rows": [row] * 200}).encode()
    taking = ListReader()
    taking.take(part)
    taking.take(part)
    with pytest.raises(ValueError, match=r"^$"):
        taking.take(json.dumps({"rows": [[1, ["x"], [], "empty"]]}).encode())


def test_what_is_wrong_with_a_file_comes_back() -> None:
    """With how much there is and may be."""
    assert (ListProblem.EMPTY, 0, 0) == problem(b"")
    assert (ListProblem.TOO_MANY_IDS, 3, 2) == problem(b"MPG000001\nMPG000002\nMPG000003\n")
    assert (ListProblem.TOO_LARGE, 5_000_001, 5_000_000) == problem(bytes(5_000_001))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON",
        b"[1]",
        b"1",
        b'"problem"',
        b'{"problem": "unheard of", "count": 1, "limit": 1}',
        b'{"problem": "empty"}',
        b'{"ids": ["' + b"x" * 41 + b'"]}',
        b'{"ids": [1]}',
        b'{"ids": 1}',
        b'{"ignored": [[1, "x"]]}',
        b'{"ignored": [[1, "x", "unheard of"]]}',
        b'{"heading": 1}',
        b'{"rows": [[1, ["x"], ["MPG000001"]]]}',
        b'{"rows": [["x", ["x"], ["MPG000001"], null]]}',
        b'{"rows": [[1, ["x"], [1], null]]}',
        b'{"rows": [[1, ["x"], [], "unheard of"]]}',
        b'{"rows": [[1, 1, [], "empty"]]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_no_list(line: bytes) -> None:
    """Nothing that comes out of the process is trusted."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - any of them
        ListReader().take(line)
    assert not isinstance(raised.value, UnreadableListError)
