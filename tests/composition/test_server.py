"""Health, readiness and metrics, which both modes serve."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from contextlib import ExitStack

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.commands.run import _explained
from bot.settings.settings import Mode, Settings
from bot.web.eviction import MOST_CONNECTIONS
from bot.web.server import CannotListenError, Health, build_server, serving
from tests.support.scene import Scene, playing


async def get(scene: Scene, path: str) -> tuple[int, str]:
    """Ask the bot's own server."""
    async with aiohttp.ClientSession() as session, session.get(scene.url(path)) as reply:
        return reply.status, await reply.text()


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


@pytest.mark.both_modes
async def test_readyz_names_its_parts(bot: Scene) -> None:
    """200 once Slack can be heard and the database answers, with the parts by name."""
    async with asyncio.timeout(60):
        while (said := await get(bot, "/readyz"))[0] == 503:  # noqa: ASYNC110 - others change it
            await asyncio.sleep(0.01)

    parts = {
        Mode.HTTP: {"slack_clock": True},
        Mode.SOCKET: {"slack_socket_connected": True, "slack_socket_heard": True},
    }
    common = {"database": True, "slack_token": True}
    wanted = {"ready": True, "parts": common | parts[bot.mode]}
    assert (200, wanted) == (said[0], json.loads(said[1]))


@pytest.mark.both_modes
async def test_a_crowd_at_the_port_keeps_nobody_from_an_answer(bot: Scene) -> None:
    """More than may be connected, none of whom ends a request, stay until others need the room."""
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 50):
            address = ("127.0.0.1", bot.running.port)
            stranger = stack.enter_context(socket.create_connection(address))
            stranger.sendall(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\n")
        card = await bot.answer("SANDBOX-OK")
        health = await get(bot, "/healthz")

    assert (True, 200) == (card.ephemeral, health[0])


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

    app = build_server(health=Health(readiness=readiness, metrics=bytes))
    async with (
        serving(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as reply,
    ):
        answer = (reply.status, await reply.text())

    assert (500, '{"error": "internal"}') == answer


@pytest.mark.parametrize("steps", range(6))
async def test_a_connection_may_come_while_the_server_closes(steps: int) -> None:
    """It is let go like any other: nothing is left for the interpreter to complain about."""

    async def readiness() -> dict[str, bool]:
        return {}

    app = build_server(health=Health(readiness=readiness, metrics=bytes))
    async with serving(app, host="127.0.0.1", port=0) as port:
        await asyncio.sleep(0)
        client = socket.create_connection(("127.0.0.1", port))
        for _ in range(steps):
            await asyncio.sleep(0)
    client.close()
    gc.collect()


PATHS = ("/healthz", "/readyz", "/metrics")


async def statuses(port: int) -> list[int]:
    """The status of each page of the server on this port."""
    async with aiohttp.ClientSession() as session:
        found = []
        for path in PATHS:
            async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
                found.append(reply.status)
    return found


async def test_with_an_address_of_its_own_health_is_nowhere_else() -> None:
    """The port of Slack's requests then serves nothing but these."""
    async with playing(Mode.HTTP, bot_health_port=0) as scene:
        running = scene.running
        card = await scene.answer("SANDBOX-OK")
        assert running.port != running.health_port
        assert ([404] * 3, [200] * 3) == (
            await statuses(running.port),
            await statuses(running.health_port),
        )
        url = f"http://127.0.0.1:{running.health_port}/slack/events"
        async with aiohttp.ClientSession() as session, session.post(url, data=b"") as reply:
            assert 404 == reply.status
    assert card.ephemeral


async def test_in_socket_mode_only_the_address_of_health_is_served() -> None:
    """Nothing comes to the other one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with playing(Mode.SOCKET, bot_port=port, bot_health_port=0) as scene:
            running = scene.running
            assert running.port == running.health_port != port
            assert [200] * 3 == await statuses(running.port)


@pytest.mark.parametrize("names", ["BOT", "BOT_HEALTH"])
async def test_an_address_that_is_taken_is_named_with_its_settings(names: str) -> None:
    """The one that was to be used, of two."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"bot_port": 0, "bot_health_port": 0} | {f"{names.lower()}_port": port}
        with pytest.raises(CannotListenError) as caught:
            async with playing(Mode.HTTP, **ports):
                pass
    told = _explained(caught.value, Settings.of(**ports))
    assert told.startswith(f"Cannot listen on 127.0.0.1:{port} (")
    assert f"{names}_HOST or {names}_PORT, or" in told
