"""The gate that all processes share: one row, asked right before a request goes out.

The row is locked while it is read and written, and its moments are the database's: machines whose
clocks differ agree, and who waits is told how long, not until when.
"""

from __future__ import annotations

from secrets import token_hex
from typing import Final

from sqlalchemy import delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.gate import Admission, Ceilings, Gate, Urgency, admit, close, forgive
from bot.storage.database import Database
from bot.storage.schema import GATE, GATE_HOLDER

# A person waits behind each question; after this time the answer is of no use.
GATE_SECONDS: Final = 1.0
# How soon the others hear that requests of this process have ended, unless it asks again before.
PUBLISH_SECONDS: Final = 0.1

_NAME: Final = "gateway"
_CLOCKS: Final = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}
_STATE: Final = (GATE.c.next_slot, GATE.c.closed_until, GATE.c.strikes, GATE.c.person_until)


class SharedGate:
    """The gate's row, and this process' part in it. What is awaited raises `StorageError`.

    Args:
        database: open for as long as this is used.
        ceilings: what the operator allows; all processes should be told the same.
        lease_seconds: longer than any request takes; after that a silent process counts as dead.
    """

    def __init__(self, database: Database, ceilings: Ceilings, *, lease_seconds: float) -> None:
        self._database = database
        self._ceilings = ceilings
        self._lease = lease_seconds
        self._holder = token_hex(8)

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Let some of those through who wait in this process."""
        async with self._database.writing(GATE_SECONDS) as connection:
            gate = await self._locked(connection)
            now = await self._now(connection)
            elsewhere = await self._running_elsewhere(connection, now)
            gate, admission = admit(
                gate,
                self._ceilings,
                now=now,
                running=elsewhere + running,
                urgency=urgency,
                count=count,
            )
            await _keep(connection, gate)
            if admission.waits:
                await self._hold(connection, running + len(admission.waits), now)
        return admission

    async def publish(self, running: int) -> None:
        """Tell the others how many requests of this process are under way."""
        async with self._database.writing(GATE_SECONDS) as connection:
            await self._hold(connection, running, await self._now(connection))

    async def close(self) -> float:
        """Close the gate, or leave it closed; for how many seconds."""
        async with self._database.writing(GATE_SECONDS) as connection:
            gate = await self._locked(connection)
            now = await self._now(connection)
            gate = close(gate, now=now)
            await _keep(connection, gate)
        return gate.closed_until - now

    async def forgive(self) -> None:
        """Make the next pause a first one again."""
        async with self._database.writing(GATE_SECONDS) as connection:
            gate = await self._locked(connection)
            await _keep(connection, forgive(gate, now=await self._now(connection)))

    async def leave(self) -> None:
        """This process asks no more; what dead ones left is removed as well."""
        async with self._database.writing(GATE_SECONDS) as connection:
            now = await self._now(connection)
            mine_or_dead = (GATE_HOLDER.c.holder == self._holder) | (GATE_HOLDER.c.until <= now)
            await connection.execute(delete(GATE_HOLDER).where(mine_or_dead))

    async def _locked(self, connection: AsyncConnection) -> Gate:
        statement = select(*_STATE).where(GATE.c.name == _NAME).with_for_update()
        row = (await connection.execute(statement)).mappings().one_or_none()
        if row is None:
            fresh = self._database.insert(GATE).values(name=_NAME, **_values(Gate()))
            await connection.execute(fresh.on_conflict_do_nothing())
            row = (await connection.execute(statement)).mappings().one()
        return Gate(**row)

    async def _now(self, connection: AsyncConnection) -> float:
        clock: float = (
            await connection.execute(select(literal_column(_CLOCKS[connection.dialect.name])))
        ).scalar_one()
        return clock

    async def _running_elsewhere(self, connection: AsyncConnection, now: float) -> int:
        others = (GATE_HOLDER.c.holder != self._holder) & (GATE_HOLDER.c.until > now)
        statement = select(func.coalesce(func.sum(GATE_HOLDER.c.running), 0)).where(others)
        return int((await connection.execute(statement)).scalar_one())

    async def _hold(self, connection: AsyncConnection, running: int, now: float) -> None:
        values = {"running": running, "until": now + self._lease}
        statement = self._database.insert(GATE_HOLDER).values(holder=self._holder, **values)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[GATE_HOLDER.c.holder], set_=values)
        )


async def _keep(connection: AsyncConnection, gate: Gate) -> None:
    await connection.execute(update(GATE).where(GATE.c.name == _NAME).values(**_values(gate)))


def _values(gate: Gate) -> dict[str, float | int]:
    return {column.name: getattr(gate, column.name) for column in _STATE}
