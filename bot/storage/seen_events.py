"""Which deliveries of Slack were taken up: it repeats them, and several processes listen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.storage.database import Database
from bot.storage.schema import SEEN_EVENT
from bot.storage.sweeping import sweep


class SeenEvents:
    """The keys of the deliveries that were taken up. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_new(self, key: str, at: datetime) -> bool:
        """Whether nobody has asked for this key before, in any process.

        Exactly one caller is told so. When the answer is lost to a `StorageError`, nobody may be.
        """
        statement = self._database.insert(SEEN_EVENT).values(event_key=key, at=at)

        def work(connection: Connection) -> bool:
            result = connection.execute(
                statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
            )
            return result.rowcount == 1

        return await self._database.write(work)

    async def sweep(self, older_than: datetime) -> int:
        """Forget the keys from before that moment, and say how many they were."""
        return await sweep(self._database, SEEN_EVENT.c.at, older_than)
