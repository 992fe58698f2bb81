"""Whether Slack takes the token of the bot: said once in the log, and shown by `/readyz`.

Where it does not, people are still answered by response URLs, which need no token.
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
    """What the calls of Slack have said of the token."""

    def __init__(self, client: AsyncWebClient, *, timing: Timing = Timing()) -> None:
        self._client = client
        self._timing = timing
        self._taken = True
        self._tried = 0.0

    def told(self, code: str) -> bool:
        """Slack refused a call with this word; whether the token is why."""
        if code not in DEAD_TOKEN:
            return False
        if self._taken:
            _log.error(
                "Slack no longer takes SLACK_BOT_TOKEN: install the app in the workspace again, "
                "set the token that Slack then shows, and restart; `voicestatus doctor` checks it",
                error=code,
            )
            self._tried = monotonic()
        self._taken = False
        return True

    def worked(self) -> None:
        """Slack took a call."""
        if not self._taken:
            _log.info("Slack takes SLACK_BOT_TOKEN again")
        self._taken = True

    async def is_taken(self) -> bool:
        """Whether Slack takes it, as far as is known; one it refused is tried now and then."""
        if not self._taken and monotonic() - self._tried >= self._timing.token_retry:
            self._tried = monotonic()
            await self._try()
        return self._taken

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(self._timing.token_check):
                await self._client.auth_test()
        except SlackApiError as error:
            self.told(error_code(error))
        except TRANSPORT_ERRORS as error:
            _log.info("Slack unreachable", error=type(error).__name__)
        else:
            self.worked()
