"""Opening a WebSocket of Socket Mode, with an address that is valid once.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.calls import SlackUnreachableError, slack_answer, within, word_of
from bot.slack.api.session import MAX_REPLY_BYTES
from bot.slack.blocks.payload import parsed
from bot.slack.inbound.app_connections import count_of
from bot.slack.inbound.socket_connection import SocketConnection


async def socket_address(client: AsyncWebClient, app_token: str) -> str:
    """Request an address to connect to; it is valid for one connection.

    Raises:
        TokenRefusedError: Slack refuses the app token.
        SlackError: Slack does not answer, or sends no address.
    """
    response = await slack_answer(lambda: client.apps_connections_open(app_token=app_token))
    address = response.get("url")
    # With TLS wherever the API itself has it.
    scheme = "wss://" if client.base_url.startswith("https://") else ("wss://", "ws://")
    if not isinstance(address, str) or not address.startswith(scheme):
        raise SlackUnreachableError("an answer without an address")
    return address


async def dial(session: aiohttp.ClientSession, address: str, timing: Timing) -> SocketConnection:
    """Open a connection; the errors are those of aiohttp."""
    socket = await session.ws_connect(
        address,
        # SocketConnection answers pings itself: they show that Slack is alive.
        autoping=False,
        max_msg_size=MAX_REPLY_BYTES,
        timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
    )
    return SocketConnection(socket, timing=timing)


async def count_connections(
    session: aiohttp.ClientSession, address: str, timing: Timing = Timing()
) -> int | None:
    """How many connections of the app Slack counts, with the one that this opens and closes.

    `None` if the `hello` has no count.

    Raises:
        SlackError: it does not open, or Slack sends no `hello`.
    """
    async with within(timing.dial):
        connection = await dial(session, address, timing)
        try:
            async for text in connection.texts():
                message = parsed(text, dict) or {}
                if message.get("type") == "hello":
                    return count_of(message.get("num_connections"))
                raise SlackUnreachableError(word_of(message.get("reason")))
        finally:
            await connection.close()
    raise SlackUnreachableError("closed")
