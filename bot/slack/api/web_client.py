"""Calls of Slack's Web API and response URLs that return a refusal instead of raising it.

Each call has its own time limit, so that the next channel to the user is tried in time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.domain.timing import Timing
from bot.slack.api.errors import (
    TRANSPORT_ERRORS,
    error_code,
    error_word,
    pause_asked,
    status_of,
)
from bot.slack.api.plain_fallback import FORM_REFUSALS, plain_text_fallback
from bot.slack.api.threads import Threads
from bot.slack.api.token_state import BotToken

_SERVER_ERROR: Final = 500

_log = structlog.get_logger(__name__)


class SlackClient:
    """Calls Slack; a refusal is a return value, not an exception.

    Attributes:
        token: whether Slack accepts the bot's token.
        threads: which threads are gone.
    """

    def __init__(
        self, *, client: AsyncWebClient, session: aiohttp.ClientSession, timing: Timing = Timing()
    ) -> None:
        self.token = BotToken(client, timing=timing)
        self.threads = Threads(client, timing=timing)
        self._client = client
        self._session = session
        self._timing = timing
        self._patience = timing.slack_call
        self._limits: set[asyncio.Timeout] = set()
        self._hurried = asyncio.Event()
        # When a rate-limited or failing method may be called again, in the loop's time.
        self._reopens: dict[str, float] = {}

    def hurry(self) -> None:
        """Shorten the time limits of running and later calls: the process is about to end."""
        self._patience = self._timing.hurried_call
        # Rescheduling running timeouts makes a drain on SIGTERM end within the grace period.
        soon = asyncio.get_running_loop().time() + self._patience
        for limit in self._limits:
            limit.reschedule(min(soon, limit.when() or soon))
        self._hurried.set()

    async def reopened(self) -> bool:
        """Wait until the first paused method may be called again; returns whether any was paused.

        After `hurry` it does not wait: the last attempt is made immediately.
        """
        now = asyncio.get_running_loop().time()
        pauses = [moment - now for moment in self._reopens.values() if moment > now]
        if not pauses or self._hurried.is_set():
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(min(pauses)):
                await self._hurried.wait()
        return True

    async def call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer of a method, or `None`; blocks that Slack refuses are resent as plain text."""
        try:
            data = await self._asked(method, arguments)
        except SlackApiError as error:
            return await self._refused(method, arguments, error)
        except TRANSPORT_ERRORS as error:
            _log.warning("Slack unreachable", method=method, error=type(error).__name__)
            self._closed_for_a_while(method)
            return None
        if isinstance(data, dict):
            self.token.accepted()
            return data
        _log.warning("Slack's answer cannot be read", method=method)
        return None

    async def _refused(
        self, method: str, arguments: dict[str, Any], error: SlackApiError
    ) -> dict[str, Any] | None:
        code = error_code(error)
        if not self.token.refused(code):
            _log.warning("refused by Slack", method=method, error=code)
        self._closed_for_a_while(method, error.response)
        plain = plain_text_fallback(arguments) if code in FORM_REFUSALS else None
        return await self.call(method, **plain) if plain is not None else None

    async def post(self, response_url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL; returns whether Slack accepted it."""
        if not response_url:
            return False
        try:
            response = await self._posted(response_url, body)
        except TRANSPORT_ERRORS as error:
            _log.warning("response_url unreachable", error=type(error).__name__)
            self._closed_for_a_while(response_url)
            return False
        refusal = _refusal(response)
        if refusal is None:
            return True
        _log.warning("response_url refused", status=response.status_code, error=refusal)
        self._closed_for_a_while(response_url, response)
        of_form = any(word in (response.body or "") for word in FORM_REFUSALS)
        plain = plain_text_fallback(body) if of_form else None
        return plain is not None and await self.post(response_url, plain)

    def _closed_for_a_while(self, way: str, answer: Any = None) -> None:
        """Remember when to call it again: after a rate limit, or after a fault on Slack's side."""
        now = asyncio.get_running_loop().time()
        self._reopens = {one: moment for one, moment in self._reopens.items() if moment > now}
        pause = pause_asked(answer)
        if pause is None and (answer is None or status_of(answer) >= _SERVER_ERROR):
            pause = self._timing.recovery
        # A longer rate limit would outlast the user's patience.
        if pause is not None and pause <= self._timing.longest_limit:
            self._reopens[way] = now + pause

    async def _asked(self, method: str, arguments: dict[str, Any]) -> object:
        try:
            async with self._in_time():
                return (await self._client.api_call(method, json=arguments)).data
        except SlackApiError as error:
            if not await self._waited(error.response):
                raise
        async with self._in_time():
            return (await self._client.api_call(method, json=arguments)).data

    async def _posted(self, response_url: str, body: dict[str, Any]) -> WebhookResponse:
        webhook = AsyncWebhookClient(response_url, session=self._session)
        async with self._in_time():
            response = await webhook.send_dict(body)
        if not await self._waited(response):
            return response
        async with self._in_time():
            return await webhook.send_dict(body)

    async def _waited(self, response: Any) -> bool:
        """Wait for a brief rate limit; after a long one (False) the next channel is tried."""
        pause = pause_asked(response)
        if pause is None or pause > self._patience:
            return False
        async with self._in_time(1.0):
            await asyncio.sleep(pause)
        return True

    @asynccontextmanager
    async def _in_time(self, more: float = 0.0) -> AsyncIterator[None]:
        # slack-sdk ignores its own `timeout` if it is given a session.
        async with asyncio.timeout(self._patience + more) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)


def _refusal(response: WebhookResponse) -> str | None:
    """Why Slack refused a post, from the status or from a JSON body with status 200."""
    body = (response.body or "").strip()
    answer: object = None
    if body.startswith("{"):
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
    if response.status_code != HTTPStatus.OK:
        return error_word(answer)
    refused = isinstance(answer, dict) and answer.get("ok", True) is not True
    return error_word(answer) if refused else None
