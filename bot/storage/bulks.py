"""Bulk look-ups, their calls and the lines without an id, until they are swept.

A list has up to 10,000 calls, so no method but `pending_ids` loads more than a page of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.domain.answer import outcome_key
from bot.domain.call_status import Outcome
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import (
    Bulk,
    BulkEnding,
    BulkItem,
    BulkState,
    Tally,
)
from bot.domain.jobs.watch import Bound
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.jobs import (
    JobTable,
    common_fields,
    common_values,
    finding_of,
    finding_values,
)
from bot.storage.locks import take_lock
from bot.storage.schema import BULK, BULK_IGNORED, BULK_ITEM

TEXT_LIMIT: Final = 80
NAME_LIMIT: Final = 200
_FIRST, _OVER = 0, 2

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkBounds:
    """How many lists may be open at once."""

    user: int
    all: int


class Bulks(JobTable[Bulk]):
    """The tables of bulks. Every method raises `StorageError`.

    Args:
        page: how many rows are read at once.
        chunk: how many are written at once.
        timing: how long it waits for what.
    """

    table: ClassVar[Table] = BULK

    def __init__(
        self, database: Database, *, page: int = 500, chunk: int = 250, timing: Timing = Timing()
    ) -> None:
        super().__init__(database)
        self._page = page
        self._chunk = chunk
        self._timing = timing

    async def add(
        self,
        bulk: Bulk,
        message_ids: Sequence[MessageId],
        ignored: Sequence[IgnoredLine],
        bounds: BulkBounds,
    ) -> Bound | None:
        """Store a bulk with its calls and ignored lines in one transaction.

        Returns:
            the bound that is reached; `None` when the bulk is stored.
        """

        def work(connection: Connection) -> Bound | None:
            # Two concurrent transactions would not count each other's row.
            take_lock(connection, "bulk")
            if (bound := _full(connection, bulk, bounds)) is not None:
                return bound
            connection.execute(insert(BULK).values(self.values_of(bulk)))
            for table, rows in (
                (BULK_ITEM, (_new_item(bulk.id, *one) for one in enumerate(message_ids))),
                (BULK_IGNORED, (_ignored_line(bulk.id, *one) for one in enumerate(ignored))),
            ):
                for chunk in _chunks(rows, self._chunk):
                    connection.execute(insert(table), chunk)
            return None

        return await self._database.write(work, self._timing.list_insert)

    async def unasked(self, bulk_id: str, limit: int) -> tuple[BulkItem, ...]:
        """Calls to look up, in order; those that failed once come last."""
        items = BULK_ITEM.c
        left = and_(items.bulk_id == bulk_id, items.lap < _OVER)
        found = select(BULK_ITEM).where(left).order_by(items.lap, items.position).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        return tuple(map(_item, rows))

    async def write_answers(
        self, bulk_id: str, answered: Sequence[BulkItem], *, once_more: Collection[int] = ()
    ) -> None:
        """Store what was found.

        Args:
            bulk_id: the bulk of all these.
            answered: each with its finding.
            once_more: the positions of those to look up again after all others.
        """
        items = BULK_ITEM.c
        one = and_(items.bulk_id == bulk_id, items.position == bindparam("at_position"))
        rows = [
            {
                "at_position": item.position,
                "lap": _OVER - 1 if item.position in once_more else _OVER,
                "outcome": outcome_key(item.finding),
                **finding_values(item.finding),
                "checked_at": item.checked_at,
                "sandbox": item.sandbox,
            }
            for item in answered
            if item.finding is not None
        ]
        names = ("lap", "outcome", "raw", "error", "error_detail", "checked_at", "sandbox")
        change = update(BULK_ITEM).where(one).values({name: bindparam(name) for name in names})
        if rows:
            await self._database.write(lambda connection: connection.execute(change, rows))

    async def tally(self, bulk_id: str) -> Tally:
        """How many calls have which outcome so far."""
        items = BULK_ITEM.c
        counting = (
            select(items.outcome, func.count())
            .where(items.bulk_id == bulk_id, items.outcome.is_not(None))
            .group_by(items.outcome)
        )
        rows = await self._database.read(lambda connection: connection.execute(counting).all())
        return Tally(counts=MappingProxyType({row[0]: row[1] for row in rows}))

    async def items(self, bulk_id: str) -> AsyncIterator[BulkItem]:
        """All calls in order, read page by page."""
        async for row in self._pages(BULK_ITEM, bulk_id):
            yield _item(row)

    async def ignored(self, bulk_id: str) -> AsyncIterator[IgnoredLine]:
        """The lines without an id, in order, read page by page."""
        async for row in self._pages(BULK_IGNORED, bulk_id):
            yield IgnoredLine(number=row.number, text=row.text, problem=LineProblem(row.problem))

    async def pending_ids(self, bulk_id: str) -> tuple[MessageId, ...]:
        """The calls that were still in progress when they were looked up."""
        items = BULK_ITEM.c
        mine = and_(items.bulk_id == bulk_id, items.outcome == Outcome.PENDING.value)
        found = select(items.idmsg).where(mine).order_by(items.position)
        rows = await self._database.read(lambda connection: connection.scalars(found).all())
        return tuple(map(MessageId, rows))

    async def sweep(self, older_than: datetime) -> int:
        """Delete the bulks that ended before that moment, and return the number of rows.

        Each is deleted completely or not at all: an operator may reopen it meanwhile.
        """
        is_old = BULK.c.ended_at < older_than
        old = select(BULK.c.id).where(is_old)
        total = 0
        for bulk_id in await self._database.read(lambda c: c.scalars(old).all()):
            bulk = delete(BULK).where(BULK.c.id == bulk_id, is_old)
            total += await self._database.write(partial(_delete_all, bulk, bulk_id))
        return total

    async def _pages(self, table: Table, bulk_id: str) -> AsyncIterator[Row[Any]]:
        last = -1
        while True:
            behind = and_(table.c.bulk_id == bulk_id, table.c.position > last)
            page = select(table).where(behind).order_by(table.c.position).limit(self._page)
            rows = await self._database.read(partial(_all, page))
            for row in rows:
                yield row
            if len(rows) < self._page:
                return
            last = rows[-1].position

    @classmethod
    def is_awaited(cls) -> ColumnElement[bool]:
        """Whether a person still waits for the report."""
        return and_(cls.is_open(), BULK.c.state != BulkState.REPORTED.value)

    @staticmethod
    def values_of(job: Bulk) -> dict[str, Any]:
        """The columns of a bulk."""
        return {
            **common_values(job),
            "name": _storable(job.name, NAME_LIMIT),
            "total": job.total,
            "doubles": job.doubles,
            "ignored": job.ignored,
            "paused_until": job.paused_until,
        }

    @staticmethod
    def job_of(row: Row[Any]) -> Bulk:
        """The bulk of a row."""
        return Bulk(
            **common_fields(row),
            name=row.name,
            total=row.total,
            doubles=row.doubles,
            ignored=row.ignored,
            state=BulkState(row.state),
            paused_until=row.paused_until,
            ending=BulkEnding(row.ending) if row.ending is not None else None,
        )


def _delete_all(bulk: Delete, bulk_id: str, connection: Connection) -> int:
    """Delete a bulk that still qualifies, with its rows, and return the number of rows."""
    total = connection.execute(bulk).rowcount
    for table in (BULK_ITEM, BULK_IGNORED) if total else ():
        total += connection.execute(delete(table).where(table.c.bulk_id == bulk_id)).rowcount
    return total


def _full(connection: Connection, bulk: Bulk, bounds: BulkBounds) -> Bound | None:
    awaited, place = Bulks.is_awaited(), bulk.destination
    mine = and_(awaited, BULK.c.team_id == place.team, BULK.c.user_id == bulk.user)
    if Bulks.count(connection, mine) >= bounds.user:
        return Bound.USER
    return Bound.ALL if Bulks.count(connection, awaited) >= bounds.all else None


def _all(statement: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(statement).all()


def _chunks(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk


def _new_item(bulk_id: str, position: int, message_id: MessageId) -> dict[str, Any]:
    return {
        "bulk_id": bulk_id,
        "position": position,
        "idmsg": message_id.value,
        "lap": _FIRST,
        "sandbox": False,
    }


def _ignored_line(bulk_id: str, position: int, line: IgnoredLine) -> dict[str, Any]:
    return {
        "bulk_id": bulk_id,
        "position": position,
        "number": line.number,
        "text": _storable(line.text, TEXT_LIMIT),
        "problem": line.problem.value,
    }


def _storable(text: str, most: int) -> str:
    """The text as every database stores it: PostgreSQL rejects NUL, UTF-8 lone surrogates."""
    cut = text.replace("\0", "")[:most]
    return cut.encode("utf-8", "replace").decode("utf-8")


def _item(row: Row[Any]) -> BulkItem:
    return BulkItem(
        position=row.position,
        message_id=MessageId(row.idmsg),
        finding=finding_of(row) if row.outcome is not None else None,
        checked_at=row.checked_at,
        sandbox=row.sandbox,
    )
