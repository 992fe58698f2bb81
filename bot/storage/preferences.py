"""The language that a user chose, or an admin for a channel."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from time import monotonic
from typing import Final

from cachetools import TTLCache
from sqlalchemy import ColumnElement, and_, delete, select

from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.schema import PREFERENCE

_MOST_CACHED: Final = 10_000

_Key = tuple[str, str, str]


class Scope(StrEnum):
    """Whose choice it is."""

    USER = "user"
    CHANNEL = "channel"


class Preferences:
    """Choices of language by team and user or channel. Every method raises `StorageError`.

    Args:
        clock: seconds that never go back.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = monotonic,
        timing: Timing = Timing(),
    ) -> None:
        self._database = database
        self._cache: TTLCache[_Key, str | None] = TTLCache(_MOST_CACHED, timing.choices, clock)
        self._changes = 0

    async def language(self, scope: Scope, team: str, subject: str) -> str | None:
        """The language that was chosen, such as "pt-BR"; `None` where none was."""
        key = (team, str(scope), subject)
        if key in self._cache:
            return self._cache[key]
        changes = self._changes
        statement = select(PREFERENCE.c.language).where(_is(key))
        language: str | None = await self._database.read(
            lambda connection: connection.execute(statement).scalar_one_or_none()
        )
        # A value read during a concurrent write may be the old one.
        if changes == self._changes:
            self._cache[key] = language
        return language

    async def set_language(self, scope: Scope, team: str, subject: str, language: str) -> None:
        """Store a choice, replacing an earlier one."""
        key = (team, str(scope), subject)
        statement = self._database.insert(PREFERENCE).values(
            team_id=team, scope=str(scope), subject_id=subject, language=str(language)
        )
        upsert = statement.on_conflict_do_update(
            index_elements=list(PREFERENCE.primary_key), set_={"language": str(language)}
        )
        try:
            await self._database.write(lambda connection: connection.execute(upsert))
        finally:
            self._forget(key)

    async def clear_language(self, scope: Scope, team: str, subject: str) -> None:
        """Delete a choice; it is no error if there is none."""
        key = (team, str(scope), subject)
        try:
            gone = delete(PREFERENCE).where(_is(key))
            await self._database.write(lambda connection: connection.execute(gone))
        finally:
            self._forget(key)

    def _forget(self, key: _Key) -> None:
        self._changes += 1
        self._cache.pop(key, None)


def _is(key: _Key) -> ColumnElement[bool]:
    team, scope, subject = key
    return and_(
        PREFERENCE.c.team_id == team,
        PREFERENCE.c.scope == scope,
        PREFERENCE.c.subject_id == subject,
    )
