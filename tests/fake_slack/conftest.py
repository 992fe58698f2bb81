"""Fixtures: the loopback Slack, clients of it, and Bolt behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.settings.settings import Mode
from tests.fake_slack.bolt_stage import BoltStage, Clock, bolt_stage


@pytest.fixture
def clock() -> Clock:
    """The clock of the loopback Slack."""
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack."""
    async with running_slack(clock=clock) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP session of the test."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def client(slack: LoopbackSlack, session: aiohttp.ClientSession) -> AsyncWebClient:
    """slack-sdk's client for the loopback Slack, without retries."""
    return AsyncWebClient(
        token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
    )


@pytest.fixture
async def stage(mode: Mode, clock: Clock) -> AsyncIterator[BoltStage]:
    """Bolt behind a loopback Slack."""
    async with bolt_stage(mode, clock=clock) as running:
        yield running
