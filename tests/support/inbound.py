"""Runs the bot's inbound side for a test's own app: Slack's HTTP endpoint, or Socket Mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.person import Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack
from bot.settings.settings import Mode
from bot.slack.inbound.app_connections import AppConnections
from bot.slack.inbound.socket_mode import Socket
from bot.web import SLACK_PATH
from bot.web.server import build_server, serving
from bot.web.slack_endpoint import SlackEndpoint


@asynccontextmanager
async def connected_app(
    app: AsyncApp, client: AsyncWebClient, slack: LoopbackSlack, mode: Mode
) -> AsyncIterator[Person]:
    """Connect the app in this mode; yields a user whose actions reach it."""
    if mode is Mode.SOCKET:
        assert client.session is not None
        socket = Socket(
            app,
            app_token=slack.app_token,
            client=client,
            session=client.session,
            counted=AppConnections(),
            peers=int,
        )
        await socket.connect()
        yield person_over_socket(slack)
        await socket.stop_listening()
        return

    endpoint = SlackEndpoint(app, slack.signing_secret)
    web_app = build_server(slack=endpoint)
    async with (
        serving(web_app, host="127.0.0.1", port=0) as port,
        person_over_http(slack, f"http://127.0.0.1:{port}{SLACK_PATH}") as person,
    ):
        yield person
