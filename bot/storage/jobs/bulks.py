"""Bulk look-ups, their calls and the lines without an id, until they are swept.

A list has up to 10,000 calls, so no method but `pending_ids` loads more than a page of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.domain.call_status import Outcome
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkItem, BulkState, Tally
from bot.domain.jobs.watch import DAY, Bound, Bounds
from bot.storage.jobs.rows import (
    OVER,
    bulk_of,
    call_of,
    line_of,
    values_of,
    values_of_answers,
    values_of_calls,
    values_of_lines,
)
from bot.storage.jobs.table import JobTable, first_full
from bot.storage.schema import BULK, BULK_IGNORED, BULK_ITEM

# How many rows are read at once.
PAGE: Final = 500


class Bulks(JobTable[Bulk]):
    """The tables of bulks. Every method raises `StorageError`."""

    job_of = staticmethod(bulk_of)
    table: ClassVar[Table] = BULK

    @classmethod
    def is_awaited(cls) -> ColumnElement[bool]:
        """Whether its report is still to come."""
        return and_(cls.is_open(), BULK.c.state.not_in([BulkState.REPORTED, BulkState.SHARED]))

    async def add(
        self,
        bulk: Bulk,
        message_ids: Sequence[MessageId],
        ignored: Sequence[IgnoredLine],
        bounds: Bounds,
    ) -> Bound | None:
        """Store a bulk with its calls and ignored lines in one transaction.

        Returns:
            the bound that is reached; `None` when the bulk is stored.
        """
        calls, lines = values_of_calls(bulk.id, message_ids), values_of_lines(bulk.id, ignored)

        def work(connection: Connection) -> Bound | None:
            bound = first_full(self._room(connection, bulk, bounds))
            bound = bound or _full_day(connection, bulk, bounds)
            if bound is None:
                connection.execute(insert(BULK).values(values_of(bulk)))
                connection.execute(insert(BULK_ITEM), calls)
                if lines:
                    connection.execute(insert(BULK_IGNORED), lines)
            return bound

        return await self._alone(work, self._timing.list_insert)

    async def unasked(self, bulk_id: str, limit: int) -> tuple[BulkItem, ...]:
        """Calls to look up, in order; those that failed once come last."""
        items = BULK_ITEM.c
        left = and_(items.bulk_id == bulk_id, items.lap < OVER)
        found = select(BULK_ITEM).where(left).order_by(items.lap, items.position).limit(limit)
        return tuple(map(call_of, await self._rows(found)))

    async def write_answers(
        self, bulk_id: str, answered: Sequence[BulkItem], *, once_more: Collection[int] = ()
    ) -> bool:
        """Store what was found about calls that are still to be looked up.

        Args:
            bulk_id: the bulk of all these.
            answered: each with its finding.
            once_more: the positions of those to look up again after all others.

        Returns:
            whether the bulk still exists: it may have been erased.
        """
        items = BULK_ITEM.c
        # One that was erased meanwhile is over.
        one = and_(items.bulk_id == bulk_id, items.position == bindparam("at_position"))
        change = update(BULK_ITEM).where(one, items.lap < OVER)
        # The columns to set are the other keys of the rows.
        rows = values_of_answers(answered, once_more)
        exists = select(BULK.c.id).where(BULK.c.id == bulk_id)

        def work(connection: Connection) -> bool:
            connection.execute(change, rows)
            return connection.execute(exists).first() is not None

        return await self._database.write(work) if rows else True

    async def drop_unasked(self, bulk_id: str) -> None:
        """Delete the calls of a stopped bulk that were not looked up."""
        items = BULK_ITEM.c
        dropping = delete(BULK_ITEM).where(items.bulk_id == bulk_id, items.outcome.is_(None))
        await self._database.write(lambda connection: connection.execute(dropping))

    async def tally(self, bulk_id: str) -> Tally:
        """How many calls have which outcome so far."""
        items = BULK_ITEM.c
        counting = (
            select(items.outcome, func.count().label("calls"))
            .where(items.bulk_id == bulk_id, items.outcome.is_not(None))
            .group_by(items.outcome)
        )
        counts = {row.outcome: row.calls for row in await self._rows(counting)}
        return Tally(counts=MappingProxyType(counts))

    async def items(self, bulk_id: str) -> AsyncIterator[BulkItem]:
        """All calls in order, read page by page."""
        async for row in self._pages(BULK_ITEM, bulk_id):
            yield call_of(row)

    async def ignored(self, bulk_id: str) -> AsyncIterator[IgnoredLine]:
        """The lines without an id, in order, read page by page."""
        async for row in self._pages(BULK_IGNORED, bulk_id):
            yield line_of(row)

    async def pending_ids(self, bulk_id: str) -> tuple[MessageId, ...]:
        """The calls that were still in progress when they were looked up."""
        items = BULK_ITEM.c
        mine = and_(items.bulk_id == bulk_id, items.outcome == Outcome.PENDING.value)
        found = select(items.idmsg).where(mine).order_by(items.position)
        return tuple(MessageId(row.idmsg) for row in await self._rows(found))

    async def sweep(self, older_than: datetime) -> int:
        """Delete the bulks that ended before that moment, and return the number of rows.

        Each is deleted completely or not at all: an operator may reopen it meanwhile.
        """
        is_old = BULK.c.ended_at < older_than
        total = 0
        for row in await self._rows(select(BULK.c.id).where(is_old)):
            total += await self._database.write(partial(_delete, row.id, is_old))
        return total

    async def _pages(self, table: Table, bulk_id: str) -> AsyncIterator[Row[Any]]:
        last = -1
        while True:
            behind = and_(table.c.bulk_id == bulk_id, table.c.position > last)
            page = select(table).where(behind).order_by(table.c.position).limit(PAGE)
            rows = await self._rows(page)
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            last = rows[-1].position


def _full_day(connection: Connection, bulk: Bulk, bounds: Bounds) -> Bound | None:
    """Whether a bulk exceeds how many calls its user may look up in bulks within a day."""
    if bounds.calls_a_day is None:
        return None
    columns, since = BULK.c, bulk.started_at - DAY
    of_user = and_(columns.team_id == bulk.destination.team, columns.user_id == bulk.user)
    total = select(func.coalesce(func.sum(columns.total), 0))
    before = connection.execute(total.where(of_user, columns.started_at > since)).scalar_one()
    return Bound.DAY if before + bulk.total > bounds.calls_a_day else None


def _delete(bulk_id: str, is_old: ColumnElement[bool], connection: Connection) -> int:
    """Delete a bulk if it is still old, with its rows, and return the number of rows."""
    total = connection.execute(delete(BULK).where(BULK.c.id == bulk_id, is_old)).rowcount
    for table in (BULK_ITEM, BULK_IGNORED) if total else ():
        total += connection.execute(delete(table).where(table.c.bulk_id == bulk_id)).rowcount
    return total
