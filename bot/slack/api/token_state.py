"""Whether Slack accepts the bot's token: logged once per change, and shown by `/readyz`.

Without a valid token the bot still answers through response URLs, which need none.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.errors import DEAD_TOKEN, TRANSPORT_ERRORS, error_code

_log = structlog.get_logger(__name__)


class BotToken:
    """The state of the bot token, learnt from the answers to all calls."""

    def __init__(self, client: AsyncWebClient, *, timing: Timing = Timing()) -> None:
        self._client = client
        self._timing = timing
        self._accepted = True
        self._tried = 0.0

    def refused(self, code: str) -> bool:
        """Note that a call was refused with this code; returns whether the token is the cause."""
        if code not in DEAD_TOKEN:
            return False
        if self._accepted:
            _log.error(
                "Slack no longer accepts SLACK_BOT_TOKEN: install the app in the workspace again, "
                "set the token that Slack then shows, and restart; `voicestatus doctor` checks it",
                error=code,
            )
            self._tried = monotonic()
        self._accepted = False
        return True

    def accepted(self) -> None:
        """Note that Slack accepted a call."""
        if not self._accepted:
            _log.info("Slack accepts SLACK_BOT_TOKEN again")
        self._accepted = True

    async def is_taken(self) -> bool:
        """Whether Slack accepts it; a refused token is checked again every `token_retry`."""
        if not self._accepted and monotonic() - self._tried >= self._timing.token_retry:
            self._tried = monotonic()
            await self._try()
        return self._accepted

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(self._timing.token_check):
                await self._client.auth_test()
        except SlackApiError as error:
            self.refused(error_code(error))
        except TRANSPORT_ERRORS as error:
            _log.info("Slack unreachable", error=type(error).__name__)
        else:
            self.accepted()
