"""A list of IDMSGs that a user typed or pasted: words, or the rows of a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.id_lists.effort import Effort
from bot.domain.id_lists.id_column import HEADINGS_WITHIN, names_ids
from bot.domain.id_lists.id_file import read_table
from bot.domain.id_lists.id_list import (
    MAX_PASTED,
    IdList,
    ListProblem,
    UnreadableListError,
    lines_of,
    to_list,
)
from bot.domain.id_lists.line_words import words_of
from bot.domain.id_lists.list_form import in_one_form
from bot.domain.id_lists.table_rows import DELIMITERS


def read_pasted(text: str, *, max_ids: int) -> IdList:
    """Read ids that a user typed or pasted, separated by lines, commas, semicolons or blanks.

    Rows copied from a spreadsheet are read as those of a file if a heading names the column, and no
    id of the gateway's form is in another one. Without a heading, cells beside such an id are
    skipped.

    Raises:
        UnreadableListError: too long, no ids, or more than `max_ids`.
    """
    if len(text) > MAX_PASTED:
        raise UnreadableListError(ListProblem.TOO_LONG, count=len(text), limit=MAX_PASTED)
    if not text.strip():
        raise UnreadableListError(ListProblem.EMPTY)
    lines = lines_of(text)
    heading = _heading(lines)
    read = [
        one
        for number, line in enumerate(lines, 1)
        for one in words_of(number, line, named=heading == 1)
    ]
    certain = {one for _, _, judged in read if judged.certain for one in judged.ids}
    if heading > 1:
        try:
            found = read_table(lines, max_ids=max_ids, effort=Effort())
        except UnreadableListError:
            if not certain:
                raise
        else:
            if certain.issubset(found.ids):
                return found
    return to_list([*in_one_form(read, Effort())], max_ids, named=heading > 0)


def _heading(lines: Sequence[str]) -> int:
    """How many cells the heading row has, in which one names the column of ids; 0 without one."""
    rows = (line.split(one) for line in lines[:HEADINGS_WITHIN] for one in DELIMITERS)
    return next((len(cells) for cells in rows if any(map(names_ids, cells))), 0)
