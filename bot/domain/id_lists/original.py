"""The result of a list with the columns of its file: a line for each of its rows, in their order.

Each row is followed by the result of its call, or by the reason why there is none. It is only for
people who have the file: nothing in it is masked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from bot.domain.id_lists.id_list import IgnoredLine, Original, OriginalRow
from bot.domain.id_lists.result_sheet import ResultSheet
from bot.domain.jobs.bulk import BulkItem
from bot.domain.texts.catalog import Catalog


class OriginalSheet(ResultSheet):
    """Writes the rows as soon as the results of their calls are known.

    Args:
        catalog: the reader's language.
        moment: formats a time; see `local_moment`.
        original: the rows.
    """

    def __init__(
        self, catalog: Catalog, moment: Callable[[datetime], str], original: Original
    ) -> None:
        width = max(map(len, (original.heading, *(row.cells for row in original.rows))))
        super().__init__(catalog, moment, before=original.heading, width=width)
        self._rows = deque(original.rows)
        self._results: dict[str, tuple[str, ...]] = {}

    def line(self, item: BulkItem) -> bytes:
        """The rows that need no further result; a row with several ids is written for each."""
        self._results[item.message_id.value] = tuple(self._result(item))
        return b"".join(self._known())

    def tail(self, ignored: Iterable[IgnoredLine]) -> Iterator[bytes]:
        """The other rows; those without an id are among the rows."""
        del ignored
        while self._rows:
            yield from self._lines(self._rows.popleft())

    def _known(self) -> Iterator[bytes]:
        while self._rows and all(one.value in self._results for one in self._rows[0].ids):
            yield from self._lines(self._rows.popleft())

    def _lines(self, row: OriginalRow) -> Iterator[bytes]:
        number = str(row.number)
        if row.problem is not None:
            yield self._written(number, *self._ignored(row.problem), before=row.cells)
        for one in row.ids:
            result = self._results.get(one.value) or self._result(
                BulkItem(position=0, message_id=one)
            )
            yield self._written(number, *result, before=row.cells)
