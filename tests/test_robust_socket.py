"""Socket Mode over a Slack that refuses, ends, falls silent and repeats itself."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from aiohttp import web
from rough_slack import HELLO, RoughSlack, rough_slack

import bot.slack.socket
from bot.bootstrap import running_bot
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
