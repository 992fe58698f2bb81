"""The audit: its entries in chains, the heads of the chains, and the check of both.

A head says before which entry the stored part of a chain begins, and where it ends; each with a
seal that only the key can make. Retention moves the beginning. The head of number 0 says in the
same way which chains there are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, TypeAlias

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

from bot.domain.audit import AuditEntry, AuditKey, Link
from bot.storage.database import Database, parameters
from bot.storage.engines import take_lock
from bot.storage.schema import AUDIT, AUDIT_HEAD

_PAGE: Final = 1_000
_ALL: Final = 0
_OWNERS: Final = ("team", "user", "channel")
_MOST_PROBLEMS: Final = 10

_End: TypeAlias = Literal["before", "last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What is stored of a chain: the link before its first entry, and its last link."""

    chain: int
    before: Link = field(default_factory=Link)
    last: Link = field(default_factory=Link)
    intact: bool = True


@dataclass(slots=True, kw_only=True)
class AuditCheck:
    """What a check of the chains found.

    Attributes:
        entries: how many were checked.
        unchained: how many are from before there were chains.
        problems: at most ten, each a part of a sentence.
    """

    entries: int = 0
    unchained: int = 0
    problems: list[str] = field(default_factory=list)

    def report(self, problem: str) -> None:
        """Add a problem."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


class Audit:
    """The record of what users did. Every method raises `StorageError`."""

    def __init__(self, database: Database, key: AuditKey) -> None:
        self._database = database
        self._key = key
        # The chain of this process and its last link, once it has one.
        self._chain = 0
        self._last = Link()
        self._adding = insert(AUDIT).values({f"{name}_id": bindparam(name) for name in _OWNERS})
        self._advancing = update(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == bindparam("of_chain"))

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
        if not self._move(connection, self._chain, "last", last):
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
        heads = await self._heads()
        while True:
            check = await self._checked(heads)
            before, heads = heads, await self._heads()
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

    async def _checked(self, heads: dict[int, _Head]) -> AuditCheck:
        check, last = AuditCheck(), {chain: head.before for chain, head in heads.items()}
        async for row in self._pages(select(AUDIT)):
            if row.chain is None:
                check.unchained += 1
            elif row.chain in heads and row.number <= heads[row.chain].last.number:
                check.entries += 1
                values = row._asdict() | {name: getattr(row, f"{name}_id") for name in _OWNERS}
                link = Link(number=row.number, mac=row.mac)
                if self._key.after(last[row.chain], values) != link:
                    check.report(f"entry {row.id} was changed, or the one before it was removed")
                last[row.chain] = link
        for problem in _problems(heads, last):
            check.report(problem)
        return check

    async def _heads(self) -> dict[int, _Head]:
        rows = await self._database.read(partial(_rows, select(AUDIT_HEAD)))
        return {row.chain: self._head_of(row) for row in rows}

    async def _pages(self, chosen: Select[Any]) -> AsyncIterator[Row[Any]]:
        last = -1
        while True:
            page = chosen.where(AUDIT.c.id > last).order_by(AUDIT.c.id).limit(_PAGE)
            rows = await self._database.read(partial(_rows, page))
            for row in rows:
                yield row
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def _begin(self, connection: Connection) -> None:
        """Begin the chain with the next number."""
        take_lock(connection, "audit")
        newest = connection.execute(select(func.max(AUDIT_HEAD.c.chain))).scalar_one()
        chains = self._head_in(connection, _ALL)
        if chains is None:
            # If there are chains, the list was removed; its seal stays invalid.
            chains = _Head(chain=_ALL, intact=not newest)
            self._create(connection, chains)
        self._chain = max(newest or 0, chains.last.number) + 1
        self._create(connection, _Head(chain=self._chain))
        self._move(connection, _ALL, "last", Link(number=self._chain), intact=chains.intact)

    def _sweep_page(self, older_than: datetime, connection: Connection) -> int:
        take_lock(connection, "audit")
        oldest = select(*(AUDIT.c[name] for name in ("id", "at", "chain", "number", "mac")))
        old = _prefix(_rows(oldest.order_by(AUDIT.c.id).limit(_PAGE), connection), older_than)
        if not old:
            self._sweep_heads(connection)
            return 0
        connection.execute(delete(AUDIT).where(AUDIT.c.id <= old[-1].id))
        swept = {row.chain: Link(number=row.number, mac=row.mac) for row in old}
        for chain, link in swept.items():
            head = self._head_in(connection, chain)
            if head is not None:
                self._move(connection, chain, "before", link, intact=head.intact)
        return len(old)

    def _sweep_heads(self, connection: Connection) -> None:
        """Delete the heads of the oldest chains without entries, but never the newest."""
        chains = self._head_in(connection, _ALL)
        if chains is None:
            return
        first = chains.before.number
        while first + 1 < chains.last.number:
            head = self._head_in(connection, first + 1)
            if head is None or not head.intact or head.before != head.last:
                break
            first += 1
        if first > chains.before.number:
            connection.execute(delete(AUDIT_HEAD).where(AUDIT_HEAD.c.chain.between(1, first)))
            self._move(connection, _ALL, "before", Link(number=first), intact=chains.intact)

    def _head_in(self, connection: Connection, chain: int | None) -> _Head | None:
        rows = _rows(select(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == chain), connection)
        return self._head_of(rows[0]) if rows else None

    def _head_of(self, row: Row[Any]) -> _Head:
        before = Link(number=row.before_number, mac=row.before_mac)
        last = Link(number=row.last_number, mac=row.last_mac)
        seals = self._columns(row.chain, "before", before) | self._columns(row.chain, "last", last)
        intact = all(getattr(row, name) == value for name, value in seals.items())
        return _Head(chain=row.chain, before=before, last=last, intact=intact)

    def _create(self, connection: Connection, head: _Head) -> None:
        before = self._columns(head.chain, "before", head.before, intact=head.intact)
        last = self._columns(head.chain, "last", head.last, intact=head.intact)
        connection.execute(insert(AUDIT_HEAD).values(chain=head.chain, **before, **last))

    def _move(
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


def _problems(heads: dict[int, _Head], last: dict[int, Link]) -> Iterable[str]:
    """What is wrong with the heads, given the last link that was found of each chain."""
    chains = heads.get(_ALL)
    if heads and (chains is None or not chains.intact):
        yield "the list of chains was changed"
    if chains is not None:
        for number in range(chains.before.number + 1, chains.last.number + 1):
            if number not in heads:
                yield f"chain {number} was removed"
    for chain, head in heads.items():
        if chain == _ALL:
            continue
        if not head.intact:
            yield f"the head of chain {chain} was changed"
        elif last[chain] != head.last:
            yield f"the last entries of chain {chain} were removed"


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
