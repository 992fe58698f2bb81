"""Which column of a table contains the IDMSGs. The cells decide; a heading helps.

A column that is called IDMSG is chosen, even if it is empty, unless ids of the gateway's form are
in another one. Without a name, a column of digits can be anything. It is chosen if it is the only
candidate; otherwise no column is, because a wrong one costs a whole list of requests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Final

from bot.domain.id_lists.effort import FOREIGN_HEADING, HEADING, Effort
from bot.domain.id_lists.id_list import MAX_SHOWN, ListProblem, UnreadableListError, shown
from bot.domain.id_lists.list_words import HEADER, LineProblem, judge
from bot.domain.id_lists.table_rows import Row, Table
from bot.domain.input.message_id import folded, unwrap
from bot.domain.input.readable import readable
from bot.domain.input.written_numbers import read_number

_SAMPLE: Final = 200
HEADINGS_WITHIN: Final = 20
_HINTED: Final = 200
_CERTAIN: Final = 4
_NAMED: Final = 3
_EMPTY: Final = 0.5
# In a column without a name, this share must have the form of an id, and this share must differ.
_SHARE: Final = 0.5
# A second column that is nearly as good makes the choice ambiguous.
_RIVAL: Final = 0.8
# Rows of equally many cells are a table, although a whole line can hold an id too.
_EVEN: Final = 1.01
# Headings of columns that hold numbers, but no IDMSGs.
_OTHERS: Final = re.compile(
    r"\b(?:tele)?(?:fone|phone|cel|celular|whats|whatsapp|numero|number|ddd|cpf|cnpj|rg|cep|zip|pedido"
    r"|order|protocolo|contrato|contract|ticket|chamado|data|date|hora|time|valor|price|total|saldo|preco|amount|ip|nota|nf|nfe"
    r"|fatura|invoice|boleto|documento|document|inscricao|cadastro|contato|contact|matricula|conta|account|cliente|customer|lote|batch|chave)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of ids.

    Attributes:
        delimiter: the character between cells.
        place: index of the column, from 0.
        heading: the heading above the ids, or the column's letter; empty for the only column,
            unless it is named.
        above: the number of the heading row, titles above it included; 0 without one.
        width: how many columns the table has.
        named: the heading calls them IDMSGs.
        certain: some cell has the form of the gateway.
        score: how likely the column is, compared with others.
    """

    delimiter: str
    place: int
    heading: str = ""
    above: int = 0
    width: int = 1
    named: bool = False
    certain: bool = False
    score: float = 0.0


