"""HTTP mode against those who are not Slack, and against what Slack never sent so far."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.composition.bootstrap import RunningBot, running_bot
from bot.domain.timing import Timing
from bot.fake_slack.people.delivery import FORM, JSON, sign
from bot.settings.settings import Mode
from tests.support.rough_slack import RoughSlack, rough_slack
from tests.support.scene import UNHURRIED

CHECK: Final = b"ssl_check=1&token=x"


@asynccontextmanager
async def bot(timing: Timing = UNHURRIED) -> AsyncIterator[RunningBot]:
    """A bot in HTTP mode beside a Slack that takes whatever it is told."""
    async with (
        rough_slack() as slack,
        running_bot(slack.settings(Mode.HTTP), timing=timing) as running,
    ):
        yield running


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[RunningBot]:
    """The one that all tests of this module ask."""
    async with bot() as running:
        yield running


@pytest.fixture
def http(shared: RunningBot, log: io.StringIO) -> Iterator[RunningBot]:
    """Nothing in these tests is an error of the bot."""
    yield shared
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


async def signed(running: RunningBot, body: bytes, kind: str = FORM, skew: int = 0) -> int:
    """Post a body that Slack signed."""
    now = int(time.time()) + skew
    headers = sign(RoughSlack.signing_secret, now, body) | {"Content-Type": kind}
    return (await post(running, body, headers))[0]


async def test_a_packed_body_is_not_unpacked(http: RunningBot) -> None:
    """415 whatever is in it; Slack does not pack its requests."""
    packed = {"Content-Encoding": "gzip", "Content-Type": FORM}
    bodies = (b"junk", gzip.compress(b"a=b"), gzip.compress(b"\0" * 50_000_000))

    assert [415] * 3 == [(await post(http, body, packed))[0] for body in bodies]


async def connection(
    running: RunningBot, *head: str, sign_by: str = RoughSlack.signing_secret
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection by which a request has begun to come; its signature is of an empty body."""
    signed = sign(sign_by, int(time.time()), b"")
    lines = ["POST /slack/events HTTP/1.1", "Host: bot", *head]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write("\r\n".join([*lines, "\r\n"]).encode())
    return reader, writer


async def test_a_slow_body_has_a_time_limit() -> None:
    """408 and the end of the connection, though the head is as Slack's."""
    timing = replace(UNHURRIED, body=0.1, linger=0.1)
    async with bot(timing) as http, asyncio.timeout(20):
        reader, writer = await connection(http, "Content-Length: 100")
        writer.write(b"half")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in answer


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_client_that_leaves_in_the_middle_is_no_error(
    http: RunningBot, log: io.StringIO, reset: bool
) -> None:
    """It is written down, with other refusals; the fixture looks for lines of level error."""
    reader, writer = await connection(http, "Expect: 100-continue", "Content-Length: 100")
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    writer.write(b"half")
    if reset:
        writer.transport.abort()
    else:
        writer.close()
    async with asyncio.timeout(20):
        while '"request refused"' not in log.getvalue():  # noqa: ASYNC110 - other tasks write it
            await asyncio.sleep(0.01)

    assert '"reason": "gone"' in log.getvalue()
    assert 200 == await signed(http, CHECK)


@pytest.mark.parametrize("skew", [-400, 400])
async def test_a_right_signature_of_another_time_is_logged_as_the_clock(
    http: RunningBot, log: io.StringIO, skew: int
) -> None:
    """The sender learns nothing; the operator learns which clock to look at."""
    assert 401 == await signed(http, b"a=b", skew=skew)
    assert '"reason": "clock"' in log.getvalue()
    assert (" s ahead" if skew < 0 else " s behind") in log.getvalue()
    # That line is one of level error; from here on all is well again.
    log.seek(log.truncate(0))
    assert 200 == await signed(http, CHECK)


async def test_a_wrong_signature_is_refused(http: RunningBot, log: io.StringIO) -> None:
    """Once the body is there: its form and its time were right."""
    headers = sign("another", int(time.time()), b"a=b") | {"Content-Type": FORM}

    assert (401, '{"error": "signature"}') == await post(http, b"a=b", headers)
    assert '"reason": "signature"' in log.getvalue()


