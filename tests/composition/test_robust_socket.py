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
from aiohttp import web

from bot.composition.bootstrap import RunningBot, running_bot
from bot.domain.timing import Timing
from bot.slack.cards.controls import ASK_CALLBACK
from bot.slack.inbound.socket_connection import ReconnectBackoff
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
    assert (reason == "link_disabled") == ("Socket Mode is switched off" in log.getvalue())
    assert '"reason": "asked by Slack"' in log.getvalue()


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
