"""A file of IDMSGs: a column of a table, or one a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from bot.domain.id_lists.effort import LINE_LEFT_OUT, Effort, TooMuchWorkError
from bot.domain.id_lists.file_text import text_of
from bot.domain.id_lists.id_column import Column, find_column
from bot.domain.id_lists.id_list import (
    MAX_PASTED,
    IdList,
    ListProblem,
    Original,
    OriginalRow,
    UnreadableListError,
    lines_of,
    to_list,
)
from bot.domain.id_lists.line_words import words_of
from bot.domain.id_lists.list_form import Entry, in_one_form
from bot.domain.id_lists.list_words import Judged, LineProblem, judge
from bot.domain.id_lists.table_rows import Table
from bot.domain.id_lists.web_page import is_page, text_of_page

# Its place among the rows.
_HEADING: Final = 0
_ReadTable: TypeAlias = Callable[[Sequence[str]], IdList]


def read_file(
    data: bytes, *, max_ids: int, effort: Effort | None = None, columns: bool = False
) -> IdList:
    """Read the ids of a file.

    Kind, encoding, delimiter and column are found from the file's content.

    Args:
        data: the file.
        max_ids: how many ids may be in it.
        effort: limits the work, whatever the file contains.
        columns: return the rows with all their cells too.

    Raises:
        UnreadableListError: `problem` says what is wrong with the file.
    """
    effort = effort or Effort()
    text = text_of(data)
    read = partial(read_table, max_ids=max_ids, effort=effort, columns=columns)
    try:
        if is_page(text):
            return _read_page(text, read, effort)
        lines = lines_of(text)
        if len(lines) > 1 or len(text) > MAX_PASTED:
            return read(lines)
        return _read_line(lines[0], read, max_ids)
    except TooMuchWorkError:
        raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None


def read_table(
    lines: Sequence[str], *, max_ids: int, effort: Effort, columns: bool = False
) -> IdList:
    """Read the ids of a delimited text.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: no column fits, or it has no ids, or more than `max_ids`.
    """
    table = Table(lines, effort)
    column = find_column(table, effort)
    rows: dict[int, Sequence[str]] | None = {} if columns and column.width > 1 else None
    entries = [*in_one_form(_cells(table, column, effort, rows), effort)]
    found = to_list(entries, max_ids, column=column.heading, width=column.width, named=column.named)
    return found if rows is None else replace(found, original=_original(entries, rows))


def _original(entries: Iterable[Entry], rows: Mapping[int, Sequence[str]]) -> Original:
    read = (
        OriginalRow(number=number, cells=rows[number], ids=judged.ids, problem=judged.problem)
        for number, _, judged in entries
    )
    return Original(heading=rows.get(_HEADING, []), rows=tuple(read))


def _read_line(line: str, read: _ReadTable, max_ids: int) -> IdList:
    """The ids in a file of a single line, which need not be a row.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: it has none, or more than `max_ids`.
    """
    words = words_of(1, line)
    certain = {one for _, _, judged in words if judged.certain for one in judged.ids}
    ids = certain or {one for _, _, judged in words for one in judged.ids}
    try:
        found = read([line])
    except UnreadableListError as error:
        if error.problem is not ListProblem.NO_COLUMN or not ids:
            raise
    else:
        if ids.issubset(found.ids):
            return found
    return to_list([*in_one_form(words, Effort())], max_ids)


def _read_page(text: str, read: _ReadTable, effort: Effort) -> IdList:
    """The ids in a web page.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: it has none.
    """
    try:
        return read(lines_of(text_of_page(text, effort)))
    except UnreadableListError as error:
        if error.problem is ListProblem.NO_COLUMN:
            raise UnreadableListError(ListProblem.WEB_PAGE) from None
        raise


def _cells(
    table: Table, column: Column, effort: Effort, rows: dict[int, Sequence[str]] | None
) -> Iterator[Entry]:
    """The cells that should have an id, and no other cell; all cells are put into `rows`."""
    for row in table.rows(column.delimiter):
        if rows is not None and row.number >= column.above:
            rows[_HEADING if row.number == column.above else row.number] = row.cells
        if row.number <= column.above or row.blank:
            continue
        cell, judged = row.cell(column.place), Judged(problem=LineProblem.EMPTY)
        if cell.strip():
            judged = judge(cell, named=column.named, effort=effort)
        if judged.problem is not None:
            effort.spend(LINE_LEFT_OUT)
        yield row.number, cell, judged
