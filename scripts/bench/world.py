"""The gateway and the Slack of the benchmark, as cheap as they can be, in the process of the load.

They check nothing (the strict ones are in `bot/fake_slack` and `bot/gateway/sandbox`), so that what
is measured is the bot.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

SIGNING_SECRET: Final = "be7c" * 8
SETTINGS: Final = {
    "SLACK_BOT_TOKEN": "xoxb-bench-1",
    "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "GATEWAY_CREDENTIAL": "B" * 40,
    "GATEWAY_TOKEN": "b" * 6,
}
TEAM: Final = "T0BENCH"
_PATIENCE_SECONDS: Final = 30.0

_REPLY: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<MPG_Status_VoiceResponse xmlns="PWGatewayVoice">'
    "<MPG_Status_VoiceResult>ok:85.00</MPG_Status_VoiceResult>"
    "</MPG_Status_VoiceResponse></soap:Body></soap:Envelope>"
)
# What `auth.test` and `chat.postMessage` return, and everything else too.
_ANSWER: Final = {
    "ok": True,
    "team_id": TEAM,
    "team": "bench",
    "user_id": "U0BOT",
    "bot_id": "B0BOT",
    "user": "bot",
    "url": "https://bench.example/",
    "channel": "D0BENCH",
    "ts": "1.1",
    "message": {"ts": "1.1"},
    "teams": [],
}


@dataclass(slots=True, kw_only=True)
class World:
    """Both services.

    Attributes:
        origin: their address, without a path.
        gateway_over_tls: the gateway's address with TLS.
        ca_file: the certificate of its authority.
        delay: seconds that the gateway takes for each answer.
        asked: requests that the gateway received, as moments of its clock.
        most: the largest number of requests that it had at once.
    """

    origin: str = ""
    gateway_over_tls: str = ""
    ca_file: str = ""
    delay: float = 0.0
    asked: list[float] = field(default_factory=list)
    most: int = 0
    _now: int = 0
    _commands: int = 0
    _cards: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """The settings that lead a bot here."""
        return {
            **SETTINGS,
            "GATEWAY_URL": f"{self.origin}/gateway",
            "SLACK_API_URL": f"{self.origin}/api/",
        }

    @property
    def settings_over_tls(self) -> dict[str, str]:
        """The same with TLS to the gateway."""
        return {
            **self.settings,
            "GATEWAY_URL": self.gateway_over_tls,
            "GATEWAY_CA_FILE": self.ca_file,
            # For a bot that has no such setting.
            "SSL_CERT_FILE": self.ca_file,
        }

    def next_number(self) -> int:
        """A number for a command, of all loads."""
        self._commands += 1
        return self._commands

    def card(self, name: str) -> asyncio.Future[float]:
        """The moment at which the first card for this response URL arrives."""
        found = self._cards[name] = asyncio.get_running_loop().create_future()
        return found

    async def on_gateway(self, request: web.Request) -> web.Response:
        """Answer that the call was answered."""
        await request.read()
        self.asked.append(time.perf_counter())
        self._now += 1
        self.most = max(self.most, self._now)
        if self.delay:
            await asyncio.sleep(self.delay)
        self._now -= 1
        return web.Response(text=_REPLY, content_type="text/xml")

    async def on_response_url(self, request: web.Request) -> web.Response:
        """Take a card."""
        await request.read()
        waiting = self._cards.pop(request.match_info["name"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())
        return web.Response(text="ok")

    async def on_method(self, request: web.Request) -> web.Response:
        """Answer any method of the Web API."""
        await request.read()
        return web.json_response(_ANSWER)


@asynccontextmanager
async def running_world() -> AsyncIterator[World]:
    """Serve both on loopback."""
    world = World()
    app = web.Application()
    app.router.add_post("/gateway", world.on_gateway)
    app.router.add_post("/card/{name}", world.on_response_url)
    app.router.add_post("/api/{method}", world.on_method)
    app.router.add_get("/api/{method}", world.on_method)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    world.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with TemporaryDirectory() as folder:
        world.ca_file, tls = await _identity(Path(folder))
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        world.gateway_over_tls = f"https://127.0.0.1:{runner.addresses[1][1]}/gateway"
        try:
            yield world
        finally:
            await runner.cleanup()


async def _identity(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A certificate that signs itself, made by the command openssl, and the server's side of it."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    process = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    return str(certificate), tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One command: seconds until its acknowledgement, and until its card if it waits for one."""

    ack: float
    card: float | None


class Load:
    """The people: signed slash commands to one bot, over connections that stay open."""

    def __init__(self, world: World, session: aiohttp.ClientSession, url: str) -> None:
        self._world, self._session, self._url = world, session, url

    async def ask(self, text: str | None = None, *, card: bool = True) -> Served:
        """Type `/voicestatus`; without a text it asks for an id that is new."""
        number = self._world.next_number()
        name = f"{number}"
        waiting = self._world.card(name) if card else None
        body = urlencode(
            {
                "command": "/voicestatus",
                "text": text or f"VS{number:010}",
                "team_id": TEAM,
                "team_domain": "bench",
                "channel_id": "C0BENCH",
                "channel_name": "support",
                "user_id": f"U{number % 50:04}",
                "user_name": "agent",
                "api_app_id": "A0BENCH",
                "is_enterprise_install": "false",
                "response_url": f"{self._world.origin}/card/{name}",
                "trigger_id": "1.2.3",
            }
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_signed(body)}
        began = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=headers) as reply:
            await reply.read()
            acknowledged = time.perf_counter() - began
            reply.raise_for_status()
        if waiting is None:
            return Served(ack=acknowledged, card=None)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return Served(ack=acknowledged, card=await waiting - began)

    async def closed_loop(self, seconds: float, *, at_once: int, card: bool = True) -> int:
        """So many people, each asking again as soon as the last card came; how many were served."""
        until = time.perf_counter() + seconds
        served = 0

        async def person() -> None:
            nonlocal served
            while time.perf_counter() < until:
                await self.ask(card=card)
                served += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(person())
        return served

    async def open_loop(self, seconds: float, *, rate: float) -> list[Served]:
        """So many commands a second, whether or not the earlier ones are answered."""
        began = asyncio.get_running_loop().time()
        asked: list[asyncio.Task[Served]] = []
        for number in range(int(seconds * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - asyncio.get_running_loop().time()))
            asked.append(asyncio.create_task(self.ask()))
        return list(await asyncio.gather(*asked))

    async def burst(self, people: int, text: str) -> list[Served]:
        """So many people ask for the same id at once."""
        return list(await asyncio.gather(*(self.ask(text) for _ in range(people))))


def _signed(body: str) -> dict[str, str]:
    moment = str(int(time.time()))
    digest = hmac.new(
        SIGNING_SECRET.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256
    ).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"}


@asynccontextmanager
async def people_of(world: World, port: int) -> AsyncIterator[Load]:
    """The people who use the bot on this port."""
    # As Slack does: few connections, each free again after the acknowledgement.
    connector = aiohttp.TCPConnector(limit=100)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Load(world, session, f"http://127.0.0.1:{port}/slack/events")
