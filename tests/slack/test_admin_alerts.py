"""Alerts to admins: one who cannot be reached does not delay the others or the result."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import cast

import pytest

from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.services.alarm import Alert, Trouble
from bot.services.languages import Languages
from bot.slack.blocks.block_kit import Message
from bot.slack.replies.admin_alerts import AdminAlerts
from bot.slack.replies.channels import ReplyTarget
from bot.slack.replies.reply import Replies
from tests.support.wording import EN

ALERT = Alert(trouble=Trouble.KEYS, code="001")
ADMINS = ("UANA", "UBRUNO")


class English:
    """All users read English."""

    async def of_person(self, team: str, user: str) -> Catalog:
        """Return English."""
        del team, user
        return EN


class Office:
    """Direct messages to admins, some of whom Slack never reaches."""

    def __init__(self, out_of_reach: Collection[str]) -> None:
        self.told: list[str] = []
        self._out_of_reach = out_of_reach
        self._user = ""

    def directly(self, place: ReplyTarget) -> Office:
        """Return the reply to one of them."""
        one = Office(self._out_of_reach)
        one.told, one._user = self.told, place.user
        return one

    async def show(self, message: Message) -> bool:
        """Take the message, or never answer."""
        del message
        if self._user in self._out_of_reach:
            await asyncio.Event().wait()
        self.told.append(self._user)
        return True


@pytest.mark.parametrize(
    ("out_of_reach", "told"), [((), ADMINS), (ADMINS[:1], ADMINS[1:]), (ADMINS, ())]
)
async def test_whether_one_of_them_was_reached(
    out_of_reach: tuple[str, ...], told: tuple[str, ...]
) -> None:
    """The result is known soon, even if Slack never answers for another admin."""
    office = Office(out_of_reach)
    alerts = AdminAlerts(
        admins=ADMINS,
        team="T1",
        languages=cast("Languages", English()),
        replies=cast("Replies", office),
        command="/voicestatus",
        timing=Timing(posting=0.05),
    )

    assert bool(told) is await alerts.tell(ALERT)
    assert [*told] == office.told
