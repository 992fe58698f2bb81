"""The rate limit that all processes share: one row, updated right before a request is sent.

The row is locked while it is read and written, and its times are from the database's clock, so
clocks of machines may differ. Callers get a duration to wait, not a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Connection,
    Double,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from bot.domain.gate import Admission, Ceilings, Gate, Urgency, admit, close, reset_backoff
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.locks import take_lock
from bot.storage.schema import GATE, GATE_HOLDER

_Found = TypeVar("_Found")
_NAME: Final = "gateway"
_CLOCKS: Final = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}


class SharedGate:
    """The row of the rate limit, and this process' share. What is awaited raises `StorageError`.

    Args:
        database: open for as long as this is used.
        ceilings: what the operator allows; it should be the same in all processes.
        lease_seconds: longer than any request; after it a silent process counts as dead.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        database: Database,
        ceilings: Ceilings,
        *,
        lease_seconds: float,
        timing: Timing = Timing(),
    ) -> None:
        self._database = database
        self._ceilings = ceilings
        self._lease = lease_seconds
        self._timing = timing
        self._holder = token_hex(8)
        # Built once: building a statement takes longer than SQLite takes to execute it.
        self._reading = {name: _reading(clock) for name, clock in _CLOCKS.items()}
        self._keeping = update(GATE).where(GATE.c.name == _NAME)
        holding = database.insert(GATE_HOLDER)
        self._holding = holding.on_conflict_do_update(
            index_elements=[GATE_HOLDER.c.holder],
            set_={"running": holding.excluded.running, "until": holding.excluded.until},
        )

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Admit some of the requests that wait in this process."""

        def work(connection: Connection) -> Admission:
            gate, now, elsewhere = self._locked(connection)
            gate, admission = admit(
                gate,
                self._ceilings,
                now=now,
                running=elsewhere + running,
                urgency=urgency,
                count=count,
            )
            self._keep(connection, gate)
            if admission.waits:
                self._hold(connection, running + len(admission.waits), now)
            return admission

        return await self._write(work)

    async def publish(self, running: int) -> None:
        """Publish how many requests of this process are in progress."""

        def work(connection: Connection) -> None:
            self._hold(connection, running, self._locked(connection)[1])

        await self._write(work)

    async def close(self) -> float:
        """Pause all requests, or keep them paused; returns for how many seconds."""

        def work(connection: Connection) -> float:
            gate, now, _ = self._locked(connection)
            gate = close(gate, now=now, first_pause=self._timing.first_pause)
            self._keep(connection, gate)
            return gate.closed_until - now

        return await self._write(work, lasting=True)

    async def reset_backoff(self) -> None:
        """Let the next pause be as short as a first one."""

        def work(connection: Connection) -> None:
            gate, now, _ = self._locked(connection)
            self._keep(connection, reset_backoff(gate, now=now))

        await self._write(work, lasting=True)

    async def leave(self) -> None:
        """Remove this process, and processes whose lease has expired."""

        def work(connection: Connection) -> None:
            now = self._locked(connection)[1]
            mine_or_dead = (GATE_HOLDER.c.holder == self._holder) | (GATE_HOLDER.c.until <= now)
            connection.execute(delete(GATE_HOLDER).where(mine_or_dead))

        await self._write(work)

    async def _write(
        self, work: Callable[[Connection], _Found], *, lasting: bool = False
    ) -> _Found:
        # After a power failure the times of requests have passed anyway. A pause that the gateway
        # has demanded may not have.
        return await self._database.write(work, self._timing.gate, lasting=lasting)

    def _locked(self, connection: Connection) -> tuple[Gate, float, int]:
        """The state, the database's time, and how many requests of other processes are in progress.

        It is locked until the end of the transaction.
        """
        take_lock(connection, "gate")
        reading = self._reading[connection.dialect.name]
        mine = {"mine": self._holder}
        row = connection.execute(reading, mine).one_or_none()
        if row is None:
            connection.execute(insert(GATE).values(name=_NAME, **_values(Gate())))
            row = connection.execute(reading, mine).one()
        gate = Gate(
            next_slot=row.next_slot,
            closed_until=row.closed_until,
            strikes=row.strikes,
            person_until=row.person_until,
        )
        return gate, row.clock, int(row.elsewhere)

    def _keep(self, connection: Connection, gate: Gate) -> None:
        connection.execute(self._keeping, _values(gate))

    def _hold(self, connection: Connection, running: int, now: float) -> None:
        values = {"holder": self._holder, "running": running, "until": now + self._lease}
        connection.execute(self._holding, values)


def _reading(clock: str) -> Select[Any]:
    now = literal_column(clock, Double)
    others = (GATE_HOLDER.c.holder != bindparam("mine")) & (GATE_HOLDER.c.until > now)
    running = func.coalesce(func.sum(GATE_HOLDER.c.running), 0)
    elsewhere = select(running).where(others).scalar_subquery()
    statement = select(GATE, now.label("clock"), elsewhere.label("elsewhere"))
    return statement.where(GATE.c.name == _NAME)


def _values(gate: Gate) -> dict[str, float | int]:
    return {
        "next_slot": gate.next_slot,
        "closed_until": gate.closed_until,
        "strikes": gate.strikes,
        "person_until": gate.person_until,
    }