UNREAD: Final = {
    "no signature": (401, ["Content-Length: 100", "X-Slack-Signature: v0=x"]),
    "a second time stamp": (401, ["Content-Length: 100", "X-Slack-Request-Timestamp: 1"]),
    "in pieces": (411, ["Transfer-Encoding: chunked"]),
    "too much": (413, [f"Content-Length: {2**20 + 1}"]),
    "packed": (415, ["Content-Length: 100", "Content-Encoding: gzip"]),
    "waiting": (413, [f"Content-Length: {2**20 + 1}", "Expect: 100-continue"]),
}


@pytest.mark.parametrize(("status", "head"), UNREAD.values(), ids=UNREAD)
async def test_a_head_can_be_reason_enough(http: RunningBot, status: int, head: list[str]) -> None:
    """The answer comes and the connection ends, though nothing of the body has been sent."""
    reader, writer = await connection(http, *head)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()

    assert str(status) == answer.decode().split()[1]


async def test_the_largest_body_is_read(http: RunningBot) -> None:
    """One byte more is refused by its head."""
    assert 200 == await signed(http, CHECK.ljust(2**20, b"x"))


JUNK: Final[tuple[dict[str, Any], ...]] = (
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "actions": {}},
    {"type": "block_actions", "actions": True},
    {"type": "block_actions", "actions": [1]},
    {"type": "block_actions", "actions": [{"action_id": ["x"]}]},
    {"type": "block_actions", "actions": [{"name": "x"}]},
    {"type": "interactive_message", "callback_id": "x", "actions": []},
    {"type": "interactive_message", "callback_id": "x", "actions": [{"action_id": "x"}]},
    {"type": "view_submission", "view": None},
    {"type": "view_submission", "view": [1]},
    {"type": "view_submission", "view": {"callback_id": "x"}},
    {"view": {"callback_id": "x", "type": "modal"}},
    {"type": "view_submission", "view": {"type": "modal", "callback_id": 3}},
    {"type": "view_closed", "view": None},
    {"type": "workflow_step_edit", "callback_id": "x"},
    {"type": ["block_actions"], "actions": []},
    {"command": {"a": 1}},
    {"command": ["/voicestatus"]},
    {"command": 1},
    {"type": "shortcut", "callback_id": [1]},
    {"type": "message_action", "callback_id": "check_voice_status", "message": 3},
    {"type": "event_callback", "event": {"type": "message", "message": "x"}},
    {"type": "event_callback", "event": {"type": ["message"]}},
    {"type": "event_callback", "event": {"type": "app_mention"}},
    {
        "type": "block_actions",
        "user": 3,
        "container": [],
        "actions": [{"action_id": "card_refresh", "value": 5}],
    },
)


@pytest.mark.parametrize("kind", [FORM, JSON], ids=["form", "json"])
async def test_junk_that_slack_signed_is_no_error_of_ours(http: RunningBot, kind: str) -> None:
    """400 or 200, never 500; the fixture looks for lines of level error."""
    found = []
    for junk in JUNK:
        text = json.dumps(junk)
        body = urlencode({"payload": text}) if kind == FORM else text
        found.append((text, await signed(http, body.encode(), kind)))
    await http.work.idle()

    assert [] == [(text, status) for text, status in found if status not in {200, 400}]


UNKNOWN: Final[tuple[dict[str, Any], ...]] = (
    {"type": "view_submission", "view": {"type": "modal", "callback_id": "unknown"}},
    {"type": "view_submission", "view": {"type": "modal"}},
    {"type": "view_closed", "view": {"type": "modal", "callback_id": "unknown"}},
    {"type": "block_actions", "actions": [{"action_id": "unknown", "block_id": "b"}]},
    {"type": "shortcut", "callback_id": "unknown"},
    {"type": "message_action", "callback_id": "unknown", "message": {}},
    {"type": "a_kind_of_tomorrow"},
)


async def test_what_this_version_does_not_know_is_acknowledged(http: RunningBot) -> None:
    """200: a person would see an error otherwise."""
    bodies = [urlencode({"payload": json.dumps(payload)}) for payload in UNKNOWN]
    found = [(body, await signed(http, body.encode())) for body in bodies]

    assert [] == [(body, status) for body, status in found if status != 200]
