"""The obvious first version of the bot: ack in the listener, default httpx client, `respond()`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.call_status import read_result
from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.soap import Account, SoapVersion, build_request, read_reply
from bot.web.server import serving
from bot.web.slack_endpoint import SLACK_PATH


@asynccontextmanager
async def running_plain_bot(
    *, slack_url: str, token: str, signing_secret: str, gateway_url: str, account: Account
) -> AsyncIterator[int]:
    """Serve the plain bot; yields its port."""
    async with httpx.AsyncClient() as http:
        app = AsyncApp(
            client=AsyncWebClient(token=token, base_url=slack_url), signing_secret=signing_secret
        )

        async def on_command(ack: Any, respond: Any, command: dict[str, str]) -> None:
            await ack()
            message_id = MessageId(command["text"])
            request = build_request(SoapVersion.V1_1, account, message_id)
            reply = await http.post(
                gateway_url, headers=dict(request.headers), content=request.content
            )
            result = read_reply(reply.status_code, reply.headers["content-type"], reply.content)
            await respond(str(read_result(result).outcome))

        app.command("/voicestatus")(on_command)

        async def endpoint(request: web.Request) -> web.Response:
            return await to_aiohttp_response(
                await app.async_dispatch(await to_bolt_request(request))
            )

        server = web.Application()
        server.router.add_post(SLACK_PATH, endpoint)
        async with serving(server, host="127.0.0.1", port=0) as port:
            yield port