def find_column(table: Table, effort: Effort) -> Column:
    """The column of ids, whatever the delimiter.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: no column fits, or a spreadsheet has rounded all its numbers.
    """
    hinted = table.hints(_HINTED)
    step = max(1, -(-len(table.lines) // _SAMPLE))

    def is_sample(number: int, places: range) -> bool:
        """The first rows, a sample of the others, and some rows that may contain an id."""
        first = number <= HEADINGS_WITHIN or number % step == 0
        return first or not hinted.isdisjoint(places)

    surveys = [_Survey([*table.rows(one, is_sample)], one, effort) for one in table.delimiters]
    found = _meant([column for survey in surveys if (column := survey.best()) is not None])
    if found:
        return max(found, key=lambda column: column.score)
    raise UnreadableListError(surveys[0].problem())


def names_ids(heading: str) -> bool:
    """Whether a heading says that ids are below it."""
    return HEADER.fullmatch(unwrap(_name(heading))) is not None


def _meant(columns: Sequence[Column]) -> Sequence[Column]:
    """The columns without those that are only guessed, if another one has the name."""
    if not any(column.named for column in columns):
        return columns
    return [column for column in columns if column.named or column.certain]


class _Survey:
    """The columns' contents, if this is the delimiter."""

    def __init__(self, sample: Sequence[Row], delimiter: str, effort: Effort) -> None:
        rows = [row for row in sample if not row.blank]
        self._delimiter = delimiter
        self._judge = partial(judge, effort=effort)
        self._heading = _heading(rows, effort)
        self._rows = [row for row in rows if row.number > self._heading.number]
        self._width = max((len(row.cells) for row in rows), default=0)
        even = self._width > 1 and all(len(row.cells) == self._width for row in self._rows)
        self._weight = _EVEN if even else 1.0

    def best(self) -> Column | None:
        """The chosen column; `None` if no column fits, or several do."""
        if self._splits_numbers():
            return None
        columns = [self._column(place) for place in range(self._width)]
        found = [column for column in _meant(columns) if column.score]
        found.sort(key=lambda column: column.score, reverse=True)
        if not found:
            return None
        best, *others = found
        rival = bool(others) and others[0].score >= _RIVAL * best.score
        return None if rival and not (best.certain or best.named) else best

    def problem(self) -> ListProblem:
        """Why no column was chosen: of a single one, a spreadsheet may have rounded the numbers."""
        cells = self._cells(0) if self._width == 1 else ()
        rounded = any(self._judge(cell).problem is LineProblem.ROUNDED for cell in cells)
        return ListProblem.ROUNDED if rounded else ListProblem.NO_COLUMN

    def _splits_numbers(self) -> bool:
        """Whether the comma is one of numbers: below `IDMSG` alone, `2,36E+11` is one cell."""
        parted = [row.cells for row in self._rows if len(row.cells) > 1]
        alone = len(self._heading.cells) == 1 and self._is_named(0)
        return alone and bool(parted) and all(read_number(",".join(one)) for one in parted)

    def _is_named(self, place: int) -> bool:
        return names_ids(self._heading.cell(place))

    def _cells(self, place: int) -> list[str]:
        return [cell for row in self._rows if (cell := row.cell(place).strip())]

    def _column(self, place: int) -> Column:
        heading, named, cells = self._heading.cell(place), self._is_named(place), self._cells(place)
        judged = [self._judge(cell, named=named) for cell in cells]
        certain = sum(one.certain for one in judged)
        possible = {c for c, one in zip(cells, judged, strict=True) if one.ids and not one.certain}
        likely = len(possible) >= len(cells) * _SHARE and not _OTHERS.search(_name(heading))
        counted = named or likely
        score = self._weight * (certain * _CERTAIN + (len(possible) if counted else 0))
        return Column(
            delimiter=self._delimiter,
            place=place,
            heading=(shown(heading) or _letter(place)) if named or self._width > 1 else "",
            above=self._heading.number,
            width=self._width,
            named=named,
            certain=certain > 0,
            score=(score * _NAMED or _EMPTY) if named else score,
        )


def _heading(rows: Sequence[Row], effort: Effort) -> Row:
    """The heading row, titles above it included; row 0, without cells, if the file has none."""
    for row in rows:
        if row.number > HEADINGS_WITHIN:
            break
        effort.spend(sum(HEADING if cell.isascii() else FOREIGN_HEADING for cell in row.cells))
        if any(map(names_ids, row.cells)):
            return row
    titles = [*takewhile(lambda row: not _has_item(row, effort), rows[:HEADINGS_WITHIN])]
    # A title is in one cell.
    headings = [row for row in titles if sum(bool(cell.strip()) for cell in row.cells) > 1]
    return next(iter(headings or titles), Row(0, ()))


def _has_item(row: Row, effort: Effort) -> bool:
    """Whether a row is no heading: one of its cells has a digit, or is an id of the sandbox."""
    return any(
        any(c.isdigit() for c in shown(cell)) or judge(cell, effort=effort).certain
        for cell in row.cells
    )


def _name(cell: str) -> str:
    return folded(readable(shown(cell), most=MAX_SHOWN))


def _letter(place: int) -> str:
    """The name of a column in a spreadsheet: A to Z, AA, AB, ..."""
    letters = ""
    while place >= 0:
        place, letter = divmod(place, 26)
        letters = chr(ord("A") + letter) + letters
        place -= 1
    return letters
