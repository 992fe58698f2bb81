"""Socket Mode over a Slack that refuses, ends, falls silent and repeats itself."""

from __future__ import annotations

import asyncio
import io
import json
import time

import aiohttp
import pytest
from aiohttp import web
from rough_slack import HELLO, RoughSlack, Socket, answering, listen, rough_slack

import bot.slack.socket
from bot.bootstrap import RunningBot, running_bot
from bot.slack.socket_line import LONGEST_PAUSE_SECONDS, STEADY_SECONDS, Pace


@pytest.mark.slow
async def test_a_failed_dial_is_tried_again_with_a_new_address() -> None:
    """An address can be used once; after each refused web socket another one is asked for."""
    async with rough_slack() as slack, running_bot(slack.settings()):
        slack.refused_dials = 2
        await slack.open_sockets[0].close()
        await slack.until(lambda: len(slack.open_sockets) == 2)

    assert ["1", "2", "3", "4"] == slack.dials


@pytest.mark.slow
async def test_connections_that_end_after_hello_are_no_storm() -> None:
    """The pauses grow, so that Slack sees about one attempt a second and ever fewer."""

    async def greet_and_go(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        await socket.close()

    async with rough_slack() as slack:
        slack.socket = greet_and_go
        async with running_bot(slack.settings()):
            await asyncio.sleep(4.5)

    gaps = [
        later - earlier for earlier, later in zip(slack.moments, slack.moments[1:], strict=False)
    ]
    assert 3 == len(slack.dials)
    assert min(gaps) > 0.7


@pytest.mark.slow
async def test_a_connected_but_deaf_socket_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No greeting and no pong within the limit: another connection takes its place."""

    async def say_nothing(_: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.receive()
        await asyncio.sleep(3_600)

    monkeypatch.setattr(bot.slack.socket, "DEAF_AFTER_SECONDS", 0.4)
    async with rough_slack() as slack, running_bot(slack.settings()):
        slack.socket = say_nothing
        await slack.open_sockets[0].close()
        await slack.until(lambda: len(slack.open_sockets) >= 3)


async def test_an_envelope_that_comes_twice_is_acknowledged_twice_and_answered_once() -> None:
    """Also when the repetition arrives with another trigger."""
    async with rough_slack() as slack, running_bot(slack.settings()):
        for trigger in ("1.2.a", "3.4.b"):
            await slack.open_sockets[0].send_str(json.dumps(_envelope(slack, trigger)))
        await slack.until(lambda: len(slack.received) == 2)
        await slack.until(lambda: "response_url" in slack.calls)
        await asyncio.sleep(0.2)

    assert [{"envelope_id": "e-1"}] * 2 == slack.received
    assert 1 == slack.calls.count("response_url")


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[1]",
        "{" * 2_000,
        '{"type": "interactive", "envelope_id": "x", "payload": [1]}',
        '{"envelope_id": "x", "type": "a", "payload": {"type": "block_actions", "actions": []}}',
        '{"type": "events_api", "envelope_id": "x", "payload": {"event": 3}}',
        '{"type": [], "envelope_id": 4}',
    ],
    ids=range(7),
)
async def test_junk_over_the_socket_ends_nothing(text: str) -> None:
    """The next command is answered over the same connection."""
    async with rough_slack() as slack, running_bot(slack.settings()):
        await slack.open_sockets[0].send_str(text)
        await slack.open_sockets[0].send_str(json.dumps(_envelope(slack, "1.2.a")))
        await slack.until(lambda: "response_url" in slack.calls)

    assert 1 == len(slack.dials)


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
    log: io.StringIO, reason: object
) -> None:
    """Another one is opened before the old one is given up; the next command is answered."""
    async with rough_slack() as slack:
        slack.socket = disconnecting(reason)
        async with running_bot(slack.settings()):
            await slack.until(lambda: len(slack.open_sockets) == 2 and slack.open_sockets[0].closed)
            await slack.open_sockets[1].send_str(json.dumps(_envelope(slack, "1.2.a")))
            await slack.until(lambda: "response_url" in slack.calls)

    assert ["1", "2"] == slack.dials
    assert (reason == "link_disabled") == ("Socket Mode is switched off" in log.getvalue())
    assert '"reason": "asked by Slack"' in log.getvalue()


async def test_what_comes_by_a_connection_that_will_end_is_still_answered() -> None:
    """Slack warns ten seconds before, and goes on sending meanwhile."""
    async with rough_slack() as slack:
        slack.socket = disconnecting("warning")
        async with running_bot(slack.settings()):
            await slack.open_sockets[0].send_str(json.dumps(_envelope(slack, "1.2.a")))
            await slack.until(lambda: "response_url" in slack.calls)

    assert [{"envelope_id": "e-1"}] == slack.received


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "lines"), [("invalid_auth", 1), ("internal_error", 0), ("too_many_websockets", 0)]
)
async def test_a_slack_that_gives_no_address_for_a_while_is_asked_until_it_does(
    log: io.StringIO, error: str, lines: int
) -> None:
    """A refused token is said once, however often; meanwhile `/readyz` says no."""
    async with rough_slack() as slack, running_bot(slack.settings()) as running:
        assert 200 == await ready(running)
        slack.answers["apps.connections.open"] = answering({"ok": False, "error": error})
        await slack.open_sockets[0].close()
        await slack.until(lambda: slack.calls.count("apps.connections.open") == 3, 20)
        assert 503 == await ready(running)
        del slack.answers["apps.connections.open"]
        await slack.until(lambda: len(slack.open_sockets) == 2, 20)
        await asyncio.sleep(0.1)
        assert 200 == await ready(running)

    assert lines == log.getvalue().count("SLACK_APP_TOKEN")


@pytest.mark.slow
async def test_a_deaf_socket_is_shown_and_logged(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """`/readyz` says no while nothing is heard, and yes once another connection is."""

    async def fall_silent(slack: RoughSlack, socket: web.WebSocketResponse) -> None:
        await socket.send_str(HELLO)
        slack.refused_dials = 2
        slack.socket = listen
        await asyncio.sleep(3_600)

    monkeypatch.setattr(bot.slack.socket, "DEAF_AFTER_SECONDS", 0.4)
    async with rough_slack() as slack:
        slack.socket = fall_silent
        async with running_bot(slack.settings()) as running:
            await slack.until(lambda: len(slack.dials) >= 2)
            assert 503 == await ready(running)
            await slack.until(lambda: len(slack.open_sockets) == 2, 20)
            while 200 != await ready(running):  # noqa: ASYNC110 - asks what other tasks change
                await asyncio.sleep(0.1)

    assert '"reason": "deaf"' in log.getvalue()


async def ready(running: RunningBot) -> int:
    """The status of `/readyz`."""
    url = f"http://127.0.0.1:{running.port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status


def test_the_pauses_between_attempts_grow_and_shrink_again() -> None:
    """From one second to thirty; a connection that lasted starts from the beginning."""
    now = time.monotonic()
    pace = Pace(lambda: now)
    pauses = []
    for _ in range(8):
        pace.attempted()
        pauses.append(pace.wait_seconds())
    pace.lasted(STEADY_SECONDS)
    pace.attempted()

    assert 0.8 <= pauses[0] <= 1.2
    assert pauses[:5] == sorted(pauses[:5])
    assert LONGEST_PAUSE_SECONDS >= max(pauses) >= 24
    assert pace.wait_seconds() <= 1.2


def _envelope(slack: RoughSlack, trigger: str) -> dict[str, object]:
    payload = {
        "command": "/voicestatus",
        "text": "help",
        "user_id": "U1",
        "channel_id": "C1",
        "team_id": "T0ROUGH0001",
        "trigger_id": trigger,
        "response_url": f"{slack.url}/hook",
    }
    return {"type": "slash_commands", "envelope_id": "e-1", "payload": payload}
