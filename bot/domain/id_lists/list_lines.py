"""A list as lines of JSON, on its way from the process that read a file to the bot.

Each line has a few hundred ids or ignored lines, so that the bot can do other work in between.
Nothing that comes out of that process is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice, starmap
from typing import Any, Final

from bot.domain.id_lists.id_list import (
    IdList,
    IgnoredLine,
    ListProblem,
    Original,
    OriginalRow,
    UnreadableListError,
)
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId

# The longest line in bytes: so many lines of a file of at most 80 characters, each of which is
# written as twelve at most.
AT_ONCE: Final = 500
LONGEST_LINE: Final = 1 << 20
# Of rows, so many characters: each is written as twelve at most, and a cell has four more.
CHARACTERS_AT_ONCE: Final = 60_000
# Of 10,000 rows 40 each. A cell takes some 60 bytes of the bot's memory.
MOST_CELLS: Final = 400_000
_COUNTS: Final = ("doubles", "written", "lost", "width")


def to_lines(read: IdList | UnreadableListError) -> Iterator[bytes]:
    """What is wrong with the file, or the list in parts and then an empty part."""
    if isinstance(read, UnreadableListError):
        yield _line({"problem": read.problem, "count": read.count, "limit": read.limit})
        return
    counts = {name: getattr(read, name) for name in _COUNTS}
    yield _line({"column": read.column, **counts})
    for ids in _parts(one.value for one in read.ids):
        yield _line({"ids": ids})
    for ignored in _parts([one.number, one.text, one.problem] for one in read.ignored):
        yield _line({"ignored": ignored})
    if read.original is not None:
        yield _line({"heading": read.original.heading})
        for rows in _parts_of_rows(read.original.rows):
            yield _line({"rows": rows})
    yield _line({})


class ListReader:
    """Reassembles the list from its lines."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._ids: list[MessageId] = []
        self._ignored: list[IgnoredLine] = []
        self._heading: list[str] | None = None
        self._rows: list[OriginalRow] = []
        self._cells = 0
        self._problem: UnreadableListError | None = None
        self._is_whole = False

    def take(self, line: bytes) -> None:
        """Take the next line.

        Raises:
            ValueError: the line is invalid.
        """
        try:
            self._take(json.loads(line))
        except (AttributeError, KeyError, RecursionError, TypeError):
            raise ValueError from None

    def result(self) -> IdList:
        """The list.

        Raises:
            EOFError: the last line is missing.
            UnreadableListError: the file has no list.
        """
        if self._problem is not None:
            raise self._problem
        if not self._is_whole:
            raise EOFError
        original = None
        if self._heading is not None:
            original = Original(heading=self._heading, rows=tuple(self._rows))
        ids, ignored = tuple(self._ids), tuple(self._ignored)
        return IdList(ids=ids, ignored=ignored, original=original, **self._head)

    def _take(self, part: dict[str, Any]) -> None:
        if "problem" in part:
            problem = ListProblem(part["problem"])
            self._problem = UnreadableListError(
                problem, count=int(part["count"]), limit=int(part["limit"])
            )
        elif "column" in part:
            counts = {name: int(part[name]) for name in _COUNTS}
            self._head = {"column": str(part["column"]), **counts}
        elif "heading" in part:
            self._heading = [*map(str, part["heading"])]
        elif part:
            self._rows += starmap(self._row, part.get("rows", ()))
            self._ids += map(MessageId, part.get("ids", ()))
            self._ignored += starmap(_ignored, part.get("ignored", ()))
        self._is_whole = not part

    def _row(
        self, number: int, cells: list[str], ids: list[str], problem: str | None
    ) -> OriginalRow:
        self._cells += len(cells)
        if self._cells > MOST_CELLS:
            raise ValueError
        return OriginalRow(
            number=int(number),
            cells=[*map(str, cells)],
            ids=tuple(map(MessageId, ids)),
            problem=LineProblem(problem) if problem is not None else None,
        )


def _ignored(number: int, text: str, problem: str) -> IgnoredLine:
    return IgnoredLine(number=int(number), text=str(text), problem=LineProblem(problem))


def _line(part: dict[str, object]) -> bytes:
    return f"{json.dumps(part)}\n".encode()


def _parts(items: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(items, AT_ONCE)):
        yield part


def _parts_of_rows(rows: Iterable[OriginalRow]) -> Iterator[list[Any]]:
    part: list[Any] = []
    room = CHARACTERS_AT_ONCE
    for row in rows:
        size = sum(len(cell) + 1 for cell in row.cells)
        if part and (size > room or len(part) == AT_ONCE):
            yield part
            part, room = [], CHARACTERS_AT_ONCE
        room -= size
        part.append([row.number, row.cells, [one.value for one in row.ids], row.problem])
    yield part
