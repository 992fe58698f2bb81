"""The style of messages in the language that their readers have chosen by now."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.texts.catalog import Catalog
from bot.services.languages import Languages
from bot.slack.blocks.style import Audience, CardStyle, is_direct


class AudienceStyles:
    """Makes styles in the language that the readers have chosen by now.

    Args:
        languages: who reads which catalog.
        style: makes the style of the bot in a language, for these readers.
    """

    def __init__(
        self, *, languages: Languages, style: Callable[[Catalog, Audience], CardStyle]
    ) -> None:
        self._languages = languages
        self._style = style

    async def of(self, audience: Audience, *, team: str, channel: str, person: str) -> CardStyle:
        """Make a style in the channel's language if the message is public, else in the user's."""
        if audience is Audience.PUBLIC:
            catalog = await self._languages.of_channel(team, channel)
        else:
            catalog = await self._languages.of_person(team, person)
        return self._style(catalog, audience)

    async def at(self, channel: str, *, team: str, person: str) -> CardStyle:
        """Make the style for the readers of a channel or a direct message."""
        audience = Audience.DIRECT if is_direct(channel) else Audience.PUBLIC
        return await self.of(audience, team=team, channel=channel, person=person)
