"""The loopback Slack's Socket Mode, with slack-bolt's own client and with a bare WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.person import Kind, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message
from tests.fake_slack.bolt_stage import Clock, refusal_of


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack that pings often."""
    async with running_slack(clock=clock, ping_seconds=0.05) as running:
        yield running


@pytest.fixture
async def bolt(
    slack: LoopbackSlack, client: AsyncWebClient
) -> AsyncIterator[AsyncSocketModeHandler]:
    """slack-bolt's own Socket Mode handler, connected, with two listeners."""
    app = AsyncApp(name="stage", client=client)

    @app.command("/voicestatus")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"Checking {command['text']}")

    @app.event("app_mention")
    async def mentioned(say: Any, event: dict[str, Any]) -> None:
        await say(text="here", thread_ts=event["ts"])

    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_bolt_connects_and_acknowledges_over_a_socket(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler
) -> None:
    """A command reaches Bolt over the socket and its answer is recorded and shown."""
    assert await bolt.client.is_connected()
    ack = await person_over_socket(slack).command("/voicestatus", "SANDBOX-OK")
    assert (200, '{"text": "Checking SANDBOX-OK"}') == (ack.status, ack.body)
    assert [("Checking SANDBOX-OK", True)] == [(m.text, m.ephemeral) for m in slack.messages]
    assert slack.socket.acks[0].seconds > 0
    assert ([], []) == (slack.warnings, slack.refusals)


@pytest.mark.usefixtures("bolt")
async def test_bolt_gets_events_over_a_socket(slack: LoopbackSlack) -> None:
    """An event is acknowledged and answered through the Web API."""
    root = Message(channel=made_up.CHANNEL_ID, ts="5.000001", text="hi", blocks=())
    slack.messages.append(root)
    event = {"type": "app_mention", "user": made_up.USER_ID, "text": "hi", "ts": root.ts}
    payload = {
        "type": "event_callback",
        "team_id": made_up.TEAM_ID,
        "api_app_id": made_up.APP_ID,
        "event_id": "Ev01",
        "event_time": 5,
        "event": event | {"channel": made_up.CHANNEL_ID},
    }
    ack = await person_over_socket(slack).deliver(Kind.EVENT, payload)
    assert 200 == ack.status
    assert root.ts == (await slack.wait_for_message(2)).thread_ts


async def test_bolt_reconnects_after_a_disconnect(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler
) -> None:
    """It requests a new URL each time, and commands go to the new connection."""
    person = person_over_socket(slack)
    for number, reason in enumerate(("warning", "refresh_requested", "dropped"), start=2):
        await slack.wait_for(lambda: len(slack.socket.live()) == 1)
        await (slack.socket.drop() if reason == "dropped" else slack.socket.disconnect(reason))
        ack = await person.command("/voicestatus", "again")
        assert (200, number) == (ack.status, slack.socket.accepted), reason
        assert await bolt.client.is_connected()
    opened = [call for call in slack.calls if call.method == "apps.connections.open"]
    assert 4 == len(opened)


async def test_an_envelope_is_not_lost_with_its_connection(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """An envelope that cannot be sent goes to the next connection."""
    lost, live = [await session.ws_connect(await new_url(slack, session)) for _ in range(2)]
    assert "hello" == (await live.receive_json())["type"]
    request = slack.socket.connections[0].socket._req
    assert request is not None
    assert request.transport is not None
    request.transport.abort()
    delivery = asyncio.create_task(person_over_socket(slack).deliver(Kind.EVENT, {}))
    await live.send_json({"envelope_id": (await live.receive_json())["envelope_id"]})
    assert 200 == (await delivery).status
    await lost.close()
    await live.close()


@pytest.mark.usefixtures("bolt")
async def test_a_silent_slack_sends_nothing(slack: LoopbackSlack) -> None:
    """While it is silent, no envelope is sent and the user sees a timeout."""
    await slack.wait_for(lambda: len(slack.socket.live()) == 1)
    slack.socket.silent = True
    ack = await person_over_socket(slack, patience=0.1).command("/voicestatus", "x")
    assert (0, "operation_timeout") == (ack.status, ack.body)
    assert [] == slack.socket.acks


async def test_a_silent_slack_neither_greets_nor_pings(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """It accepts the connection and answers pings if set so, but sends nothing."""
    slack.socket.silent = True
    async with session.ws_connect(await new_url(slack, session), autoping=False) as opened:
        await opened.ping(b"a")
        assert (aiohttp.WSMsgType.PONG, b"a") == tuple(await opened.receive())[:2]
        slack.socket.answers_pings = False
        await opened.ping(b"b")
        with pytest.raises(TimeoutError):
            await opened.receive(timeout=0.15)
    assert 2 == slack.socket.pings_received


async def new_url(slack: LoopbackSlack, session: aiohttp.ClientSession) -> str:
    """The URL for a new connection."""
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


async def test_a_socket_sends_hello_and_pings_and_its_url_works_once(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """The first message is hello, pings follow, and the same URL is refused a second time."""
    url = await new_url(slack, session)
    async with session.ws_connect(url, autoping=False) as opened:
        hello = await opened.receive_json()
        assert ("hello", made_up.APP_ID) == (hello["type"], hello["connection_info"]["app_id"])
        assert aiohttp.WSMsgType.PING is (await opened.receive(timeout=20)).type
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_envelopes_alternate_and_wrong_acks_are_recorded(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """Two connections get one envelope each; malformed acks and unwanted payloads are warnings."""
    person = person_over_socket(slack)
    sockets = [await session.ws_connect(await new_url(slack, session)) for _ in range(2)]
    deliveries = [asyncio.create_task(person.deliver(Kind.EVENT, {"n": n})) for n in range(2)]
    for opened in sockets:
        assert "hello" == (await opened.receive_json())["type"]
        envelope = await opened.receive_json()
        assert ("events_api", False) == (envelope["type"], envelope["accepts_response_payload"])
        await opened.send_str("junk")
        await opened.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "x"}})
    assert [200, 200] == [ack.status for ack in await asyncio.gather(*deliveries)]
    assert 2 == slack.warnings.count("socket: a payload where the envelope takes none")
    assert 2 == slack.warnings.count("socket: an acknowledgement that nothing waits for")
    for opened in sockets:
        await opened.close()


async def test_only_the_app_token_opens_sockets(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """apps.connections.open refuses the bot token."""
    refused = await refusal_of(client.apps_connections_open(app_token=slack.bot_token))
    assert "not_allowed_token_type" == refused["error"]


async def greeting(slack: LoopbackSlack, client: AsyncWebClient) -> dict[str, Any]:
    """The first message on a new connection."""
    answer = await client.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(answer["url"]) as socket:
        message: dict[str, Any] = await socket.receive_json()
        return message


async def test_hello_counts_the_connections_of_the_app(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """With those that other clients have."""
    first = await greeting(slack, client)
    slack.socket.elsewhere = 9
    second = await greeting(slack, client)
    assert [("hello", 1), ("hello", 10)] == [
        (one["type"], one["num_connections"]) for one in (first, second)
    ]


async def test_an_app_may_have_ten_connections(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """One more is ended without a hello, and gets no envelope."""
    slack.socket.elsewhere = 10
    message = await greeting(slack, client)
    assert ("disconnect", "too_many_websockets") == (message["type"], message["reason"])
    assert [] == slack.socket.live()
