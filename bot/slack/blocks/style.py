"""What shapes a card besides its answer: the language, who reads it, whom it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.input.message_id import MessageId
from bot.domain.privacy import mask_phones, public_id, shorten
from bot.domain.texts.catalog import Catalog
from bot.services.answers import Answer
from bot.slack.blocks.block_kit import moment, visible

RAW_LIMIT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Whom cards name as the one to turn to; empty where the operator set nothing."""

    bot: str = ""
    gateway: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStyle:
    """What shapes a card besides its answer.

    Attributes:
        public: others read it, so phone numbers are masked and long ids shortened.
        zone: for times where Slack does not localise.
        shared_by: the name of the person who showed it to the channel; no mention, which would
            ring.
        admins_told: the bot itself tells its admins of what this card shows.
    """

    catalog: Catalog
    contacts: Contacts
    zone: ZoneInfo
    public: bool = False
    shared_by: str = ""
    admins_told: bool = False

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
        return replace(self, public=True, shared_by=user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Makes the style of a card in a language, from what the operator set once."""

    contacts: Contacts
    zone: ZoneInfo

    def private(self, catalog: Catalog) -> CardStyle:
        """For the asker alone."""
        return CardStyle(catalog=catalog, contacts=self.contacts, zone=self.zone)
