"""Calls of Slack over kept connections, whose refusal is an answer and not an error."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.block_kit import section
from bot.slack.refusals import error_code

_log = structlog.get_logger("bot.slack.door")
_TIMEOUT_SECONDS: Final = 10
_UNREACHABLE: Final = (
    SlackClientError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    ConnectionError,
    ValueError,
)


class SlackDoor:
    """Calls of Slack whose refusal is an answer, not an error."""

    def __init__(self, *, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer of a method, or `None`; blocks that Slack refuses become plain text."""
        try:
            response = await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            code = error_code(error)
            _log.warning("refused by Slack", method=method, error=code)
            if code == "invalid_blocks" and (plain := _plainer(arguments)) is not None:
                return await self.call(method, **plain)
            return None
        except _UNREACHABLE as error:
            _log.warning("Slack unreachable", method=method, error=type(error).__name__)
            return None
        return response.data if isinstance(response.data, dict) else {}

    async def post(self, response_url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL; whether Slack took it."""
        if not response_url:
            return False
        webhook = AsyncWebhookClient(response_url, session=self._session, timeout=_TIMEOUT_SECONDS)
        try:
            response = await webhook.send_dict(body)
        except _UNREACHABLE as error:
            _log.warning("response_url unreachable", error=type(error).__name__)
            return False
        if response.status_code == HTTPStatus.OK:
            return True
        _log.warning("response_url refused", status=response.status_code)
        plain = _plainer(body) if "invalid_blocks" in (response.body or "") else None
        return plain is not None and await self.post(response_url, plain)


def _plainer(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The same message as one plain paragraph; `None` if it is that already."""
    plain = [section(str(arguments.get("text", "")))]
    return None if arguments.get("blocks") in (None, plain) else arguments | {"blocks": plain}
