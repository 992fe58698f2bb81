"""The columns of a file of IDMSGs, to stand beside the results of its calls."""

from __future__ import annotations

from bot.domain.id_lists.effort import Effort, TooMuchWorkError
from bot.domain.id_lists.file_text import text_of
from bot.domain.id_lists.id_column import Column, find_column
from bot.domain.id_lists.id_list import Original, UnreadableListError, lines_of
from bot.domain.id_lists.list_words import judge
from bot.domain.id_lists.table_rows import Table
from bot.domain.id_lists.web_page import is_page
from bot.domain.input.message_id import MessageId


def original_of(data: bytes, *, effort: Effort | None = None) -> Original | None:
    """The columns of a file; `None` if it is no table of several, or reading it is too much work.

    Args:
        data: the file.
        effort: limits the work, whatever the file contains.
    """
    effort = effort or Effort()
    try:
        text = text_of(data)
        if is_page(text):
            return None
        table = Table(lines_of(text), effort)
        found = _read(table, find_column(table, effort), effort)
    except (TooMuchWorkError, UnreadableListError):
        return None
    return found if found.width > 1 else None


def _read(table: Table, column: Column, effort: Effort) -> Original:
    heading: tuple[str, ...] = ()
    rows: dict[str, tuple[str, ...]] = {}
    for row in table.rows(column.delimiter):
        ids: tuple[MessageId, ...] = ()
        if row.number > column.above:
            ids = judge(row.cell(column.place), named=column.named, effort=effort).ids
        for one in ids:
            rows.setdefault(one.value, tuple(row.cells))
        # Also one that says nothing of ids.
        if not rows and not row.blank:
            heading = tuple(row.cells)
    return Original(heading=heading, rows=rows)
