"""The style of a message: who reads it, its language, the contacts that it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.domain.answer import Answer
from bot.domain.input.message_id import MessageId
from bot.domain.privacy import mask_phones, public_id, shorten
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import moment, visible

if TYPE_CHECKING:
    # `bot.services.languages` imports the database; `voicestatus explain` must not load that.
    from bot.services.languages import Languages

RAW_LIMIT: Final = 200
# The prefixes of Slack's ids of direct messages, and of users, who are messaged directly.
_DIRECT: Final = ("D", "U", "W")


class Audience(StrEnum):
    """Who reads a message; decides its language, its masking and its buttons.

    A `DIRECT` message is not ephemeral, but only one user reads it. A `MODAL` is not a message, so
    most buttons have nothing to act on.
    """

    PRIVATE = "private"
    DIRECT = "direct"
    PUBLIC = "public"
    MODAL = "modal"


def is_direct(channel: str) -> bool:
    """Whether only one user reads this channel."""
    return channel.startswith(_DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The contacts that cards name; empty if not configured."""

    bot: str = ""
    gateway: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStyle:
    """The style of a card.

    Attributes:
        zone: for times that Slack does not localise.
        audience: who reads it.
        shared_by: the name of the user who shared it; not a mention, which would notify them.
        admins_told: the bot alerts its admins about the error on this card.
    """

    catalog: Catalog
    contacts: Contacts
    zone: ZoneInfo
    audience: Audience = Audience.PRIVATE
    shared_by: str = ""
    admins_told: bool = False

    @property
    def public(self) -> bool:
        """Whether others read it; phone numbers are then masked, and long ids shortened."""
        return self.audience is Audience.PUBLIC

    def shown_id(self, answer: Answer) -> str:
        """The IDMSG as the readers of this card may see it."""
        return self.shown_message_id(answer.message_id)

    def shown_message_id(self, message_id: MessageId) -> str:
        """An id without an answer as the readers of this card may see it."""
        return public_id(message_id.value) if self.public else message_id.value

    def shown_raw(self, raw: str) -> str:
        """The raw result, bounded; masked if the card is public."""
        return visible(shorten(mask_phones(raw) if self.public else raw, RAW_LIMIT))

    def when(self, answer: Answer) -> str:
        """The time of the answer in the configured time zone."""
        return f"{answer.checked_at.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z} ({self.zone.key})"

    def moment(self, when: datetime) -> str:
        """Format a time that Slack shows in the time zone of each reader; mrkdwn."""
        fallback = f"{when.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return moment(int(when.timestamp()), fallback)

    def shared(self, user: str) -> CardStyle:
        """Return this style for a public card that was shared by this user."""
        return replace(self, audience=Audience.PUBLIC, shared_by=user)

    def read_by(self, audience: Audience) -> CardStyle:
        """Return this style for other readers."""
        return replace(self, audience=audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Makes the style of a card in a language, from the settings."""

    contacts: Contacts
    zone: ZoneInfo

    def private(self, catalog: Catalog) -> CardStyle:
        """Make the style for the asker only."""
        return CardStyle(catalog=catalog, contacts=self.contacts, zone=self.zone)


class AudienceStyles:
    """Makes styles in the language that the readers have chosen by now."""

    def __init__(self, *, languages: Languages, styles: Styles) -> None:
        self._languages = languages
        self._styles = styles

    async def of(self, audience: Audience, *, team: str, channel: str, person: str) -> CardStyle:
        """Make a style in the channel's language if the message is public, else in the user's."""
        if audience is Audience.PUBLIC:
            catalog = await self._languages.of_channel(team, channel)
        else:
            catalog = await self._languages.of_person(team, person)
        return self._styles.private(catalog).read_by(audience)

    async def at(self, channel: str, *, team: str, person: str) -> CardStyle:
        """Make the style for the readers of a channel or a direct message."""
        audience = Audience.DIRECT if is_direct(channel) else Audience.PUBLIC
        return await self.of(audience, team=team, channel=channel, person=person)
