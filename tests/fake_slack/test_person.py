"""Actions of a user of the loopback Slack become requests, over HTTP or a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import (
    HttpDelivery,
    Kind,
    Person,
    SocketDelivery,
    person_over_http,
    person_over_socket,
    sign,
)
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state import workspace as made_up

FORM = "application/x-www-form-urlencoded"


class Endpoint:
    """A bot's endpoint that records requests and answers as a test sets."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.answer = ""
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        """Record one request and answer it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        await self.may_answer.wait()
        return web.Response(status=self.status, text=self.answer)

    def form(self) -> dict[str, str]:
        """Return the fields of the last request."""
        fields = parse_qs(self.requests[-1][1].decode(), keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """Run an endpoint on a free port."""
    made = Endpoint()
    application = web.Application()
    application.router.add_post("/slack/events", made.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield made
    await runner.cleanup()


@pytest.fixture
async def person(slack: LoopbackSlack, endpoint: Endpoint) -> AsyncIterator[Person]:
    """A user who is connected to the endpoint."""
    async with person_over_http(slack, endpoint.url) as user:
        yield user


def http(person: Person) -> HttpDelivery:
    """Return the user's HTTP delivery."""
    assert isinstance(person.delivery, HttpDelivery)
    return person.delivery


async def test_a_command_has_slacks_fields(person: Person, endpoint: Endpoint) -> None:
    """A typed command is the form that Slack sends, with its own response_url and trigger_id."""
    ack = await person.command("/voicestatus", "SANDBOX-OK & é")
    form = endpoint.form()
    url, trigger = form.pop("response_url"), form.pop("trigger_id")
    expected = {
        "token": made_up.VERIFICATION_TOKEN,
        "team_id": made_up.TEAM_ID,
        "team_domain": "loopback",
        "channel_id": made_up.CHANNEL_ID,
        "channel_name": "support",
        "user_id": made_up.USER_ID,
        "user_name": "ana",
        "command": "/voicestatus",
        "text": "SANDBOX-OK & é",
        "api_app_id": made_up.APP_ID,
        "is_enterprise_install": "false",
    }
    assert expected == form
    assert url.startswith(f"{person.slack.base_url}/commands/")
    assert 3 == len(trigger.split("."))
    assert (200, "") == (ack.status, ack.body)
    assert ack.seconds > 0


async def test_every_request_names_the_organisation_of_the_place(
    person: Person, endpoint: Endpoint
) -> None:
    """It is not the user's; an interaction of an organisation-wide app names no workspace."""
    person.slack.workspace.enterprises[made_up.TEAM_ID] = made_up.ENTERPRISE_ID
    stranger = person.as_user(made_up.STRANGER_USER_ID)
    await person.command("/voicestatus")
    form = endpoint.form()
    shortcut = Interactions(slack=person.slack, user=stranger.user, team=stranger.team)
    clicked = shortcut.global_shortcut("ask")
    said = f"{made_up.BOT_MENTION} hi"
    await stranger.say(said, channel=made_up.SHARED_CHANNEL_ID)
    event = person.slack.events[-1].payload
    person.slack.workspace.org_wide = True
    nowhere = shortcut.global_shortcut("ask")

    assert made_up.ENTERPRISE_ID == form["enterprise_id"]
    assert (made_up.ENTERPRISE_ID, made_up.STRANGER_TEAM_ID) == (
        clicked["enterprise"]["id"],
        clicked["user"]["team_id"],
    )
    assert (made_up.ENTERPRISE_ID, made_up.STRANGER_TEAM_ID) == (
        event["enterprise_id"],
        event["event"]["user_team"],
    )
    assert made_up.ENTERPRISE_ID == event["authorizations"][0]["enterprise_id"]
    assert (None, True) == (nowhere["team"], nowhere["is_enterprise_install"])


async def test_each_command_has_its_own_response_url(person: Person, endpoint: Endpoint) -> None:
    """Two commands never share a response_url or a trigger_id."""
    await person.command("/voicestatus")
    first = endpoint.form()
    await person.command("/voicestatus")
    second = endpoint.form()
    assert first["response_url"] != second["response_url"]
    assert first["trigger_id"] != second["trigger_id"]


async def test_only_public_channels_are_named(person: Person, endpoint: Endpoint) -> None:
    """A command has a neutral channel name unless the channel is public."""
    for channel, name in (
        (made_up.CHANNEL_ID, "support"),
        (made_up.PRIVATE_CHANNEL_ID, "privategroup"),
        (person.direct_channel, "directmessage"),
        # a conversation that is not in the workspace
        ("D0ELSEWHERE", "privategroup"),
    ):
        await person.command("/voicestatus", channel=channel)
        assert name == endpoint.form()["channel_name"]


async def test_people_of_other_workspaces_can_type(person: Person, endpoint: Endpoint) -> None:
    """User and team may be chosen for one command."""
    await person.command("/voicestatus", user="U0STRANGER1", team="T0OTHER0001")
    form = endpoint.form()
    expected = ("U0STRANGER1", "u0stranger1", "T0OTHER0001", "t0other0001")
    assert expected == (form["user_id"], form["user_name"], form["team_id"], form["team_domain"])


