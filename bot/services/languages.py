"""The language of an answer: the user's or channel's choice, Slack's locale, or the default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from bot.domain.texts.catalog import Catalog, Language, named_language
from bot.storage.errors import FailureLogged
from bot.storage.preferences import Preferences, Scope

LocaleOf = Callable[[str], Awaitable[str | None]]


class NotChosen(Enum):
    """Why a language choice was not stored."""

    UNKNOWN = "it names no language"
    NOT_KEPT = "the database is away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """The catalogs, and who reads which one.

    Attributes:
        default: the bot's setting.
        load: returns the catalog of a language.
        preferences: what people and channels chose.
        locale_of: the locale of a Slack user, if the bot may read it.
    """

    default: Language
    load: Callable[[Language], Catalog]
    preferences: Preferences
    locale_of: LocaleOf

    def all(self) -> tuple[Catalog, ...]:
        """Every catalog."""
        return tuple(self.load(language) for language in Language)

    async def of_person(self, team: str, user: str) -> Catalog:
        """For what only this person reads."""
        chosen = await self.chosen_by(team, user)
        if chosen is None:
            chosen = named_language(await self.locale_of(user) or "")
        return self.load(chosen or self.default)

    async def of_channel(self, team: str, channel: str) -> Catalog:
        """For what the whole channel reads."""
        return self.load(await self._chosen(Scope.CHANNEL, team, channel) or self.default)

    async def chosen_by(self, team: str, user: str) -> Language | None:
        """A person's own choice; `None` without one."""
        return await self._chosen(Scope.USER, team, user)

    async def _chosen(self, scope: Scope, team: str, subject: str) -> Language | None:
        with FailureLogged("languages cannot be read"):
            return named_language(await self.preferences.language(scope, team, subject) or "")
        return None

    async def choose(
        self, team: str, subject: str, wanted: str, scope: Scope = Scope.USER
    ) -> Catalog | NotChosen:
        """Store a choice such as "pt", "pt-BR", "English" of a person, or for a whole channel.

        Returns:
            its catalog, or why it was not stored.
        """
        language = named_language(wanted)
        if language is None:
            return NotChosen.UNKNOWN
        stored = await self._stored(scope, team, subject, language)
        return self.load(language) if stored else NotChosen.NOT_KEPT

    async def forget(self, team: str, user: str) -> NotChosen | None:
        """Delete a person's choice; `None` on success."""
        stored = await self._stored(Scope.USER, team, user, None)
        return None if stored else NotChosen.NOT_KEPT

    async def _stored(
        self, scope: Scope, team: str, subject: str, language: Language | None
    ) -> bool:
        with FailureLogged("a choice of language was not kept"):
            await self.preferences.set_language(scope, team, subject, language)
            return True
        return False
