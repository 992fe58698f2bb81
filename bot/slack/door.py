"""Calls of Slack over kept connections, whose refusal is an answer and not an error.

Each call has a time limit of its own, so that the next way to a person is tried while it matters.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.slack.block_kit import section
from bot.slack.refusals import BRIEF_SECONDS, UNREADABLE, error_code, error_word, pause_asked

_log = structlog.get_logger("bot.slack.door")
PATIENCE_SECONDS: Final = BRIEF_SECONDS
# While the process ends: three ways fit into the time that is left.
HURRIED_SECONDS: Final = 2.0


class SlackDoor:
    """Calls of Slack whose refusal is an answer, not an error."""

    def __init__(self, *, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session
        self._patience = PATIENCE_SECONDS
        self._limits: set[asyncio.Timeout] = set()

    def hurry(self) -> None:
        """The process ends: calls that are running and all that follow get less time."""
        self._patience = HURRIED_SECONDS
        soon = asyncio.get_running_loop().time() + HURRIED_SECONDS
        for limit in self._limits:
            limit.reschedule(min(soon, limit.when() or soon))

    async def call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer of a method, or `None`; blocks that Slack refuses become plain text."""
        try:
            data = await self._asked(method, arguments)
        except SlackApiError as error:
            code = error_code(error)
            _log.warning("refused by Slack", method=method, error=code)
            if code == "invalid_blocks" and (plain := _plainer(arguments)) is not None:
                return await self.call(method, **plain)
            return None
        except UNREADABLE as error:
            _log.warning("Slack unreachable", method=method, error=type(error).__name__)
            return None
        if isinstance(data, dict):
            return data
        _log.warning("Slack's answer cannot be read", method=method)
        return None

    async def post(self, response_url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL; whether Slack took it."""
        if not response_url:
            return False
        try:
            response = await self._posted(response_url, body)
        except UNREADABLE as error:
            _log.warning("response_url unreachable", error=type(error).__name__)
            return False
        refusal = _refusal(response)
        if refusal is None:
            return True
        _log.warning("response_url refused", status=response.status_code, error=refusal)
        plain = _plainer(body) if "invalid_blocks" in (response.body or "") else None
        return plain is not None and await self.post(response_url, plain)

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
        """Whether a rate limit was waited for; a long one is left to the next way."""
        pause = pause_asked(response)
        if pause is None or pause > self._patience:
            return False
        async with self._in_time(1.0):
            await asyncio.sleep(pause)
        return True

    @asynccontextmanager
    async def _in_time(self, more: float = 0.0) -> AsyncIterator[None]:
        # slack-sdk does not use its own time limit where it is given a session.
        async with asyncio.timeout(self._patience + more) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)


def _refusal(response: WebhookResponse) -> str | None:
    """Why Slack did not take a post: it says so by the status, or with 200 in a JSON body."""
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


def _plainer(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The same message as one plain paragraph; `None` if it is that already."""
    plain = [section(str(arguments.get("text", "")))]
    return None if arguments.get("blocks") in (None, plain) else arguments | {"blocks": plain}