async def test_the_answer_in_the_acknowledgement_is_shown(
    person: Person, endpoint: Endpoint
) -> None:
    """Text or JSON in an acknowledgement becomes a message; malformed ones are refused."""
    answers = ("Checking", '{"response_type": "in_channel"}')
    for endpoint.answer in (*answers, '{"text": "all", "response_type": "in_channel"}'):
        await person.command("/voicestatus")
    shown = [(message.text, message.ephemeral) for message in person.slack.messages]
    assert [("Checking", True), ("all", False)] == shown
    endpoint.answer = '{"blocks": [{"type": "hr"}]}'
    await person.command("/voicestatus")
    assert ["acknowledgement: invalid_blocks"] == person.slack.refusals


async def test_an_acknowledgement_costs_no_use(
    person: Person, endpoint: Endpoint, session: aiohttp.ClientSession
) -> None:
    """After an answer in the acknowledgement the response_url still has five uses."""
    endpoint.answer = "Checking"
    await person.command("/voicestatus")
    statuses = []
    for _ in range(6):
        body = {"text": "done", "replace_original": True}
        async with session.post(endpoint.form()["response_url"], json=body) as reply:
            statuses.append(reply.status)
    assert [200] * 5 + [404] == statuses
    assert ["done"] == [message.text for message in person.slack.messages]


async def test_payloads_are_encoded_and_signed_by_kind(person: Person, endpoint: Endpoint) -> None:
    """Each kind has Slack's content type and a signature that slack-sdk accepts."""
    for kind, content_type, expected in (
        (Kind.COMMAND, FORM, b"a=b"),
        (Kind.INTERACTIVE, FORM, b"payload=%7B%22a%22%3A+%22b%22%7D"),
        (Kind.EVENT, "application/json", b'{"a": "b"}'),
    ):
        await person.deliver(kind, {"a": "b"})
        headers, body = endpoint.requests[-1]
        assert (content_type, expected) == (headers["content-type"], body)
        assert SignatureVerifier(made_up.SIGNING_SECRET).is_valid_request(body, headers)


async def test_retries_say_so_over_http(person: Person, endpoint: Endpoint) -> None:
    """A repeated delivery carries Slack's retry headers, a first one does not."""
    await person.deliver(Kind.EVENT, {})
    await person.deliver(Kind.EVENT, {}, retry_attempt=2)
    first, second = (headers for headers, _ in endpoint.requests)
    assert "x-slack-retry-num" not in first
    expected = ("2", "http_timeout")
    assert expected == (second["x-slack-retry-num"], second["x-slack-retry-reason"])


async def test_anything_can_be_sent(person: Person, endpoint: Endpoint) -> None:
    """Raw bodies and wrong signatures go out as they are."""
    wrong = {"X-Slack-Request-Timestamp": "junk", "X-Slack-Signature": "v0=junk"}
    endpoint.status = 401
    ack = await http(person).send(b"\xff\x00", wrong)
    headers, body = endpoint.requests[0]
    assert (401, b"\xff\x00") == (ack.status, body)
    assert ("junk", "v0=junk") == (
        headers["x-slack-request-timestamp"],
        headers["x-slack-signature"],
    )


async def test_a_late_answer_is_a_timeout(slack: LoopbackSlack, endpoint: Endpoint) -> None:
    """No answer in time is what Slack calls operation_timeout."""
    endpoint.may_answer.clear()
    async with person_over_http(slack, endpoint.url, patience=0.05) as user:
        ack = await user.command("/voicestatus")
    endpoint.may_answer.set()
    assert (0, "operation_timeout") == (ack.status, ack.body)


async def test_an_unreachable_bot_is_a_failed_dispatch(slack: LoopbackSlack) -> None:
    """A refused connection is what Slack calls dispatch_failed."""
    async with person_over_http(slack, "http://127.0.0.1:9/slack/events") as user:
        ack = await user.command("/voicestatus")
    assert (0, "dispatch_failed") == (ack.status, ack.body)


def test_the_signature_is_slacks() -> None:
    """The signature of a known request is the known one."""
    headers = sign("secret", 1_531_420_618, b"a=b")
    generated = SignatureVerifier("secret").generate_signature(timestamp="1531420618", body="a=b")
    assert generated == headers["X-Slack-Signature"]
    assert "1531420618" == headers["X-Slack-Request-Timestamp"]
    assert headers != sign("other", 1_531_420_618, b"a=b")


async def test_retries_say_so_over_a_socket(
    slack: LoopbackSlack, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """An envelope of a repeated delivery carries its number and reason."""
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with session.ws_connect(url) as opened:
        assert "hello" == (await opened.receive_json())["type"]
        delivery = SocketDelivery(slack)
        sent = asyncio.create_task(delivery.deliver(Kind.EVENT, {}, retry_attempt=1))
        envelope = await opened.receive_json()
        assert (1, "http_timeout") == (envelope["retry_attempt"], envelope["retry_reason"])
        await opened.send_json({"envelope_id": envelope["envelope_id"]})
        assert (200, "") == ((await sent).status, (await sent).body)


async def test_without_a_connection_the_delivery_times_out(slack: LoopbackSlack) -> None:
    """The user sees a timeout."""
    ack = await person_over_socket(slack, patience=0.05).command("/voicestatus")
    assert (0, "operation_timeout") == (ack.status, ack.body)
