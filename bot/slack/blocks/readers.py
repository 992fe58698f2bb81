"""In which style a notice is written: that of the one person who reads it, or of a channel.

Languages are those of the moment of telling.
"""

from __future__ import annotations

from typing import Final

from bot.services.languages import Languages
from bot.slack.blocks.style import CardStyle, Styles

# Slack's ids of direct conversations, and of people, who are written to directly.
_DIRECT: Final = ("D", "U", "W")


def is_direct(channel: str) -> bool:
    """Whether nobody but the one person reads what is written there."""
    return channel.startswith(_DIRECT)


class AudienceStyles:
    """The styles of those who read notices."""

    def __init__(self, *, languages: Languages, styles: Styles) -> None:
        self._languages = languages
        self._styles = styles

    async def person(self, team: str, user: str) -> CardStyle:
        """For one person alone."""
        return self._styles.private(await self._languages.of_person(team, user))

    async def everybody(self, team: str, channel: str) -> CardStyle:
        """For all who read a channel."""
        catalog = await self._languages.of_channel(team, channel)
        return self._styles.private(catalog).shared("")

    async def at(self, channel: str, *, team: str, person: str) -> CardStyle:
        """For whoever reads what is written there: that person alone, or everybody."""
        if is_direct(channel):
            return await self.person(team, person)
        return await self.everybody(team, channel)
