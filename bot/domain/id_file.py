"""A file of IDMSGs: a column of a table, or one a line, as spreadsheets write them."""

from __future__ import annotations

from bot.domain.file_text import text_of
from bot.domain.id_column import Column, find_column
from bot.domain.id_list import Collection, IdList, lines_of
from bot.domain.list_words import Judged, LineProblem, judge
from bot.domain.table_rows import Row, Table


def read_file(data: bytes, *, max_ids: int) -> IdList:
    """Read the ids of a file.

    Encoding, delimiter and column are found by what stands in the file. Time and memory grow with
    its size, which is bounded, whatever it holds.

    Raises:
        UnreadableListError: `problem` says what is wrong with the file.
    """
    table = Table(lines_of(text_of(data)))
    column = find_column(table)
    collection = Collection()
    for row in table.rows(column.delimiter):
        if row.number > column.above and not row.blank:
            collection.add(row.number, _shown(row, column), _judge(row, column))
    return collection.finish(max_ids, column.heading)


def _judge(row: Row, column: Column) -> Judged:
    cell = row.cell(column.place)
    if not cell.strip():
        return Judged(problem=LineProblem.EMPTY)
    return judge(cell, named=column.named)


def _shown(row: Row, column: Column) -> str:
    """The cell that should hold an id; where it is empty the whole row."""
    cell = row.cell(column.place)
    return cell if cell.strip() else f"{column.delimiter} ".join(filter(None, row.cells))
