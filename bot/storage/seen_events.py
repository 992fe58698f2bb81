"""Which deliveries of Slack were handled: Slack repeats them, and several processes listen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.storage.database import Database
from bot.storage.schema import SEEN_EVENT


class SeenEvents:
    """The keys of the deliveries that were handled. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_new(self, key: str, at: datetime) -> bool:
        """Whether no process has asked for this key before.

        It is true for exactly one caller. After a `StorageError` it may be true for none.
        """
        statement = self._database.insert(SEEN_EVENT).values(event_key=key, at=at)

        def work(connection: Connection) -> bool:
            result = connection.execute(
                statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
            )
            return result.rowcount == 1

        return await self._database.write(work)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the keys from before that moment, and return their number."""
        return await self._database.sweep(SEEN_EVENT.c.at, older_than)
