"""Socket Mode over a Slack that refuses, ends, falls silent and repeats itself."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from bot.composition.bootstrap import RunningBot, running_bot
from bot.domain.timing import Timing
from bot.slack.cards.controls import ASK_CALLBACK
from bot.slack.inbound.socket_connection import ReconnectBackoff, RepeatedEnds
from bot.slack.inbound.socket_mode import remedy_for_end
from tests.composition.held_gateway import held_gateway
from tests.support.rough_slack import HELLO, RoughSlack, Socket, answering, listen, rough_slack
from tests.support.scene import UNHURRIED

# Nobody waits for the next attempt.
AT_ONCE = replace(UNHURRIED, first_redial=0.01, longest_redial=0.01)
FATAL = answering({"ok": False, "error": "fatal_error"})
SOON_DEAF = replace(AT_ONCE, stale_after=0.2)


@pytest.fixture
async def slack() -> AsyncIterator[RoughSlack]:
    """A Slack that does whatever it is ordered to."""
    async with rough_slack() as running:
        yield running


@asynccontextmanager
async def connected(slack: RoughSlack, timing: Timing = AT_ONCE) -> AsyncIterator[RunningBot]:
    """A bot beside it; no test waits for ever."""
    async with asyncio.timeout(60), running_bot(slack.settings(), timing=timing) as running:
        yield running


async def answered(slack: RoughSlack, envelope: str = "e-1") -> None:
    """Type a command over the newest connection, and wait for its answer."""
    before = slack.calls.count("response_url")
    await slack.type("help", envelope=envelope)
    await slack.until(lambda: slack.calls.count("response_url") > before)


class Ready(NamedTuple):
    """What `/readyz` says: the status, and of Slack's socket whether it is open and was heard."""

    status: int
    connected: bool
    heard: bool


async def ready(running: RunningBot) -> Ready:
    """Ask for it."""
    url = f"http://127.0.0.1:{running.port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        parts = (await reply.json())["parts"]
    return Ready(reply.status, parts["slack_socket_connected"], parts["slack_socket_heard"])


async def until_ready(running: RunningBot) -> None:
    """Wait until the bot can serve."""
    while Ready(200, connected=True, heard=True) != await ready(running):  # noqa: ASYNC110 - asks what other tasks change
        await asyncio.sleep(0.01)


async def test_a_failed_dial_is_tried_again_with_a_new_address(slack: RoughSlack) -> None:
    """An address can be used once; after each refused web socket another one is asked for."""
    async with connected(slack):
        slack.refused_dials = 2
        await slack.open_sockets[0].close()
        await slack.until(lambda: len(slack.open_sockets) == 2)

    assert ["1", "2", "3", "4"] == slack.dials


