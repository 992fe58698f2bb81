"""The audit: its entries in chains, the heads of the chains, and the check of both.

A head says before which entry the stored part of a chain begins, and where it ends; each with a
seal that only the key can make. Retention moves the beginning. The head of number 0 says in the
same way which chains there are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import structlog
from sqlalchemy import (
    Connection,
    Executable,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.domain.audit import (
    ALL,
    AuditCheck,
    AuditEntry,
    AuditKey,
    Head,
    Link,
    is_sound,
    problems_of,
)
from bot.storage.database import Database, parameters
from bot.storage.engines import take_lock
from bot.storage.schema import AUDIT, AUDIT_HEAD

_log = structlog.get_logger(__name__)

_PAGE: Final = 1_000
_OWNERS: Final = ("team", "user", "channel")
_MOST_ADDED: Final = 1_000
_MOST_CHAINS: Final = 10**9
_FIRST: Final = 1

_End: TypeAlias = Literal["before", "last"]


class _Heads:
    """Reads and writes heads, with their seals."""

    def __init__(self, key: AuditKey) -> None:
        self._key = key
        self._advancing = update(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == bindparam("of_chain"))

    def find(self, connection: Connection, chain: int | None) -> Head | None:
        rows = _rows(select(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == chain), connection)
        return self.of(rows[0]) if rows else None

    def of(self, row: Row[Any]) -> Head:
        before = _link_of(row, "before_")
        last = _link_of(row, "last_")
        seals = self._columns(row.chain, "before", before) | self._columns(row.chain, "last", last)
        intact = all(getattr(row, name) == value for name, value in seals.items())
        return Head(chain=row.chain, before=before, last=last, intact=intact)

    def create(self, connection: Connection, head: Head) -> None:
        before = self._columns(head.chain, "before", head.before, intact=head.intact)
        last = self._columns(head.chain, "last", head.last, intact=head.intact)
        connection.execute(insert(AUDIT_HEAD).values(chain=head.chain, **before, **last))

    def move(
        self,
        connection: Connection,
        chain: int | None,
        end: _End,
        link: Link,
        *,
        intact: bool = True,
    ) -> bool:
        """Move one end of the stored part; whether there is such a chain."""
        values = self._columns(chain, end, link, intact=intact)
        return bool(connection.execute(self._advancing, values | {"of_chain": chain}).rowcount)

    def _columns(
        self, chain: int | None, end: _End, link: Link, *, intact: bool = True
    ) -> dict[str, Any]:
        # A head that was found damaged is never sealed again.
        seal = self._key.seal(end, chain, link.number, link.mac) if intact else ""
        return {f"{end}_number": link.number, f"{end}_mac": link.mac, f"{end}_seal": seal}


class Audit:
    """The record of what users did. Every method raises `StorageError`."""

    def __init__(self, database: Database, key: AuditKey) -> None:
        self._database = database
        self._key = key
        self._heads = _Heads(key)
        # The chain of this process and its last link, once it has one.
        self._chain = 0
        self._last = Link()
        self._adding = insert(AUDIT).values({f"{name}_id": bindparam(name) for name in _OWNERS})

    def add(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Append entries, at least one, to the chain of this process, in a write transaction.

        If the transaction fails, `begin_anew` has to be called.
        """
        if not self._chain:
            self._begin(connection)
        rows, last = [], self._last
        for entry in entries:
            values = parameters(entry)
            last = self._key.after(last, values)
            rows.append(values | {"chain": self._chain, "number": last.number, "mac": last.mac})
        if not self._heads.move(connection, self._chain, "last", last):
            # Its entries were all deleted, and their head with them.
            self.begin_anew()
            self.add(connection, entries)
            return
        connection.execute(self._adding, rows)
        self._last = last

    def begin_anew(self) -> None:
        """Begin another chain: it is unknown whether the last entries were stored."""
        self._chain, self._last = 0, Link()

    async def entries(self, since: datetime | None = None) -> AsyncIterator[AuditEntry]:
        """The entries since that moment in the order of their storage, read page by page."""
        names = [one.name for one in fields(AuditEntry) if one.name not in _OWNERS]
        columns = [AUDIT.c[f"{name}_id"].label(name) for name in _OWNERS]
        chosen = select(AUDIT.c.id, *columns, *(AUDIT.c[name] for name in names))
        if since is not None:
            chosen = chosen.where(AUDIT.c.at >= since)
        async for row in self._pages(chosen):
            yield AuditEntry(**{name: getattr(row, name) for name in (*_OWNERS, *names)})

    async def check(self) -> AuditCheck:
        """Check all chains, without the entries that are stored meanwhile."""
        heads = await self._read_heads()
        while True:
            check, added = await self._checked(heads)
            before, heads = heads, await self._read_heads()
            for row_id, chain, number in added:
                # Otherwise a process stored it meanwhile.
                if chain not in heads or number > heads[chain].last.number:
                    check.report(f"entry {row_id} was added")
            moved = any(
                heads.get(chain, head).before != head.before for chain, head in before.items()
            )
            # Otherwise retention may have deleted entries meanwhile.
            if not check.problems or not moved:
                return check

    async def sweep(self, older_than: datetime) -> int:
        """Delete the entries from before that moment, and return their number.

        An entry that is kept also keeps those that were stored after it.
        """
        total = 0
        while deleted := await self._database.write(partial(self._sweep_page, older_than)):
            total += deleted
        return total

    async def _checked(
        self, heads: dict[int, Head]
    ) -> tuple[AuditCheck, list[tuple[int, int, int]]]:
        """What a check finds, and the entries that no head knows: id, chain, and number."""
        check, last = AuditCheck(), {chain: head.before for chain, head in heads.items()}
        added: list[tuple[int, int, int]] = []
        async for row in self._pages(select(AUDIT)):
            if row.chain is None and heads:
                check.report(f"entry {row.id} was added")
            elif row.chain is None:
                check.unchained += 1
            elif not is_sound(_values_of(row)):
                check.report(f"entry {row.id} was changed")
            elif row.chain not in heads or row.number > heads[row.chain].last.number:
                added = [*added, (row.id, row.chain, row.number)][:_MOST_ADDED]
            else:
                check.entries += 1
                if self._after(last[row.chain], row) != _link_of(row):
                    check.report(f"entry {row.id} was changed, or the one before it was removed")
                last[row.chain] = _link_of(row)
        for problem in problems_of(heads, last):
            check.report(problem)
        return check, added

    def _after(self, link: Link, row: Row[Any]) -> Link:
        """The link that the entry of a row should have behind this one."""
        return self._key.after(link, _values_of(row))

    async def _read_heads(self) -> dict[int, Head]:
        rows = await self._database.read(partial(_rows, select(AUDIT_HEAD)))
        return {row.chain: self._heads.of(row) for row in rows}

    async def _pages(self, chosen: Select[Any]) -> AsyncIterator[Row[Any]]:
        page = chosen.order_by(AUDIT.c.id).limit(_PAGE)
        rows = await self._database.read(partial(_rows, page))
        while rows:
            for row in rows:
                yield row
            following = page.where(AUDIT.c.id > rows[-1].id)
            rows = await self._database.read(partial(_rows, following))

    def _begin(self, connection: Connection) -> None:
        """Begin the chain with the next number."""
        take_lock(connection, "audit")
        # A forged number must not stop the audit.
        highest = select(func.max(AUDIT_HEAD.c.chain)).where(AUDIT_HEAD.c.chain < _MOST_CHAINS)
        newest = connection.execute(highest).scalar_one() or ALL
        chains = self._heads.find(connection, ALL)
        if chains is None:
            chained = select(func.count()).where(AUDIT.c.chain.is_not(None))
            # If there are chains, the list was removed; its seal stays invalid.
            intact = not newest and not connection.execute(chained).scalar_one()
            chains = Head(chain=ALL, intact=intact)
            self._heads.create(connection, chains)
            if intact:
                newest = self._take_over(connection)
        self._chain = max(newest, chains.last.number if chains.intact else ALL) + 1
        self._heads.create(connection, Head(chain=self._chain))
        self._heads.move(connection, ALL, "last", Link(number=self._chain), intact=chains.intact)

    def _take_over(self, connection: Connection) -> int:
        """Make the first chain of what version 0.1.0 stored; its number, or 0 without any."""
        page = select(AUDIT).order_by(AUDIT.c.id).limit(_PAGE)
        chaining = update(AUDIT).where(AUDIT.c.id == bindparam("of_id"))
        last, rows = Link(), _rows(page, connection)
        while rows:
            values = []
            for row in rows:
                last = self._after(last, row)
                link = {"chain": _FIRST, "number": last.number, "mac": last.mac}
                values.append(link | {"of_id": row.id})
            connection.execute(chaining, values)
            rows = _rows(page.where(AUDIT.c.id > rows[-1].id), connection)
        if not last.number:
            return ALL
        self._heads.create(connection, Head(chain=_FIRST, last=last))
        # The one trace if somebody made all entries look like those.
        _log.warning("audit entries of version 0.1.0 are sealed from now on", count=last.number)
        return _FIRST

    def _sweep_page(self, older_than: datetime, connection: Connection) -> int:
        take_lock(connection, "audit")
        oldest = select(AUDIT).order_by(AUDIT.c.id).limit(_PAGE)
        old = _prefix(_rows(oldest, connection), older_than)
        if not old:
            self._sweep_heads(connection)
            return 0
        connection.execute(delete(AUDIT).where(AUDIT.c.id <= old[-1].id))
        for chain in {row.chain for row in old if row.chain is not None}:
            head = self._heads.find(connection, chain)
            if head is not None:
                own = [row for row in old if row.chain == chain]
                self._move_beginning(connection, head, own)
        return len(old)

    def _move_beginning(
        self, connection: Connection, head: Head, swept: Sequence[Row[Any]]
    ) -> None:
        """Move the beginning of a chain behind these entries; what was changed stays visible."""
        link, intact = head.before, head.intact
        for row in swept:
            sound = intact and is_sound(_values_of(row))
            intact = sound and self._after(link, row) == _link_of(row)
            link = _link_of(row)
        self._heads.move(connection, head.chain, "before", link, intact=intact)

    def _sweep_heads(self, connection: Connection) -> None:
        """Delete the heads of the oldest chains without entries, but never the newest."""
        chains = self._heads.find(connection, ALL)
        if chains is None:
            return
        first = chains.before.number
        while first + 1 < chains.last.number:
            head = self._heads.find(connection, first + 1)
            if head is None or not head.intact or head.before != head.last:
                break
            first += 1
        if first > chains.before.number:
            connection.execute(delete(AUDIT_HEAD).where(AUDIT_HEAD.c.chain.between(1, first)))
            self._heads.move(connection, ALL, "before", Link(number=first), intact=chains.intact)


def _link_of(row: Row[Any], end: str = "") -> Link:
    number = getattr(row, f"{end}number")
    # SQLite stores a text in a column of numbers.
    return Link(number=number if isinstance(number, int) else 0, mac=getattr(row, f"{end}mac"))


def _values_of(row: Row[Any]) -> dict[str, Any]:
    return row._asdict() | {name: getattr(row, f"{name}_id") for name in _OWNERS}


def _rows(statement: Executable, connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(statement).all()


def _prefix(rows: Iterable[Row[Any]], older_than: datetime) -> list[Row[Any]]:
    """The rows before the first one that is kept."""
    old: list[Row[Any]] = []
    for row in rows:
        if row.at >= older_than:
            break
        old.append(row)
    return old
