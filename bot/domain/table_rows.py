"""The rows of a delimited text, as spreadsheets write them (RFC 4180, with their liberties).

Rows are made one by one, so that a file costs no more memory than its text. A quotation mark that
is never closed spoils its own line and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.domain.list_words import HINT

DELIMITERS: Final = (";", "\t", ",", "|")
MAX_COLUMNS: Final = 200
# What a cell of a spreadsheet can hold.
MAX_CELL: Final = 32_767

_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: from 1, as a spreadsheet counts: a row may have several lines.
        cells: at most `MAX_COLUMNS`; what is beyond is not told apart.
    """

    number: int
    cells: Sequence[str]

    def cell(self, place: int) -> str:
        """The cell at a place, from 0; empty where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


class Table:
    """A text as a table.

    Args:
        lines: without what ends them.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        # What Excel reads and does not show.
        said = _SEPARATOR_LINE.fullmatch(lines[0].strip(" ")) if lines else None
        self._delimiter = said[1] if said else None
        self._lines = lines[1:] if said else lines

    @property
    def length(self) -> int:
        """How many lines there are, so that no more rows."""
        return len(self._lines)

    def any_line(self, wanted: Callable[[str], object]) -> bool:
        """Whether some line is as wanted."""
        return any(map(wanted, self._lines))

    @property
    def delimiters(self) -> Sequence[str]:
        """What may part the cells: what the file says, or else nothing at all, or what is there."""
        if self._delimiter is not None:
            return [self._delimiter]
        first, *others = DELIMITERS
        return [first, *(one for one in others if any(one in line for line in self._lines))]

    def rows(self, delimiter: str) -> Iterator[Row]:
        """All rows, blank ones included."""
        cells = _Cells(delimiter)
        place, number, hopeless = 0, 0, -1
        while place < len(self._lines):
            line = self._lines[place]
            number += 1
            place += 1
            if '"' not in line:
                yield Row(number, line.split(delimiter, MAX_COLUMNS - 1))
                continue
            found, is_open = cells.of(line)
            if is_open and place > hopeless:
                closing = self._closing(place)
                found, is_open = cells.of("\n".join(self._lines[place - 1 : closing + 1]))
                is_open = is_open or self._holds_rows(place, closing, delimiter, found)
                # Nothing before that line is joined again, so that no line is read thrice.
                place, hopeless = (place, closing) if is_open else (closing + 1, hopeless)
            yield Row(number, line.split(delimiter, MAX_COLUMNS - 1) if is_open else found)

    def _holds_rows(self, first: int, last: int, delimiter: str, found: Sequence[str]) -> bool:
        """Whether lines inside a cell are rows, and so the quotation mark is a stray one.

        An id behind a line's end is never left in a cell: no id must be lost without a word.
        """
        if any(HINT.search(cell.partition("\n")[2]) for cell in found):
            return True
        return any(line.count(delimiter) >= len(found) - 1 for line in self._lines[first:last])

    def _closing(self, place: int) -> int:
        """The next line that may close a cell, or the last one that may belong to it."""
        length = 0
        for at in range(place, len(self._lines)):
            length += len(self._lines[at]) + 1
            if self._lines[at].count('"') % 2 or length > MAX_CELL:
                return at
        return len(self._lines) - 1


class _Cells:
    """Takes lines with quotation marks apart."""

    def __init__(self, delimiter: str) -> None:
        one = re.escape(delimiter)
        # After a quoted part whatever stands before the delimiter belongs to the cell.
        self._cell = re.compile(
            r'(?: ?"(?P<quoted>[^"]*(?:""[^"]*)*)(?P<end>"|\Z))?'
            rf"(?P<bare>[^{one}]*)(?:{one}|(?P<last>\Z))"
        )

    def of(self, text: str) -> tuple[list[str], bool]:
        """The cells, and whether a quotation mark is left open, as far as one can see."""
        cells: list[str] = []
        for match in islice(self._cell.finditer(text), MAX_COLUMNS):
            quoted = match["quoted"] or ""
            cells.append(quoted.replace('""', '"') + match["bare"])
            # What closes a cell of several lines stands before a delimiter, or opens another cell.
            if match["end"] == "" or ("\n" in quoted and match["bare"].strip()):
                return cells, True
            if match["last"] is not None:
                break
        return cells, False
