"""Socket Mode: the web socket over which Slack sends everything, and whether it can be trusted.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import time
from typing import Final

from aiohttp import WSMessage
from cachetools import LRUCache
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.refusals import slack_errors

PING_SECONDS: Final = 10.0
# Slack answers pings; a socket silent for longer than this is connected but deaf.
DEAF_AFTER_SECONDS: Final = 4 * PING_SECONDS
_MOST_REMEMBERED: Final = 10_000


async def socket_address(client: AsyncWebClient, app_token: str) -> str:
    """A new address to connect to; it can be used once.

    Raises:
        SlackRefusedError: Slack refuses the app token.
        SlackUnreachableError: Slack cannot be reached.
    """
    with slack_errors():
        response = await client.apps_connections_open(app_token=app_token)
    return str(response["url"])


class Socket:
    """One Socket Mode connection, renewed by slack-sdk when Slack asks or the line breaks."""

    def __init__(self, app: AsyncApp, *, app_token: str, client: AsyncWebClient) -> None:
        self._app_token = app_token
        self._web_client = client
        self._handler = AsyncSocketModeHandler(
            app, app_token, web_client=client, ping_interval=PING_SECONDS
        )
        self._handler.client.on_message_listeners.append(self._on_message)
        self._handler.client.socket_mode_request_listeners = [self._take]
        self._taken: LRUCache[str, bool] = LRUCache(_MOST_REMEMBERED)
        self._heard = 0.0

    async def connect(self) -> None:
        """Connect; the address is asked for first, because slack-sdk would retry for ever.

        Raises:
            SlackRefusedError: Slack refuses the app token.
            SlackUnreachableError: Slack cannot be reached.
        """
        self._handler.client.wss_uri = await socket_address(self._web_client, self._app_token)
        await self._handler.client.connect()  # type: ignore[no-untyped-call]

    async def stop_listening(self) -> None:
        """Take no more requests; what was taken can still be answered."""
        await self._handler.client.close()  # type: ignore[no-untyped-call]

    async def is_connected(self) -> bool:
        """Whether the socket is open."""
        return await self._handler.client.is_connected()

    def has_been_heard(self) -> bool:
        """Whether Slack said anything lately: a greeting at first, then messages or pongs."""
        if not self._heard:
            return False
        latest = max(self._heard, self._handler.client.last_ping_pong_time or 0.0)
        return time.time() - latest < DEAF_AFTER_SECONDS

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Take an envelope up once; Slack sends it again when it missed the acknowledgement."""
        if request.envelope_id in self._taken:
            again = SocketModeResponse(envelope_id=request.envelope_id)
            await client.send_socket_mode_response(again)
            return
        self._taken[request.envelope_id] = True
        await self._handler.handle(self._handler.client, request)

    async def _on_message(self, _: WSMessage) -> None:
        self._heard = time.time()
