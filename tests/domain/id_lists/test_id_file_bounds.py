"""Files that are no lists, and files that were made to be a burden."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.id_lists.effort import Effort
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.id_lists.table_rows import Table

A = "MPG000236180474"


def problem_of(data: bytes, max_ids: int = 10_000) -> UnreadableListError:
    """The problem of a file."""
    with pytest.raises(UnreadableListError) as raised:
        read_file(data, max_ids=max_ids)
    return raised.value


def zipped(*names: str) -> bytes:
    """An archive with files of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ListProblem.EMPTY),
        (b"\xef\xbb\xbf", ListProblem.EMPTY),
        (b"\r\n \t\r\n", ListProblem.EMPTY),
        (b"\x1a", ListProblem.EMPTY),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), ListProblem.SPREADSHEET),
        (zipped("Index/Document.iwa", "Index/Tables/DataList.iwa"), ListProblem.SPREADSHEET),
        (b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
         ListProblem.SPREADSHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), ListProblem.SPREADSHEET),
        (zipped("word/document.xml"), ListProblem.DOCUMENT),
        (b"%PDF-1.7\n", ListProblem.DOCUMENT),
        (rb"{\rtf1 MPG000236180474}", ListProblem.DOCUMENT),
        (b"\x89PNG\r\n\x1a\n", ListProblem.PICTURE),
        (b"\xff\xd8\xff\xe0", ListProblem.PICTURE),
        (b"GIF89a", ListProblem.PICTURE),
        (zipped("ids.csv"), ListProblem.ARCHIVE),
        (zipped(), ListProblem.ARCHIVE),
        (b"Rar!\x1a\x07", ListProblem.ARCHIVE),
        (b"\x1f\x8b\x08", ListProblem.ARCHIVE),
        (b"\x7fELF\x02\x01\x01\x00", ListProblem.NOT_TEXT),
        (bytes(range(1, 256)) * 4, ListProblem.NOT_TEXT),
        ("x;y\0\r\n".encode("utf-16-le"), ListProblem.NOT_TEXT),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_by_its_name(data: bytes, problem: ListProblem) -> None:
    """So that the user learns the remedy."""
    assert problem is problem_of(data).problem


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    """Fifty megabytes of ids, or of anything else, end quickly; the size is reported."""
    error = problem_of(bytes(50_000_000))
    assert (ListProblem.TOO_LARGE, 50_000_000, 5_000_000) == (
        error.problem,
        error.count,
        error.limit,
    )


def test_a_file_may_be_as_large_as_the_limit_says() -> None:
    """Five megabytes, and not a byte more."""
    assert 1 == len(read_file(A.encode().ljust(5_000_000), max_ids=1).ids)
    assert ListProblem.TOO_LARGE is problem_of(A.encode().ljust(5_000_001)).problem


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_too_many_lines_are_told_with_how_many(end: bytes) -> None:
    """A million lines, of any length and line end."""
    count = 1_000_000
    error = problem_of((b"1" + end) * count)
    assert (ListProblem.TOO_MANY_LINES, count, 100_000) == (
        error.problem,
        error.count,
        error.limit,
    )


def test_a_cell_of_a_million_lines_is_as_many_lines() -> None:
    """A quote hides no id."""
    assert ListProblem.TOO_MANY_LINES is problem_of(b'"' + b"\n" * 1_000_000 + b'";x').problem


def test_too_many_ids_are_told_with_how_many() -> None:
    """Doubles do not count."""
    data = "".join(f"MPG{n:09}\n" for n in range(30)).encode()
    error = problem_of(data + data, max_ids=29)
    assert (ListProblem.TOO_MANY_IDS, 30, 29) == (error.problem, error.count, error.limit)


def test_as_many_ids_as_may_be_are_read() -> None:
    """The limit itself is allowed."""
    data = "".join(f"MPG{n:09}\n" for n in range(30)).encode()
    assert 30 == len(read_file(data, max_ids=30).ids)


def cells(text: str, delimiter: str = ";") -> list[list[str]]:
    """The rows of a text."""
    return [list(row.cells) for row in Table(text.split("\n"), Effort()).rows(delimiter)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('"a;b";c', [["a;b", "c"]]),
        ('"a""b";""', [['a"b', ""]]),
        ('a"b;c"', [['a"b', 'c"']]),
        ('"a"b;c', [["ab", "c"]]),
        ('x; "a;b"', [["x", "a;b"]]),
        ('"a\nb";c\nd;e', [["a\nb", "c"], ["d", "e"]]),
        ('"a\n""\nb";c', [['a\n"\nb', "c"]]),
        ('a;"b\nc;d', [["a", '"b'], ["c", "d"]]),
        ('a;"b\nc;d\ne;"f', [["a", '"b'], ["c", "d"], ["e", '"f']]),
        ('"a"b"c;"d\n"e"f"g;"h', [['"a"b"c', '"d'], ['"e"f"g', '"h']]),
        (";;", [["", "", ""]]),
        ('"a;b\n"c;d', [['"a', "b"], ['"c', "d"]]),
    ],
)
def test_quotation_marks_are_read_as_spreadsheets_write_them(
    text: str, rows: list[list[str]]
) -> None:
    """Doubled, around delimiters and lines; a stray one is a sign like any other."""
    assert rows == cells(text)


