"""Health, readiness and metrics, which both modes serve."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from scene import Scene, playing

import bot.slack.socket
from bot.server import build_server, serving
from bot.settings import Mode


async def get(scene: Scene, path: str) -> tuple[int, str]:
    """Ask the bot's own server."""
    async with aiohttp.ClientSession() as session, session.get(scene.url(path)) as reply:
        return reply.status, await reply.text()


async def ready(scene: Scene) -> tuple[int, dict[str, Any]]:
    """Ask whether the bot can serve."""
    status, text = await get(scene, "/readyz")
    return status, json.loads(text)


async def until_ready(scene: Scene, wanted: int) -> dict[str, Any]:
    """Ask until the status is the wanted one."""
    async with asyncio.timeout(30):
        while True:
            status, said = await ready(scene)
            if status == wanted:
                return said
            await asyncio.sleep(0.05)


async def samples(scene: Scene) -> dict[str, float]:
    """The samples of /metrics by name and label."""
    _, text = await get(scene, "/metrics")
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_healthz_says_that_the_process_lives(bot: Scene) -> None:
    """200 in both modes."""
    assert (200, '{"status": "ok"}') == await get(bot, "/healthz")


async def test_readyz_names_its_parts(bot: Scene) -> None:
    """200 once Slack can be heard and the database answers, with the parts by name."""
    said = await until_ready(bot, 200)

    parts = {
        Mode.HTTP: {},
        Mode.SOCKET: {"slack_socket_connected": True, "slack_socket_heard": True},
    }
    common = {"database": True, "slack_token": True}
    assert {"ready": True, "parts": common | parts[bot.mode]} == said


async def test_a_dropped_socket_is_not_ready_until_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Slack lets nobody in the answer is 503; after the reconnect 200 and cards again."""
    monkeypatch.setattr(bot.slack.socket, "PING_SECONDS", 0.5)
    async with playing(Mode.SOCKET, ping_seconds=0.2) as scene:
        await until_ready(scene, 200)
        scene.slack.fail_next("apps.connections.open", error="internal_error", times=1)
        await scene.slack.socket.drop()
        said = await until_ready(scene, 503)
        await until_ready(scene, 200)
        card = await scene.answer("SANDBOX-OK")

    assert {
        "database": True,
        "slack_token": True,
        "slack_socket_connected": False,
        "slack_socket_heard": True,
    } == said["parts"]
    assert card.text.startswith("Call SANDBOX-OK: ")


async def test_a_deaf_socket_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connected, but nothing was ever heard: 503 that names what is missing."""
    monkeypatch.setattr(bot.slack.socket, "DEAF_AFTER_SECONDS", 0.4)
    async with playing(Mode.SOCKET, ping_seconds=0.1) as scene:
        await until_ready(scene, 200)
        scene.slack.socket.deaf = True
        scene.slack.socket.answers_pings = False
        said = await until_ready(scene, 503)

    assert {
        "database": True,
        "slack_token": True,
        "slack_socket_connected": True,
        "slack_socket_heard": False,
    } == said["parts"]


async def test_a_refreshed_socket_loses_no_question() -> None:
    """Slack asks for a new connection; a command typed at that moment is answered."""
    async with playing(Mode.SOCKET) as scene:
        await until_ready(scene, 200)
        await scene.slack.socket.disconnect("refresh_requested")
        card = await scene.answer("SANDBOX-OK")

    assert card.text.startswith("Call SANDBOX-OK: ")
    assert 2 <= scene.slack.socket.accepted


async def test_metrics_count_look_ups_failures_the_cache_and_refusals(mode: Mode) -> None:
    """The page is Prometheus' text format and counts what happened."""
    async with playing(mode, allowed_channels="C0SUPPORT01") as scene:
        for text in ("SANDBOX-OK", "SANDBOX-OK", "SANDBOX-BUSY", "SANDBOX-EMPTY"):
            await scene.answer(text)
        await scene.answer("SANDBOX-OK", channel="C0LOBBY0001")
        counted = await samples(scene)

    expected = {
        "voicestatus_lookups_total answered": 2.0,
        "voicestatus_lookups_total failed": 1.0,
        "voicestatus_lookups_total lookup_failed": 1.0,
        "voicestatus_lookup_failures_total empty_result": 1.0,
        "voicestatus_lookups_from_cache_total": 1.0,
        "voicestatus_lookup_seconds_count": 4.0,
        "voicestatus_refusals_total channel": 1.0,
    }
    assert expected == {name: counted.get(name) for name in expected}


async def test_metrics_name_no_id(bot: Scene) -> None:
    """What was asked for is counted and never a label."""
    await bot.answer("SANDBOX-OK")

    _, text = await get(bot, "/metrics")

    assert "SANDBOX" not in text


async def test_a_request_that_breaks_is_a_500_without_a_traceback() -> None:
    """The edge of the server shows nothing of what broke."""

    async def readiness() -> dict[str, bool]:
        raise RuntimeError("canary")

    app = build_server(readiness=readiness, metrics=lambda: b"", slack=None)
    async with (
        serving(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as reply,
    ):
        answer = (reply.status, await reply.text())

    assert (500, '{"error": "internal"}') == answer
