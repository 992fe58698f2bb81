"""The running processes of the bot on one database, so that each sees when another has died."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from sqlalchemy import delete, select, update

from bot.storage.database import Database
from bot.storage.schema import EXECUTOR

_ENDED: Final = -1
# They tell a kernel, and a space of process ids in it, from every other; Linux has them.
_KERNEL: Final = "/proc/sys/kernel/random/boot_id"
_PROCESSES: Final = "/proc/self/ns/pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One process.

    Attributes:
        id: of its own at every start, so that two processes are never taken for one.
        host: where `pid` names a process; empty where that cannot be told.
        beats: how often it has said that it lives.
    """

    id: str
    host: str
    pid: int
    beats: int = 0

    @property
    def ended(self) -> bool:
        """Whether it said that it ends."""
        return self.beats == _ENDED


def this_process(kernel: str = _KERNEL) -> Executor:
    """The process that asks, under a new name; `kernel` is the file that tells its kernel."""
    host = ""
    with suppress(OSError):
        host = f"{Path(kernel).read_text().strip()} {Path(_PROCESSES).readlink()}"
    return Executor(id=token_hex(8), host=host, pid=os.getpid())


def is_surely_gone(peer: Executor, own: Executor) -> bool:
    """Whether a peer has ended or was killed, as far as that can be known at once.

    Only a process on the same host can be asked after; it is gone when its number is no process'
    any more, or has become our own.
    """
    if peer.ended:
        return True
    if not own.host or peer.host != own.host:
        return False
    if peer.pid == own.pid:
        return peer.id != own.id
    try:
        os.kill(peer.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Executors:
    """The table of the processes. Every method raises `StorageError`.

    Args:
        own: the process that uses this object.
        now: the present moment, aware; for the reader of the table only, nothing is decided by it.
    """

    def __init__(self, database: Database, *, own: Executor, now: Callable[[], datetime]) -> None:
        self._database = database
        self._own = own
        self._now = now

    async def beat(self) -> None:
        """Say that this process lives."""
        now = self._now()
        new = self._database.insert(EXECUTOR).values(
            id=self._own.id, host=self._own.host, pid=self._own.pid, beats=1, at=now
        )
        again = new.on_conflict_do_update(
            index_elements=list(EXECUTOR.primary_key),
            set_={"beats": EXECUTOR.c.beats + 1, "at": now},
        )
        async with self._database.writing() as connection:
            await connection.execute(again)

    async def end(self) -> None:
        """Say that this process ends; what it leaves unfinished may be taken over at once."""
        mine = update(EXECUTOR).where(EXECUTOR.c.id == self._own.id)
        async with self._database.writing() as connection:
            await connection.execute(mine.values(beats=_ENDED, at=self._now()))

    async def peers(self) -> tuple[Executor, ...]:
        """All others that have not been forgotten."""
        async with self._database.reading() as connection:
            rows = (
                await connection.execute(select(EXECUTOR).where(EXECUTOR.c.id != self._own.id))
            ).all()
        return tuple(
            Executor(id=row.id, host=row.host, pid=row.pid, beats=row.beats) for row in rows
        )

    async def forget(self, ids: Collection[str]) -> None:
        """Remove processes whose work was taken over."""
        async with self._database.writing() as connection:
            await connection.execute(delete(EXECUTOR).where(EXECUTOR.c.id.in_(ids)))
