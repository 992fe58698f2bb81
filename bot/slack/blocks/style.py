"""The style of a message: who reads it, its language, the contacts that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.call_status import Answer
from bot.domain.input.message_id import MessageId
from bot.domain.privacy import mask_people, public_id, shorten
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import moment, visible

RAW_LIMIT: Final = 200
# Of mrkdwn, for which Slack has no escape; within a word, `_` is none.
_MARKUP: Final = re.compile(r"[*~`]|(?<!\w)_+|_+(?!\w)")
# The prefixes of Slack's ids of direct messages, and of users, who are messaged directly.
_DIRECT: Final = ("D", "U", "W")


class Audience(StrEnum):
    """Who reads a message; decides its language, its masking and its buttons.

    A `DIRECT` message is not ephemeral, but only one user reads it, as a `MODAL`, which is no
    message. What is shared from these goes to a conversation that the user chooses.
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
        """Whether others read it; personal data is then masked, and long ids are shortened."""
        return self.audience is Audience.PUBLIC

    def shown_id(self, message_id: MessageId) -> str:
        """The IDMSG as the readers of this card may see it."""
        return public_id(message_id.value) if self.public else message_id.value

    def shown_raw(self, raw: str) -> str:
        """The raw result, bounded; masked if the card is public."""
        return visible(shorten(mask_people(raw) if self.public else raw, RAW_LIMIT))

    def when(self, answer: Answer) -> str:
        """The time of the answer in the configured time zone."""
        # `strftime` takes ten times as long.
        here = answer.checked_at.astimezone(self.zone)
        return f"{here.isoformat(' ')[:19]} {here.tzname()} ({self.zone.key})"

    def moment(self, when: datetime, fallback: str = "") -> str:
        """Format a time that Slack shows in the time zone of each reader; mrkdwn."""
        fallback = fallback or when.astimezone(self.zone).isoformat(" ")[:16]
        form = self.catalog.say("card.moment", date="{date_short_pretty}", time="{time}")
        return moment(int(when.timestamp()), form, fallback)

    def shared(self, user: str) -> CardStyle:
        """Return this style for a public card that was shared by this user."""
        name = _MARKUP.sub("", visible(user))
        return replace(self, audience=Audience.PUBLIC, shared_by=name)

    def read_by(self, audience: Audience) -> CardStyle:
        """Return this style for other readers."""
        return replace(self, audience=audience)
