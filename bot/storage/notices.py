"""Which notices were given lately, so that several processes give one between them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from bot.storage.database import Database
from bot.storage.schema import NOTICE


class Notices:
    """Notices by name, each with the moment at which it was last given. Raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_due(self, name: str, at: datetime, *, every: timedelta) -> bool:
        """Whether a notice was not given for so long; exactly one caller is told so, and gives it.

        One that lies in the future was given before the clock was set back, and counts as old.
        """
        statement = self._database.insert(NOTICE).values(name=name, at=at)
        old = (NOTICE.c.at <= at - every) | (NOTICE.c.at > at + every)
        upsert = statement.on_conflict_do_update(
            index_elements=[NOTICE.c.name], set_={"at": at}, where=old
        )

        def work(connection: Connection) -> bool:
            result = connection.execute(upsert, execution_options={"preserve_rowcount": True})
            return result.rowcount == 1

        return await self._database.write(work)

    async def forget(self, name: str) -> None:
        """It could not be given after all; the next one who asks gives it."""
        statement = delete(NOTICE).where(NOTICE.c.name == name)
        await self._database.write(lambda connection: connection.execute(statement))
