"""A file of IDMSGs: a column of a table, or one a line, as spreadsheets write them."""

from __future__ import annotations

from bot.domain.id_lists.effort import LINE_LEFT_OUT, Effort, TooMuchWorkError
from bot.domain.id_lists.file_text import text_of
from bot.domain.id_lists.id_column import Column, find_column
from bot.domain.id_lists.id_list import (
    Collection,
    IdList,
    ListProblem,
    UnreadableListError,
    lines_of,
)
from bot.domain.id_lists.list_words import Judged, LineProblem, judge
from bot.domain.id_lists.table_rows import Row, Table


def read_file(data: bytes, *, max_ids: int, effort: Effort | None = None) -> IdList:
    """Read the ids of a file.

    Encoding, delimiter and column are found by what stands in the file.

    Args:
        data: the file.
        max_ids: how many ids may be in it.
        effort: what is counted; it bounds the work, whatever the file holds.

    Raises:
        UnreadableListError: `problem` says what is wrong with the file.
    """
    try:
        return _read(lines_of(text_of(data)), effort or Effort(), max_ids)
    except TooMuchWorkError:
        raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None


def _read(lines: list[str], effort: Effort, max_ids: int) -> IdList:
    table = Table(lines, effort)
    column = find_column(table, effort)
    collection = Collection()
    for row in table.rows(column.delimiter):
        if row.number > column.above and not row.blank:
            judged = _judge(row, column, effort)
            if judged.problem is not None:
                effort.spend(LINE_LEFT_OUT)
            collection.add(row.number, _shown(row, column), judged)
    return collection.finish(max_ids, column.heading)


def _judge(row: Row, column: Column, effort: Effort) -> Judged:
    cell = row.cell(column.place)
    if not cell.strip():
        return Judged(problem=LineProblem.EMPTY)
    return judge(cell, named=column.named, effort=effort)


def _shown(row: Row, column: Column) -> str:
    """The cell that should hold an id; where it is empty the whole row."""
    cell = row.cell(column.place)
    return cell if cell.strip() else f"{column.delimiter} ".join(filter(None, row.cells))
