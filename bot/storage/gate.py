"""The gate that all processes share: one row, asked right before a request goes out.

The row is locked while it is read and written, and its moments are the database's: machines whose
clocks differ agree, and who waits is told how long, not until when.
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
    """The gate's row, and this process' part in it. What is awaited raises `StorageError`.

    Args:
        database: open for as long as this is used.
        ceilings: what the operator allows; all processes should be told the same.
        lease_seconds: longer than any request takes; after that a silent process counts as dead.
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
        # Made once: making a statement takes longer than SQLite takes to carry it out.
        self._reading = {name: _reading(clock) for name, clock in _CLOCKS.items()}
        self._keeping = update(GATE).where(GATE.c.name == _NAME)
        holding = database.insert(GATE_HOLDER)
        self._holding = holding.on_conflict_do_update(
            index_elements=[GATE_HOLDER.c.holder],
            set_={"running": holding.excluded.running, "until": holding.excluded.until},
        )

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Let some of those through who wait in this process."""

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
        """Tell the others how many requests of this process are under way."""

        def work(connection: Connection) -> None:
            self._hold(connection, running, self._locked(connection)[1])

        await self._write(work)

    async def close(self) -> float:
        """Close the gate, or leave it closed; for how many seconds."""

        def work(connection: Connection) -> float:
            gate, now, _ = self._locked(connection)
            gate = close(gate, now=now, first_pause=self._timing.first_pause)
            self._keep(connection, gate)
            return gate.closed_until - now

        return await self._write(work, lasting=True)

    async def reset_backoff(self) -> None:
        """Make the next pause a first one again."""

        def work(connection: Connection) -> None:
            gate, now, _ = self._locked(connection)
            self._keep(connection, reset_backoff(gate, now=now))

        await self._write(work, lasting=True)

    async def leave(self) -> None:
        """This process asks no more; what dead ones left is removed as well."""

        def work(connection: Connection) -> None:
            now = self._locked(connection)[1]
            mine_or_dead = (GATE_HOLDER.c.holder == self._holder) | (GATE_HOLDER.c.until <= now)
            connection.execute(delete(GATE_HOLDER).where(mine_or_dead))

        await self._write(work)

    async def _write(
        self, work: Callable[[Connection], _Found], *, lasting: bool = False
    ) -> _Found:
        # When a machine is up again after a loss of power, the moments of its requests have passed.
        # A pause that the gateway has asked for may not have.
        return await self._database.write(work, self._timing.gate, lasting=lasting)

    def _locked(self, connection: Connection) -> tuple[Gate, float, int]:
        """The state, the database's time, and how many requests other processes have under way.

        Nobody else reads or writes them before the end of the transaction.
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
