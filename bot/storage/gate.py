"""The rate limit that all processes share: one row, and a row for each process that is busy.

They are locked while they are read and written, and their times are from the database's clock, so
clocks of machines may differ. Callers get a duration to wait, not a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Double,
    Select,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    update,
)

from bot.domain.gate import (
    Admission,
    Demand,
    Gate,
    RateLimits,
    admit,
    close,
    keep_closed,
    reset_backoff,
)
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.engines import take_lock
from bot.storage.schema import GATE, GATE_HOLDER

_NAME: Final = "gateway"
# The seconds of a database's own clock.
CLOCKS: Final = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}


class SharedGate:
    """The rows of the rate limit. Its asynchronous methods raise `StorageError`.

    Args:
        database: open for as long as this is used.
        limits: what the operator allows; it should be the same in all processes.
        timing: how long it waits for what.
    """

    def __init__(
        self, database: Database, limits: RateLimits, *, timing: Timing = Timing()
    ) -> None:
        self._database = database
        self._limits = limits
        self._timing = timing
        self._holder = token_hex(8)
        # Built once: building a statement takes longer than SQLite takes to execute it.
        lease = timing.share_lease
        self._reading = {name: _reading(clock, lease) for name, clock in CLOCKS.items()}
        self._keeping = update(GATE).where(GATE.c.name == _NAME)
        holding = database.insert(GATE_HOLDER)
        self._holding = holding.on_conflict_do_update(
            index_elements=[GATE_HOLDER.c.holder],
            set_={"running": holding.excluded.running, "until": holding.excluded.until},
        )
        is_mine = GATE_HOLDER.c.holder == bindparam("mine")
        self._leaving = delete(GATE_HOLDER).where(
            is_mine | (GATE_HOLDER.c.until <= bindparam("now"))
        )

    async def ask(self, demand: Demand) -> Admission:
        """Ask for a block, and store how many places this process has from now on.

        A process without requests has none: its row is deleted, and so are rows of processes that
        died.
        """

        def work(connection: Connection) -> Admission:
            gate, now, places = self._locked(connection)
            mine = places.pop(self._holder, 0)
            after, admission = admit(
                gate, self._limits, demand, now=now, mine=mine, others=[*places.values()]
            )
            if after != gate:
                connection.execute(self._keeping, asdict(after))
            if demand.waiting or demand.running:
                row = {"holder": self._holder, "running": admission.places}
                connection.execute(self._holding, row | {"until": now + self._timing.share_lease})
            else:
                connection.execute(self._leaving, {"mine": self._holder, "now": now})
            return admission

        # After a power failure these times have passed anyway. A pause of the gateway may not have,
        # so `close` waits for the disk.
        return await self._database.write(work, self._timing.gate, lasting=False)

    async def close(self) -> float:
        """Pause all requests, or keep them paused; returns for how many seconds."""
        first_pause = self._timing.first_pause
        return await self._change(lambda gate, now: close(gate, now=now, first_pause=first_pause))

    async def keep_closed(self, rest: Callable[[], float]) -> None:
        """Pause all requests for the rest of a pause that could not be stored when it began.

        Args:
            rest: called when the state is locked, which may take a while; returns the seconds that
                are left, zero for none.
        """
        await self._change(lambda gate, now: keep_closed(gate, now=now, seconds=rest()))

    async def reset_backoff(self) -> None:
        """Make the next pause as short as the first one."""
        await self._change(lambda gate, now: reset_backoff(gate, now=now))

    async def _change(self, decide: Callable[[Gate, float], Gate]) -> float:
        """Change the state; returns the seconds until the gate opens."""

        def work(connection: Connection) -> float:
            gate, now, _ = self._locked(connection)
            after = decide(gate, now)
            if after != gate:
                connection.execute(self._keeping, asdict(after))
            return after.closed_until - now

        return await self._database.write(work, self._timing.gate)

    def _locked(self, connection: Connection) -> tuple[Gate, float, dict[str, int]]:
        """The state, the database's time, and how many places each busy process has.

        It is locked until the end of the transaction.
        """
        take_lock(connection, "gate")
        reading = self._reading[connection.dialect.name]
        rows = connection.execute(reading).all()
        if not rows:
            connection.execute(insert(GATE).values(name=_NAME, **asdict(Gate())))
            rows = connection.execute(reading).all()
        first = rows[0]
        gate = Gate(**{field.name: getattr(first, field.name) for field in fields(Gate)})
        return gate, first.clock, {row.holder: row.running for row in rows if row.holder}


def _reading(clock: str, lease: float) -> Select[Any]:
    now, until = literal_column(clock, Double), GATE_HOLDER.c.until
    # A lease that ends later is left from before the clock was set back.
    busy = GATE.outerjoin(GATE_HOLDER, (until > now) & (until <= now + lease))
    columns = (*GATE.c, GATE_HOLDER.c.holder, GATE_HOLDER.c.running, now.label("clock"))
    return select(*columns).select_from(busy).where(GATE.c.name == _NAME)
