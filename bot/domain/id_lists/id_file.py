"""A file of IDMSGs: a column of a table, or one a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.id_lists.effort import LINE_LEFT_OUT, Effort, TooMuchWorkError
from bot.domain.id_lists.file_text import text_of
from bot.domain.id_lists.id_column import Column, find_column
from bot.domain.id_lists.id_list import (
    MAX_PASTED,
    IdList,
    ListProblem,
    UnreadableListError,
    lines_of,
    to_list,
)
from bot.domain.id_lists.line_words import words_of
from bot.domain.id_lists.list_form import Entry
from bot.domain.id_lists.list_words import Judged, LineProblem, judge
from bot.domain.id_lists.table_rows import Table
from bot.domain.id_lists.web_page import is_page, text_of_page


def read_file(data: bytes, *, max_ids: int, effort: Effort | None = None) -> IdList:
    """Read the ids of a file.

    Kind, encoding, delimiter and column are found from the file's content.

    Args:
        data: the file.
        max_ids: how many ids may be in it.
        effort: limits the work, whatever the file contains.

    Raises:
        UnreadableListError: `problem` says what is wrong with the file.
    """
    effort = effort or Effort()
    text = text_of(data)
    try:
        if is_page(text):
            return _read_page(text, max_ids, effort)
        lines = lines_of(text)
        if len(lines) > 1 or len(text) > MAX_PASTED:
            return read_table(lines, max_ids=max_ids, effort=effort)
        return _read_line(lines[0], max_ids, effort)
    except TooMuchWorkError:
        raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None


def read_table(lines: Sequence[str], *, max_ids: int, effort: Effort) -> IdList:
    """Read the ids of a delimited text.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: no column fits, or it has no ids, or more than `max_ids`.
    """
    table = Table(lines, effort)
    column = find_column(table, effort)
    read = _cells(table, column, effort)
    return to_list(read, max_ids, column=column.heading, named=column.named, effort=effort)


def _read_line(line: str, max_ids: int, effort: Effort) -> IdList:
    """The ids in a file of a single line, which need not be a row.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: it has none, or more than `max_ids`.
    """
    words = words_of(1, line)
    certain = {one for _, _, judged in words if judged.certain for one in judged.ids}
    ids = certain or {one for _, _, judged in words for one in judged.ids}
    try:
        found = read_table([line], max_ids=max_ids, effort=effort)
    except UnreadableListError as error:
        if error.problem is not ListProblem.NO_COLUMN or not ids:
            raise
    else:
        if ids.issubset(found.ids):
            return found
    return to_list(words, max_ids)


def _read_page(text: str, max_ids: int, effort: Effort) -> IdList:
    """The ids in a web page.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: it has none.
    """
    try:
        lines = lines_of(text_of_page(text, effort))
        return read_table(lines, max_ids=max_ids, effort=effort)
    except UnreadableListError as error:
        if error.problem is ListProblem.NO_COLUMN:
            raise UnreadableListError(ListProblem.WEB_PAGE) from None
        raise


def _cells(table: Table, column: Column, effort: Effort) -> Iterator[Entry]:
    """The cells that should have an id, and no other cell."""
    for row in table.rows(column.delimiter):
        if row.number <= column.above or row.blank:
            continue
        cell, judged = row.cell(column.place), Judged(problem=LineProblem.EMPTY)
        if cell.strip():
            judged = judge(cell, named=column.named, effort=effort)
        if judged.problem is not None:
            effort.spend(LINE_LEFT_OUT)
        yield row.number, cell, judged