def test_a_cell_is_no_longer_than_a_spreadsheet_allows() -> None:
    """A quote that is not closed within that length never opened a cell."""
    assert 1 == len(cells(f'"a\n{"x" * 32_766}\nb";y'))
    assert 3 == len(cells(f'"a\n{"x" * 32_767}\nb";y'))


@pytest.mark.parametrize("start", ["", '"x";'])
def test_columns_are_bounded(start: str) -> None:
    """A row of a million cells costs no more than the last column that is split."""
    (row,) = cells(start + "a;" * 10_000)
    assert 200 == len(row)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_give_a_list_or_a_problem(data: bytes) -> None:
    """No other exception is raised."""
    try:
        read = read_file(data, max_ids=5)
    except UnreadableListError:
        return
    assert 1 <= len(read.ids) == len(set(read.ids)) <= 5


pieces = st.sampled_from(
    [A, ";", ",", "\t", "|", '"', '""', "\r\n", "\n", "sep=,", "IDMSG", "5511987654321", "1,2E+11"]
)


@given(st.lists(pieces | st.text(max_size=3)).map("".join))
def test_any_table_gives_a_list_or_a_problem(text: str) -> None:
    """With any delimiters and quotes; ignored lines have their row number."""
    try:
        read = read_file(text.encode("utf-8", "replace"), max_ids=50)
    except UnreadableListError:
        return
    assert all(one.number >= 1 and len(one.text) <= 80 for one in read.ignored)


@given(st.lists(st.integers(10**5, 10**14), min_size=1, max_size=40, unique=True))
def test_no_id_of_the_usual_form_is_lost(numbers: list[int]) -> None:
    """With any content in the column beside it."""
    ids = [f"MPG{number}" for number in numbers]
    rows = [f'Zé "Zeca" {n}, Silva;{one};"a;b"' for n, one in enumerate(ids)]
    assert ids == [one.value for one in read_file("\n".join(rows).encode(), max_ids=99).ids]


class CountedLines(list[str]):
    """Lines that count how often each one is read."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        got = super().__getitem__(place)
        self.looks += len(got) if isinstance(place, slice) else 1
        return got


@pytest.mark.parametrize("line", ['"a"b"c;"d', '"a;b"c', 'a;"b', '"', "a;b", '"a""'])
def test_no_line_is_looked_at_over_and_over(line: str) -> None:
    """With any open quotes, the next lines are joined only once."""
    lines = CountedLines([line] * 3_000)
    assert 1 <= len([*Table(lines, Effort()).rows(";")]) <= 3_000
    assert lines.looks <= 5 * len(lines)


FLOODS: list[Callable[[int], bytes]] = [
    lambda size: b";" * size,
    lambda size: b'"' * size,
    lambda size: b'";"\n' * (size // 4),
    lambda size: b'"a"b"c;"d\n' * (size // 10),
    lambda size: b'"abc;;;;;;;;;;\n' * (size // 15),
    lambda size: b"a,;|\t" * (size // 5),
    lambda size: b"idmsg " * (size // 6),
    lambda size: b"mpg12345;" * (size // 9),
    lambda size: b"2024000;99887766x;\n" * (size // 19),
    lambda size: b"MPG000236180474;x\n" * (size // 18),
    lambda size: "\u0301".encode() * (size // 2),
    lambda size: b'"' + b"x\n" * (size // 2),
]


def test_time_grows_with_the_length_and_not_with_its_square() -> None:
    """Eight times the bytes take far less than sixty-four times as long."""
    slow = []
    for number, flood in enumerate(FLOODS):
        small, large = flood(25_000), flood(200_000)
        most = 40 * min(_seconds(small) for _ in range(3)) + 0.05
        if all(_seconds(large) >= most for _ in range(3)):
            slow.append(number)
    assert [] == slow


def _seconds(data: bytes) -> float:
    """The processor's time of one reading."""
    before = time.process_time()
    with suppress(UnreadableListError):
        read_file(data, max_ids=10_000)
    return time.process_time() - before
