"""Where an answer goes: the response URL, else a message for the person alone, else a direct one.

An answer is never lost because one way is closed. `response_url` is used as Slack gave it, since
the request that brought it was signed; it takes five posts within 30 minutes.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.block_kit import Message
from bot.slack.refusals import error_code

_log = structlog.get_logger("bot.slack.replies")
_TIMEOUT_SECONDS: Final = 10
_UNREACHABLE: Final = (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Place:
    """Where a question came from; the response URL is a secret, so there is no repr."""

    response_url: str
    channel: str
    user: str


class Replies:
    """Sends answers over connections that are kept open."""

    def __init__(self, *, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def to_person(self, place: Place, message: Message, *, replace: bool = False) -> None:
        """For the asker alone; `replace` puts it in the place of the last one from this URL."""
        body = _body(message) | {"response_type": "ephemeral"}
        if replace:
            body["replace_original"] = True
        if await self._by_response_url(place, body):
            return
        sent = await self._by_method(
            "chat.postEphemeral", channel=place.channel, user=place.user, **_body(message)
        )
        if not sent:
            await self._by_method("chat.postMessage", channel=place.user, **_body(message))

    async def to_channel(self, place: Place, message: Message) -> None:
        """For everybody in the channel; where that is not possible, for the asker."""
        body = _body(message) | {"response_type": "in_channel", "replace_original": False}
        if await self._by_response_url(place, body):
            return
        posted = await self._by_method(
            "chat.postMessage", channel=place.channel, **_body(message), **_NO_UNFURLING
        )
        if not posted:
            await self._by_method("chat.postMessage", channel=place.user, **_body(message))

    async def _by_response_url(self, place: Place, body: dict[str, Any]) -> bool:
        if not place.response_url:
            return False
        webhook = AsyncWebhookClient(
            place.response_url, session=self._session, timeout=_TIMEOUT_SECONDS
        )
        try:
            response = await webhook.send_dict(body)
        except _UNREACHABLE as error:
            _log.warning("response_url unreachable", error=type(error).__name__)
            return False
        if response.status_code != 200:  # noqa: PLR2004 - HTTP
            _log.warning("response_url refused", status=response.status_code)
            return False
        return True

    async def _by_method(self, method: str, **arguments: Any) -> bool:
        try:
            await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            _log.warning("refused by Slack", method=method, error=error_code(error))
            return False
        except _UNREACHABLE as error:
            _log.warning("Slack unreachable", method=method, error=type(error).__name__)
            return False
        return True


_NO_UNFURLING: Final = {"unfurl_links": False, "unfurl_media": False}


def _body(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}
