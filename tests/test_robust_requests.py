"""HTTP mode against those who are not Slack, and against what Slack never sent so far."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from rough_slack import RoughSlack, rough_slack

import bot.server
from bot.bootstrap import RunningBot, running_bot
from bot.demo.loopback.delivery import FORM, JSON, sign
from bot.settings import Mode

SECRET = "rough-signing-secret"


@pytest.fixture
async def slack() -> AsyncIterator[RoughSlack]:
    """A Slack that takes whatever it is told."""
    async with rough_slack() as running:
        yield running


@pytest.fixture
async def http(slack: RoughSlack, log: io.StringIO) -> AsyncIterator[RunningBot]:
    """A bot in HTTP mode; nothing in these tests is an error of the bot."""
    async with running_bot(slack.settings(Mode.HTTP)) as running:
        yield running
    assert '"level": "error"' not in log.getvalue()


async def post(running: RunningBot, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Post a body as it stands."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"http://127.0.0.1:{running.port}/slack/events", data=body, headers=headers
        ) as reply,
    ):
        return reply.status, await reply.text()


async def signed(running: RunningBot, body: bytes, kind: str, skew: int = 0) -> int:
    """Post a body that Slack signed."""
    headers = sign(SECRET, int(time.time()) + skew, body) | {"Content-Type": kind}
    return (await post(running, body, headers))[0]


@pytest.mark.parametrize(
    "body", [b"junk", gzip.compress(b"a=b"), gzip.compress(b"\0" * 50_000_000)], ids=range(3)
)
async def test_a_packed_body_is_not_unpacked(http: RunningBot, body: bytes) -> None:
    """415 whatever is in it; Slack does not pack its requests."""
    status, _ = await post(http, body, {"Content-Encoding": "gzip", "Content-Type": FORM})

    assert 415 == status


async def half_sent(running: RunningBot, more: bytes = b"") -> tuple[Any, asyncio.StreamWriter]:
    """A connection by which half a request came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    head = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n"
    writer.write(head + b"half" + more)
    await writer.drain()
    return reader, writer


async def test_a_slow_body_has_a_time_limit(
    http: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 and the end of the connection, before any signature is looked at."""
    monkeypatch.setattr(bot.server, "BODY_SECONDS", 0.2)
    reader, writer = await half_sent(http)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_client_that_leaves_in_the_middle_is_no_error(
    http: RunningBot, reset: bool
) -> None:
    """The fixture looks for lines of level error."""
    _, writer = await half_sent(http)
    await asyncio.sleep(0.05)
    if reset:
        writer.transport.abort()
    else:
        writer.close()
    await asyncio.sleep(0.2)

    assert 200 == await signed(http, b"ssl_check=1&token=x", FORM)


async def test_a_body_that_announces_too_much_is_not_waited_for(http: RunningBot) -> None:
    """413 by the announced length alone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 9999999\r\n\r\n")
    async with asyncio.timeout(20):
        line = await reader.readline()
    writer.close()

    assert line.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("skew", "reason"), [(-400, "clock"), (400, "clock")])
async def test_a_right_signature_of_another_time_is_logged_as_the_clock(
    http: RunningBot, log: io.StringIO, skew: int, reason: str
) -> None:
    """The sender learns nothing; the operator learns which clock to look at."""
    assert 401 == await signed(http, b"a=b", FORM, skew)
    assert f'"reason": "{reason}"' in log.getvalue()


async def test_a_wrong_signature_of_another_time_is_not_the_clock(
    http: RunningBot, log: io.StringIO
) -> None:
    """Anybody can send an old timestamp."""
    headers = sign("another", int(time.time()) - 400, b"a=b") | {"Content-Type": FORM}

    assert (401, '{"error": "signature"}') == await post(http, b"a=b", headers)
    assert '"reason": "signature"' in log.getvalue()


JUNK: dict[str, dict[str, Any]] = {
    "no actions": {"type": "block_actions", "actions": []},
    "actions object": {"type": "block_actions", "actions": {}},
    "actions true": {"type": "block_actions", "actions": True},
    "actions of numbers": {"type": "block_actions", "actions": [1]},
    "action_id list": {"type": "block_actions", "actions": [{"action_id": ["x"]}]},
    "legacy click": {"type": "interactive_message", "callback_id": "x", "actions": []},
    "view null": {"type": "view_submission", "view": None},
    "view list": {"type": "view_submission", "view": [1]},
    "view without type": {"type": "view_submission", "view": {"callback_id": "x"}},
    "submission without type": {"view": {"callback_id": "x", "type": "modal"}},
    "callback number": {"type": "view_submission", "view": {"type": "modal", "callback_id": 3}},
    "closed null": {"type": "view_closed", "view": None},
    "step without step": {"type": "workflow_step_edit", "callback_id": "x"},
    "type list": {"type": ["block_actions"], "actions": []},
    "command object": {"command": {"a": 1}},
    "command list": {"command": ["/voicestatus"]},
    "command number": {"command": 1},
    "callback list": {"type": "shortcut", "callback_id": [1]},
    "message number": {"type": "message_action", "callback_id": "check_voice_status", "message": 3},
    "event of strings": {"type": "event_callback", "event": {"type": "message", "message": "x"}},
    "event type list": {"type": "event_callback", "event": {"type": ["message"]}},
    "event without user": {"type": "event_callback", "event": {"type": "app_mention"}},
    "user number": {
        "type": "block_actions",
        "user": 3,
        "container": [],
        "actions": [{"action_id": "card_refresh", "value": 5}],
    },
}


@pytest.mark.parametrize("as_form", [True, False], ids=["form", "json"])
@pytest.mark.parametrize("name", JUNK)
async def test_junk_that_slack_signed_is_no_error_of_ours(
    http: RunningBot, name: str, as_form: bool
) -> None:
    """400 or 200, never 500; the fixture looks for lines of level error."""
    text = json.dumps(JUNK[name])
    body = urlencode({"payload": text}) if as_form else text

    status = await signed(http, body.encode(), FORM if as_form else JSON)
    await asyncio.sleep(0.05)

    assert status in {200, 400}


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "unknown"}},
        {"type": "view_submission", "view": {"type": "modal"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "unknown"}},
        {"type": "block_actions", "actions": [{"action_id": "unknown", "block_id": "b"}]},
        {"type": "shortcut", "callback_id": "unknown"},
        {"type": "message_action", "callback_id": "unknown", "message": {}},
        {"type": "a_kind_of_tomorrow"},
    ],
    ids=range(7),
)
async def test_what_this_version_does_not_know_is_acknowledged(
    http: RunningBot, payload: dict[str, Any]
) -> None:
    """200: a person would see an error otherwise."""
    body = urlencode({"payload": json.dumps(payload)}).encode()

    assert 200 == await signed(http, body, FORM)
