"""What shapes a message besides its answer: who reads it, in which language, whom it names."""

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
    # `voicestatus explain` shows a card without the database's libraries.
    from bot.services.languages import Languages

RAW_LIMIT: Final = 200
# Slack's ids of direct conversations, and of people, who are written to directly.
_DIRECT: Final = ("D", "U", "W")


class Audience(StrEnum):
    """Who reads a message. Its language, what it hides and its buttons follow from that.

    A direct message is not ephemeral, and yet one person's own; in a modal there is no message for
    others to act on.
    """

    PRIVATE = "private"
    DIRECT = "direct"
    PUBLIC = "public"
    MODAL = "modal"


def is_direct(channel: str) -> bool:
    """Whether nobody but the one person reads what is written there."""
    return channel.startswith(_DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Whom cards name as the one to turn to; empty where the operator set nothing."""

    bot: str = ""
    gateway: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStyle:
    """What shapes a card besides its answer.

    Attributes:
        zone: for times where Slack does not localise.
        audience: who reads it.
        shared_by: the name of the person who showed it to the channel; no mention, which would
            ring.
        admins_told: the bot itself tells its admins of what this card shows.
    """

    catalog: Catalog
    contacts: Contacts
    zone: ZoneInfo
    audience: Audience = Audience.PRIVATE
    shared_by: str = ""
    admins_told: bool = False

    @property
    def public(self) -> bool:
        """Whether others read it, so that phone numbers are masked and long ids shortened."""
        return self.audience is Audience.PUBLIC

    def shown_id(self, answer: Answer) -> str:
        """The IDMSG as the readers of this card may see it."""
        return self.shown_message_id(answer.message_id)

    def shown_message_id(self, message_id: MessageId) -> str:
        """The same for an id without an answer."""
        return public_id(message_id.value) if self.public else message_id.value

    def shown_raw(self, raw: str) -> str:
        """The gateway's answer, bounded, and masked where others read it."""
        return visible(shorten(mask_phones(raw) if self.public else raw, RAW_LIMIT))

    def when(self, answer: Answer) -> str:
        """The moment of the answer in the operator's time zone."""
        return f"{answer.checked_at.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z} ({self.zone.key})"

    def moment(self, when: datetime) -> str:
        """A moment as each reader's Slack writes it; mrkdwn."""
        fallback = f"{when.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return moment(int(when.timestamp()), fallback)

    def shared(self, user: str) -> CardStyle:
        """The same style for everybody in the channel to read, shared by this person."""
        return replace(self, audience=Audience.PUBLIC, shared_by=user)

    def read_by(self, audience: Audience) -> CardStyle:
        """The same style for other readers."""
        return replace(self, audience=audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Makes the style of a card in a language, from what the operator set once."""

    contacts: Contacts
    zone: ZoneInfo

    def private(self, catalog: Catalog) -> CardStyle:
        """For the asker alone."""
        return CardStyle(catalog=catalog, contacts=self.contacts, zone=self.zone)


class AudienceStyles:
    """The styles of those who read; languages are those of the moment of telling."""

    def __init__(self, *, languages: Languages, styles: Styles) -> None:
        self._languages = languages
        self._styles = styles

    async def of(self, audience: Audience, *, team: str, channel: str, person: str) -> CardStyle:
        """In the channel's language where everybody reads it, else in that of the person."""
        if audience is Audience.PUBLIC:
            catalog = await self._languages.of_channel(team, channel)
        else:
            catalog = await self._languages.of_person(team, person)
        return self._styles.private(catalog).read_by(audience)

    async def at(self, channel: str, *, team: str, person: str) -> CardStyle:
        """For whoever reads what is written there: that person alone, or everybody."""
        audience = Audience.DIRECT if is_direct(channel) else Audience.PUBLIC
        return await self.of(audience, team=team, channel=channel, person=person)
