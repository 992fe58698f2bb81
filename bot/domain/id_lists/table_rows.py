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

from bot.domain.id_lists.effort import LINE, PASSED_OVER, QUOTED_CELL, QUOTED_LINE, Effort
from bot.domain.id_lists.list_words import HINT

DELIMITERS: Final = (";", "\t", ",", "|")
MAX_COLUMNS: Final = 200
# What a cell of a spreadsheet can hold.
MAX_CELL: Final = 32_767

# Which rows are wanted, by the number of the row and the places of its lines.
Wanted = Callable[[int, range], bool]

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
        effort: what is counted.
    """

    def __init__(self, lines: Sequence[str], effort: Effort | None = None) -> None:
        # What Excel reads and does not show.
        said = _SEPARATOR_LINE.fullmatch(lines[0].strip(" ")) if lines else None
        self._delimiter = said[1] if said else None
        self._lines = lines[1:] if said else lines
        self._effort = effort or Effort()

    @property
    def length(self) -> int:
        """How many lines there are, so that no more rows."""
        return len(self._lines)

    def hints(self, most: int) -> frozenset[int]:
        """The places of the first lines in which an id of a certain form may stand."""
        found = (place for place, line in enumerate(self._lines) if HINT.search(line))
        return frozenset(islice(found, most))

    @property
    def delimiters(self) -> Sequence[str]:
        """What may part the cells: what the file says, or else nothing at all, or what is there."""
        if self._delimiter is not None:
            return [self._delimiter]
        first, *others = DELIMITERS
        return [first, *(one for one in others if any(one in line for line in self._lines))]

    def rows(self, delimiter: str, wanted: Wanted | None = None) -> Iterator[Row]:
        """The rows, blank ones included.

        Args:
            delimiter: what parts the cells.
            wanted: which of the rows; without it all.

        Raises:
            TooMuchWorkError: that is more work than may be done.
        """
        self._effort.spend(LINE * len(self._lines))
        cells = _Cells(delimiter, self._effort)
        first, number, hopeless = 0, 0, -1
        while first < len(self._lines):
            line, after = self._lines[first], first + 1
            number += 1
            quoted = '"' in line
            found: Sequence[str] = ()
            if quoted and not cells.are_closed(line):
                found, is_open = cells.of(line)
                if is_open and after > hopeless:
                    closing = self._closing(after)
                    found, is_open = cells.of("\n".join(self._lines[first : closing + 1]))
                    is_open = is_open or self._holds_rows(after, closing, delimiter, found)
                    # Nothing before that line is joined again, so that no line is read thrice.
                    after, hopeless = (after, closing) if is_open else (closing + 1, hopeless)
                quoted = not is_open
            if wanted is None or wanted(number, range(first, after)):
                if not quoted:
                    found = line.split(delimiter, MAX_COLUMNS - 1)
                yield Row(number, found or cells.of(line)[0])
            first = after

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

    def __init__(self, delimiter: str, effort: Effort) -> None:
        one = re.escape(delimiter)
        self._effort = effort
        # Each doubled mark takes memory; a cell has room for so many.
        inside = rf'[^"]*(?:""[^"]*){{0,{MAX_CELL // 2}}}'
        # After a quoted part whatever stands before the delimiter belongs to the cell.
        self._cell = re.compile(
            rf'(?: ?"(?P<quoted>{inside})(?P<end>"|\Z))?'
            rf"(?P<bare>[^{one}]*)(?:{one}|(?P<last>\Z))"
        )
        # Whole cells as above, each of whose quotation marks is closed; as many as are told apart,
        # since each takes memory.
        self._closed = re.compile(
            rf'(?:(?: ?"{inside}"(?!")|(?! ?"))[^{one}]*(?:{one}|\Z)){{1,{MAX_COLUMNS}}}'
        )

    def are_closed(self, line: str) -> bool:
        """Whether no quotation mark of the line is left open; `False` means that it may be."""
        self._effort.spend(len(line) // PASSED_OVER)
        return self._closed.fullmatch(line) is not None

    def of(self, text: str) -> tuple[Sequence[str], bool]:
        """The cells, and whether a quotation mark is left open, as far as one can see."""
        self._effort.spend(len(text) // PASSED_OVER)
        cells: list[str] = []
        is_open = False
        for match in islice(self._cell.finditer(text), MAX_COLUMNS):
            quoted = match["quoted"] or ""
            cells.append(quoted.replace('""', '"') + match["bare"])
            # What closes a cell of several lines stands before a delimiter, or opens another cell.
            is_open = match["end"] == "" or ("\n" in quoted and match["bare"].strip() != "")
            if is_open or match["last"] is not None:
                break
        self._effort.spend(QUOTED_LINE + QUOTED_CELL * len(cells))
        return cells, is_open
