"""The language of an answer: the user's or channel's choice, Slack's locale, or the default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum

import structlog

from bot.domain.texts.catalog import Catalog, Language, named_language
from bot.storage.errors import StorageError
from bot.storage.preferences import Preferences, Scope

_log = structlog.get_logger(__name__)

LocaleOf = Callable[[str], Awaitable[str | None]]


class NotChosen(Enum):
    """Why a choice was not stored."""

    UNKNOWN = "it names no language"
    NOT_KEPT = "the database is away"


class Languages:
    """The catalogs, and who reads which one.

    Args:
        default: the bot's setting.
        load: returns the catalog of a language.
        preferences: what people and channels chose.
        locale_of: the locale of a Slack user, if the bot may read it.
    """

    def __init__(
        self,
        *,
        default: Language,
        load: Callable[[Language], Catalog],
        preferences: Preferences,
        locale_of: LocaleOf,
    ) -> None:
        self._default = default
        self._load = load
        self._preferences = preferences
        self._locale_of = locale_of

    def all(self) -> tuple[Catalog, ...]:
        """Every catalog."""
        return tuple(self._load(language) for language in Language)

    async def of_person(self, team: str, user: str) -> Catalog:
        """For what only this person reads."""
        chosen = await self.chosen_by(team, user)
        if chosen is None:
            chosen = named_language(await self._locale_of(user) or "")
        return self._load(chosen or self._default)

    async def of_channel(self, team: str, channel: str) -> Catalog:
        """For what the whole channel reads."""
        return self._load(await self._chosen(Scope.CHANNEL, team, channel) or self._default)

    async def chosen_by(self, team: str, user: str) -> Language | None:
        """A person's own choice; `None` without one."""
        return await self._chosen(Scope.USER, team, user)

    async def _chosen(self, scope: Scope, team: str, subject: str) -> Language | None:
        try:
            return named_language(await self._preferences.language(scope, team, subject) or "")
        except StorageError as error:
            _log.warning("languages cannot be read", error=error.code)
            return None

    async def choose(self, team: str, user: str, wanted: str) -> Catalog | NotChosen:
        """Store a choice such as "pt", "pt-BR", "English"; returns its catalog, or why not."""
        return await self._choose(Scope.USER, team, user, wanted)

    async def choose_for_channel(self, team: str, channel: str, wanted: str) -> Catalog | NotChosen:
        """The same for what the whole channel reads."""
        return await self._choose(Scope.CHANNEL, team, channel, wanted)

    async def _choose(
        self, scope: Scope, team: str, subject: str, wanted: str
    ) -> Catalog | NotChosen:
        language = named_language(wanted)
        if language is None:
            return NotChosen.UNKNOWN
        try:
            await self._preferences.set_language(scope, team, subject, language.value)
        except StorageError as error:
            _log.error("a choice of language was not kept", error=error.code)
            return NotChosen.NOT_KEPT
        return self._load(language)

    async def forget(self, team: str, user: str) -> NotChosen | None:
        """Delete a person's choice; `None` on success."""
        try:
            await self._preferences.set_language(Scope.USER, team, user, None)
        except StorageError as error:
            _log.error("a choice of language was not kept", error=error.code)
            return NotChosen.NOT_KEPT
        return None
