"""The rows of a delimited text, as spreadsheets write them (RFC 4180, and common deviations).

Rows are parsed one by one, so that a file needs no more memory than its text. An unclosed quote
affects only its own line.
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
# The most characters a spreadsheet cell can hold.
MAX_CELL: Final = 32_767

# Which rows to return, by the row's number and the offsets of its lines.
Wanted = Callable[[int, range], bool]

_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: from 1, as a spreadsheet counts: a row may have several lines.
        cells: at most `MAX_COLUMNS`; the rest is not split.
    """

    number: int
    cells: Sequence[str]

    def cell(self, place: int) -> str:
        """The cell at an index, from 0; empty if the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        """Whether every cell is empty."""
        return not any(cell.strip() for cell in self.cells)


class Table:
    """A text as a table.

    Args:
        lines: without their line ends.
        effort: limits the work.

    Attributes:
        lines: those of the table, as many as rows at most.
    """

    def __init__(self, lines: Sequence[str], effort: Effort) -> None:
        # A directive that Excel reads and does not show.
        said = _SEPARATOR_LINE.fullmatch(lines[0].strip(" ")) if lines else None
        self._delimiter = said[1] if said else None
        self.lines = lines[1:] if said else lines
        self._effort = effort

    def hints(self, most: int) -> frozenset[int]:
        """The offsets of the first lines in which an id of a certain form may occur."""
        found = (place for place, line in enumerate(self.lines) if HINT.search(line))
        return frozenset(islice(found, most))

    @property
    def delimiters(self) -> Sequence[str]:
        """The possible delimiters: the one the file names, or none at all, or those that occur."""
        if self._delimiter is not None:
            return [self._delimiter]
        first, *others = DELIMITERS
        return [first, *(one for one in others if any(one in line for line in self.lines))]

    def rows(self, delimiter: str, wanted: Wanted | None = None) -> Iterator[Row]:
        """The rows, blank ones included.

        Args:
            delimiter: the character between cells.
            wanted: which rows; all by default.

        Raises:
            TooMuchWorkError: the work exceeds the limit.
        """
        self._effort.spend(LINE * len(self.lines))
        cells = _Cells(delimiter, self._effort)
        first, number, hopeless = 0, 0, -1
        while first < len(self.lines):
            line, after = self.lines[first], first + 1
            number += 1
            quoted = '"' in line
            found: Sequence[str] = ()
            if quoted and not cells.are_closed(line):
                found, is_open = cells.of(line)
                if is_open and after > hopeless:
                    closing = self._closing(after)
                    found, is_open = cells.of("\n".join(self.lines[first : closing + 1]))
                    is_open = is_open or self._holds_rows(after, closing, delimiter, found)
                    # No line before that one is joined again, so that no line is read three times.
                    after, hopeless = (after, closing) if is_open else (closing + 1, hopeless)
                quoted = not is_open
            if wanted is None or wanted(number, range(first, after)):
                if not quoted:
                    found = line.split(delimiter, MAX_COLUMNS - 1)
                yield Row(number, found or cells.of(line)[0])
            first = after

    def _holds_rows(self, first: int, last: int, delimiter: str, found: Sequence[str]) -> bool:
        """Whether lines inside a cell are rows, so that the quote is a stray one.

        An id after a line break never stays inside a cell: no id may be lost silently.
        """
        if any(HINT.search(cell.partition("\n")[2]) for cell in found):
            return True
        return any(line.count(delimiter) >= len(found) - 1 for line in self.lines[first:last])

    def _closing(self, place: int) -> int:
        """The next line that may close a cell, or the last one that may belong to it."""
        length = 0
        for at in range(place, len(self.lines)):
            length += len(self.lines[at]) + 1
            if self.lines[at].count('"') % 2 or length > MAX_CELL:
                return at
        return len(self.lines) - 1


class _Cells:
    """Splits lines that contain quotes."""

    def __init__(self, delimiter: str, effort: Effort) -> None:
        one = re.escape(delimiter)
        self._effort = effort
        # Each doubled quote takes memory, so a cell may have only this many.
        inside = rf'[^"]*(?:""[^"]*){{0,{MAX_CELL // 2}}}'
        # After a quoted part, all text before the delimiter belongs to the cell.
        self._cell = re.compile(
            rf'(?: ?"(?P<quoted>{inside})(?P<end>"|\Z))?'
            rf"(?P<bare>[^{one}]*)(?:{one}|(?P<last>\Z))"
        )
        # Whole cells as above, each with its quotes closed; only as many as are split, since each
        # takes memory.
        self._closed = re.compile(
            rf'(?:(?: ?"{inside}"(?!")|(?! ?"))[^{one}]*(?:{one}|\Z)){{1,{MAX_COLUMNS}}}'
        )

    def are_closed(self, line: str) -> bool:
        """Whether every quote of the line is closed; `False` means that one may be open."""
        self._effort.spend(len(line) // PASSED_OVER)
        return self._closed.fullmatch(line) is not None

    def of(self, text: str) -> tuple[Sequence[str], bool]:
        """The cells, and whether a quote appears to be open."""
        cells: list[str] = []
        is_open = False
        for match in islice(self._cell.finditer(text), MAX_COLUMNS):
            quoted = match["quoted"] or ""
            cells.append(quoted.replace('""', '"') + match["bare"])
            # The quote that closes a multi-line cell precedes a delimiter, or opens another cell.
            is_open = match["end"] == "" or ("\n" in quoted and match["bare"].strip() != "")
            if is_open or match["last"] is not None:
                break
        self._effort.spend(len(text) // PASSED_OVER + QUOTED_LINE + QUOTED_CELL * len(cells))
        return cells, is_open