async def test_connections_that_end_after_hello_are_no_storm(slack: RoughSlack) -> None:
    """The pauses grow, because no connection lasted."""

    async def greet_and_go(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        await socket.close()

    slack.socket = greet_and_go
    began = asyncio.get_running_loop().time()
    async with connected(slack, replace(UNHURRIED, first_redial=0.02)):
        await slack.until(lambda: len(slack.dials) == 5)

    # Chance may take a fifth from each pause.
    assert asyncio.get_running_loop().time() - began >= 0.8 * 0.02 * (1 + 2 + 4 + 8)


async def test_a_connected_but_deaf_socket_is_opened_anew(
    slack: RoughSlack, log: io.StringIO
) -> None:
    """No pong within the limit: another connection takes its place; `/readyz` says no meanwhile."""

    async def fall_silent(slack: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        slack.answers["apps.connections.open"] = FATAL
        slack.socket = listen
        await asyncio.Event().wait()

    slack.socket = fall_silent
    async with connected(slack, SOON_DEAF) as running:
        await slack.until(lambda: slack.calls.count("apps.connections.open") >= 2)
        assert Ready(503, connected=True, heard=False) == await ready(running)
        del slack.answers["apps.connections.open"]
        await until_ready(running)

    assert '"reason": "silent"' in log.getvalue()


async def test_a_socket_that_does_not_even_greet_is_opened_anew(slack: RoughSlack) -> None:
    """As often as it takes."""

    async def say_nothing(_: RoughSlack, __: web.WebSocketResponse) -> None:
        await asyncio.Event().wait()

    async with connected(slack, SOON_DEAF):
        slack.socket = say_nothing
        await slack.open_sockets[0].close()
        await slack.until(lambda: len(slack.open_sockets) >= 3)


async def test_an_envelope_that_comes_twice_is_acknowledged_twice_and_answered_once(
    slack: RoughSlack,
) -> None:
    """Also when the repetition arrives with another trigger."""
    async with connected(slack) as running:
        for trigger in ("1.2.a", "3.4.b"):
            await slack.type("help", trigger_id=trigger)
        await slack.until(lambda: len(slack.received) == 2)
        await running.work.idle()

    assert [{"envelope_id": "e-1"}] * 2 == slack.received
    assert 1 == slack.calls.count("response_url")


JUNK = (
    "no json",
    "[1]",
    "{" * 2_000,
    '{"type": "interactive", "envelope_id": "x-1", "payload": [1]}',
    '{"envelope_id": "x-2", "type": "a", "payload": {"type": "block_actions", "actions": []}}',
    '{"type": "events_api", "envelope_id": "x-3", "payload": {"event": 3}}',
    '{"type": [], "envelope_id": 4}',
)


async def test_junk_over_the_socket_ends_nothing(slack: RoughSlack, log: io.StringIO) -> None:
    """The next command is answered over the same connection; some of it is worth a line."""
    async with connected(slack):
        for number, text in enumerate(JUNK):
            await slack.open_sockets[0].send_str(text)
            await answered(slack, f"after-{number}")

    assert ["1"] == slack.dials
    assert "a request has an unexpected shape" in log.getvalue()


def disconnecting(reason: object) -> Socket:
    """Greets, says that the connection will end, and waits for the other side to leave."""

    async def play(slack: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        await socket.send_str(json.dumps({"type": "disconnect", "reason": reason}))
        slack.socket = listen
        await listen(slack, socket)

    return play


@pytest.mark.parametrize(
    "reason", ["refresh_requested", "warning", "link_disabled", "too_many_websockets", None, 3]
)
async def test_a_connection_that_slack_will_end_is_replaced(
    slack: RoughSlack, log: io.StringIO, reason: object
) -> None:
    """Another one is opened before the old one is given up; the next command is answered."""
    slack.socket = disconnecting(reason)
    async with connected(slack):
        await slack.until(lambda: len(slack.open_sockets) == 2 and slack.open_sockets[0].closed)
        await answered(slack)

    assert ["1", "2"] == slack.dials
    assert (reason == "link_disabled") == ("Socket Mode is off" in log.getvalue())
    word = reason if isinstance(reason, str) else "unknown"
    assert f'"reason": "{word}"' in log.getvalue()


def errors(log: io.StringIO) -> list[tuple[str, str]]:
    """The lines of level error: what they say, and Slack's word."""
    records = map(json.loads, log.getvalue().splitlines())
    return [(one["event"], one["error"]) for one in records if one["level"] == "error"]


@pytest.mark.parametrize(
    "reason", ["refresh_requested", "warning", "link_disabled", "too_many_websockets", None, "n3w"]
)
async def test_connections_that_slack_ends_again_and_again_are_one_line(
    slack: RoughSlack, log: io.StringIO, reason: object
) -> None:
    """With Slack's word and what the operator can do, however often it happens."""

    async def greet_and_end(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        await socket.send_str(json.dumps({"type": "disconnect", "reason": reason}))
        await socket.close()

    slack.socket = greet_and_end
    async with connected(slack):
        await slack.until(lambda: len(slack.dials) >= 6)

    word = reason or "unknown"
    assert [(remedy_for_end(str(word)), word)] == errors(log)


@pytest.mark.parametrize("greeting", ["", HELLO], ids=["without hello", "after hello"])
async def test_connections_that_break_again_and_again_are_one_line(
    slack: RoughSlack, log: io.StringIO, greeting: str
) -> None:
    """Slack said nothing, so something on the way may be the reason."""

    async def greet_and_go(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(greeting or "{}")
        await socket.close()

    slack.socket = greet_and_go
    async with connected(slack):
        await slack.until(lambda: len(slack.dials) >= 6)

    assert [(remedy_for_end("closed"), "closed")] == errors(log)


async def test_connections_with_pings_but_without_hello_are_one_line(
    slack: RoughSlack, log: io.StringIO
) -> None:
    """Pings keep no connection that Slack has not greeted."""

    async def only_ping(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            await socket.ping()
            await asyncio.sleep(0.02)

    slack.socket = only_ping
    async with connected(slack, SOON_DEAF):
        await slack.until(lambda: len(slack.dials) >= 3)

    assert [(remedy_for_end("silent"), "silent")] == errors(log)


def test_an_end_is_news_the_second_time_within_a_minute() -> None:
    """Each reason for itself, once, until a connection was good for more than a minute."""
    now = 0.0
    ends = RepeatedEnds(lambda: now)

    def at(moment: float, reason: str) -> bool:
        nonlocal now
        now = moment
        return ends.is_news(reason)

    assert [False, False, True, True, False] == [
        *(at(0, "a"), at(30, "b"), at(60, "a"), at(89, "b"), at(100, "a"))
    ]
    ends.lasted(60)
    assert not at(101, "a")
    ends.lasted(61)
    assert [False, True] == [at(1_000, "a"), at(1_059, "a")]
    assert ends.is_news("c", at_once=True)
    assert not ends.is_news("c", at_once=True)


def test_many_reasons_are_bounded() -> None:
    """A Slack that always has another word fills neither the log nor the memory."""
    ends = RepeatedEnds(lambda: 0.0)
    news = [ends.is_news(f"word_{number}", at_once=True) for number in range(100)]
    assert 100 == len(news)
    assert sum(ends.is_news(f"word_{number}", at_once=True) for number in range(20)) == 0


def greeting(count: object) -> Socket:
    """Greets with this count of connections, and listens."""

    async def play(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(json.dumps({"type": "hello", "num_connections": count}))
        async for message in socket:
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)

    return play


async def ask(running: RunningBot, path: str) -> str:
    """The body that the bot's own server gives."""
    url = f"http://127.0.0.1:{running.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return await reply.text()


async def test_another_process_with_the_same_app_is_reported(
    slack: RoughSlack, log: io.StringIO
) -> None:
    """After a second count some time later; once in the log, and in the health until it is gone."""
    slack.socket = greeting(3)
    timing = replace(AT_ONCE, count_again=0.1, count_later=0.1)
    async with connected(slack, timing) as running:
        await slack.until(lambda: '"count": 1' in log.getvalue())
        shown = json.loads(await ask(running, "/readyz"))["warnings"]["slack_connections"]
        assert "voicestatus_slack_connections 3.0" in await ask(running, "/metrics")
        # At the second count, its own old connection is one of the three.
        assert shown.startswith("Slack counts 3 connections of this app, 1 more than ")
        slack.socket = greeting(2)
        dials = len(slack.dials)
        await slack.until(lambda: "any more" in log.getvalue())
        assert "warnings" not in json.loads(await ask(running, "/readyz"))

    assert len(slack.dials) > dials
    assert 1 == log.getvalue().count("more than there are processes on this database")
    assert [] == errors(log)


@pytest.mark.parametrize("count", [0, 1, -3, True, None, "7", 2.5, 10**9, [3]])
async def test_a_count_that_says_nothing_is_no_reason_for_anything(
    slack: RoughSlack, count: object
) -> None:
    """One connection is the bot's own; other values are no counts."""
    slack.socket = greeting(count)
    async with connected(slack, replace(AT_ONCE, count_again=0.0, count_later=0.0)) as running:
        await until_ready(running)
        assert "warnings" not in json.loads(await ask(running, "/readyz"))

    assert ["1"] == slack.dials


async def test_what_comes_by_a_connection_that_will_end_is_still_answered(
    slack: RoughSlack,
) -> None:
    """Slack warns ten seconds before, and goes on sending meanwhile."""
    slack.socket = disconnecting("warning")
    async with connected(slack, replace(AT_ONCE, first_redial=60.0, longest_redial=60.0)):
        await answered(slack)

    assert [{"envelope_id": "e-1"}] == slack.received


@pytest.mark.parametrize(
    ("error", "lines"), [("invalid_auth", 1), ("internal_error", 0), ("too_many_websockets", 0)]
)
async def test_a_slack_that_gives_no_address_for_a_while_is_asked_until_it_does(
    slack: RoughSlack, log: io.StringIO, error: str, lines: int
) -> None:
    """A refused token is said once, however often; meanwhile `/readyz` says no."""
    async with connected(slack) as running:
        await until_ready(running)
        slack.answers["apps.connections.open"] = answering({"ok": False, "error": error})
        await slack.open_sockets[0].close()
        await slack.until(lambda: slack.calls.count("apps.connections.open") >= 3)
        assert Ready(503, connected=False, heard=True) == await ready(running)
        del slack.answers["apps.connections.open"]
        await until_ready(running)
        await answered(slack)

    assert lines == log.getvalue().count("SLACK_APP_TOKEN")


def submission() -> dict[str, object]:
    """The modal that asks for ids, sent off; it is acknowledged with its answer."""
    typed = {"ids": {"ids_text": {"type": "plain_text_input", "value": "SANDBOX-OK"}}}
    view = {"id": "V1", "type": "modal", "callback_id": ASK_CALLBACK, "state": {"values": typed}}
    payload = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    return {
        "type": "interactive",
        "envelope_id": "late",
        "accepts_response_payload": True,
        "payload": payload,
    }


async def test_an_acknowledgement_whose_connection_is_gone_leaves_by_the_next(
    slack: RoughSlack, log: io.StringIO
) -> None:
    """Slack takes it by any; a person whose modal it answers waits for it."""
    timing = replace(AT_ONCE, late_ack=60.0, modal_ack=60.0)
    async with held_gateway() as gateway:
        settings = slack.settings(gateway_url=gateway.url, gateway_timeout_seconds=100)
        async with asyncio.timeout(60), running_bot(settings, timing=timing):
            await slack.open_sockets[0].send_json(submission())
            await gateway.until_asked()
            slack.answers["apps.connections.open"] = FATAL
            await slack.open_sockets[0].close()
            await slack.until(lambda: slack.calls.count("apps.connections.open") >= 2)
            gateway.may_answer.set()
            await slack.until(lambda: "looked up" in log.getvalue())
            del slack.answers["apps.connections.open"]
            await slack.until(lambda: bool(slack.received))

    (ack,) = slack.received
    assert ("late", "update") == (ack["envelope_id"], ack["payload"]["response_action"])


def test_the_pauses_between_attempts_grow_and_shrink_again() -> None:
    """From one second to thirty; after a connection that lasted, from the beginning."""
    timing, passed = Timing(), 0.0
    backoff = ReconnectBackoff(lambda: passed, timing=timing)
    assert 0 == backoff.next_wait()
    pauses = []
    for _ in range(8):
        # A difference of two moments, which float arithmetic rounds.
        pauses.append(round(backoff.next_wait(), 9))
        passed += pauses[-1]

    wanted = [1, 2, 4, 8, 16, 30, 30, 30]
    assert [] == [
        (pause, about)
        for pause, about in zip(pauses, wanted, strict=True)
        if not 0.8 * about <= pause <= min(1.2 * about, timing.longest_redial)
    ]
    backoff.reset()
    passed += backoff.next_wait()
    assert 0.8 <= backoff.next_wait() <= 1.2
    passed += 100
    assert 0 == backoff.next_wait()
