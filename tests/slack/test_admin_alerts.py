"""Alerts to admins: one who cannot be reached does not delay the others or the result."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.alerts import Alert, Trouble
from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.services.languages import Languages
from bot.slack.api.web_client import SlackClient, Tries
from bot.slack.replies.admin_alerts import AdminAlerts
from tests.slack.notifying import plain_styles
from tests.support.wording import EN

ALERT = Alert(trouble=Trouble.KEYS, code="001")
ADMINS = ("UANA", "UBRUNO")


class English:
    """All users read English."""

    async def of_person(self, team: str, user: str) -> Catalog:
        """Return English."""
        del team, user
        return EN


class Office(SlackClient):
    """A Slack that never answers about some users."""

    def __init__(self, session: aiohttp.ClientSession, out_of_reach: Collection[str]) -> None:
        super().__init__(client=AsyncWebClient(), session=session, timing=Timing(posting=0.05))
        self.told: list[str] = []
        self._out_of_reach = out_of_reach

    async def call(
        self, method: str, tries: Tries | None = None, **arguments: Any
    ) -> dict[str, Any] | None:
        """Take a message, or never answer."""
        del tries
        assert "chat.postMessage" == method
        if arguments["channel"] in self._out_of_reach:
            await asyncio.Event().wait()
        self.told.append(arguments["channel"])
        return {"ok": True, "channel": "D1", "ts": "1.1"}


@pytest.mark.parametrize(
    ("out_of_reach", "told"), [((), ADMINS), (ADMINS[:1], ADMINS[1:]), (ADMINS, ())]
)
async def test_whether_one_of_them_was_reached(
    out_of_reach: tuple[str, ...], told: tuple[str, ...]
) -> None:
    """The result is known soon, even if Slack never answers for another admin."""
    async with aiohttp.ClientSession() as session:
        office = Office(session, out_of_reach)
        alerts = AdminAlerts(
            admins=ADMINS,
            team="T1",
            styles=plain_styles(cast("Languages", English())),
            slack=office,
            command="/voicestatus",
        )

        assert bool(told) is await alerts.send(ALERT)
    assert {*told} == {*office.told}
