"""The way to Slack: which proxy, whose certificates, and nothing that the environment adds."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.composition.configured import slack_client, slack_session
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.gateway.http.handshake import tls_context
from bot.settings.settings import Settings
from bot.slack.api.addresses import is_loopback
from bot.slack.api.calls import NotConnectedError, slack_answer, within
from bot.slack.api.session import Proxies, open_session, web_client
from bot.slack.api.workspace import find_workspace
from tests.gateway.http.test_tls_proxy import Identity, make_identity

HOST = "slack.example"
TOKEN = "xoxb-1"
KEYS = "DOM\\ana:p@ss:w%C3%B6rd"
PASSPORT = aiohttp.encode_basic_auth("DOM\\ana", "p@ss:wörd")
NOBODY = "http://127.0.0.1:9"
DIRECT = [
    # Every entry alone; hosts that it covers, and hosts that it does not.
    ("slack.com", ["slack.com", "wss-primary.slack.com", "SLACK.com."], ["notslack.com", "com"]),
    (".slack.com", ["slack.com", "files.slack.com"], ["notslack.com", "slack.com.example"]),
    ("*.slack.com", ["slack.com", "files.slack.com"], ["notslack.com"]),
    ("https://slack.com/", ["slack.com"], ["slack-gov.com"]),
    ("SLACK.COM", ["slack.com"], []),
    ("slack.com:443", ["slack.com"], ["slack.com:8443"]),
    (".slack.com:8443", ["a.slack.com:8443"], ["a.slack.com"]),
    ("*", ["slack.com", "10.1.2.3", "fd00::1"], []),
    ("*:443", ["slack.com"], ["slack.com:8443"]),
    ("slack*", ["slack.com", "slack-gov.com"], ["files.example"]),
    ("10.0.0.0/8", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.1.2.3", "slack.com", "fd00::1"]),
    ("10.1.2.3/8", ["10.9.9.9"], []),
    ("10.1.2.3", ["10.1.2.3"], ["10.1.2.4"]),
    ("10.1.2.3:443", ["10.1.2.3"], ["10.1.2.3:80"]),
    ("10.*", ["10.1.2.3"], ["11.1.2.3"]),
    ("fd00::/8", ["fd00::1"], ["fe80::1", "10.1.2.3"]),
    ("[fd00::1]", ["fd00::1"], ["fd00::2"]),
    ("[fd00::1]:443", ["fd00::1"], ["fd00::1:80"]),
    ("fd00::1", ["fd00::1"], ["fd00::2"]),
    ("300.0.0.0/8", [], ["10.1.2.3", "slack.com"]),
    (".", [], ["slack.com"]),
    ("", [], ["slack.com"]),
    (":443", [], ["slack.com"]),
]
OURS = [
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "::ffff:127.0.0.1",
]


def address(text: str) -> tuple[str, int]:
    """Host and port of a case; 443 by default."""
    host, _, port = text.rpartition(":")
    if port.isdecimal() and int(port) > 9 and ("." in host or host == "fd00::1"):
        return host, int(port)
    return text, 443


@pytest.mark.parametrize(("entry", "covered", "others"), DIRECT, ids=[row[0] for row in DIRECT])
def test_an_entry_of_no_proxy(entry: str, covered: list[str], others: list[str]) -> None:
    """A host with its subdomains, an address, a network, or all; with a port if it names one."""
    proxies = Proxies(https=NOBODY, direct=["elsewhere.example", entry])
    reached = [host for host in (*covered, *others) if proxies.is_direct(*address(host))]
    assert covered == reached


def test_this_machine_is_always_reached_directly() -> None:
    """No proxy could reach it, whatever NO_PROXY says."""
    proxies = Proxies(https=NOBODY, http=NOBODY)
    assert OURS == [host for host in OURS if proxies.is_direct(host, 1)]
    assert [] == [
        host for host in ("slack.com", "localhost.example", "10.0.0.1") if is_loopback(host)
    ]


@asynccontextmanager
async def slack_with(tls: ssl.SSLContext) -> AsyncIterator[tuple[int, list[tuple[str, str]]]]:
    """A Slack that speaks TLS: its port, and what it is asked."""
    seen: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers.get("Authorization", "")))
        assert "Proxy-Authorization" not in request.headers
        if request.path != "/socket":
            return web.json_response({"ok": True, "team_id": "T1", "user_id": "U1"})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("hello")
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry bytes one way until they end."""
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def proxying(port: int, *, status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that leads every tunnel to this port: its address, and the heads of its requests."""
    heads: list[str] = []
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(asyncio.CancelledError, EOFError, ConnectionError), closing(writer):
            heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(f"HTTP/1.1 {status} canary\r\n\r\n".encode())
            if status == 200:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
                with closing(far_writer):
                    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"{KEYS}@127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A certificate of the Slack of these tests."""
    return make_identity(tmp_path_factory.mktemp("slack"), f"DNS:{HOST}")


def settings(proxy: str, **more: object) -> Settings:
    """The settings of a bot behind this proxy."""
    return Settings.of(
        slack_api_url=f"https://{HOST}/api/", slack_bot_token=TOKEN, https_proxy=proxy, **more
    )


async def test_everything_goes_through_the_one_proxy(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Web API, response URLs, files and the socket; Slack never sees the proxy's password."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:p@ss:nonsense")
    async with slack_with(identity.tls) as (port, seen), proxying(port) as (proxy, heads):
        chosen = settings(proxy, http_proxy=NOBODY, no_proxy="slack.com,10.0.0.0/8")
        async with (
            slack_session(chosen) as pool,
            open_session(
                proxies=Proxies(https=f"http://{proxy}"), trust=tls_context(identity.ca_file)
            ) as session,
        ):
            client = web_client(token=TOKEN, api_url=chosen.slack_api_url, session=session)
            await client.auth_test()
            for path in ("hook", "file"):
                async with session.post(f"https://{HOST}/{path}") as response:
                    await response.read()
            async with session.ws_connect(f"wss://{HOST}/socket") as socket:
                assert "hello" == await socket.receive_str()
            # With the system's certificates, as a bot has them.
            with pytest.raises(NotConnectedError) as caught:
                await find_workspace(slack_client(chosen, pool))
    assert caught.value.reason.startswith("certificate: self")
    assert [
        ("/api/auth.test", f"Bearer {TOKEN}"),
        ("/hook", ""),
        ("/file", ""),
        ("/socket", ""),
    ] == seen
    for head in heads:
        assert head.startswith(f"CONNECT {HOST}:443 ")
        assert f"Proxy-Authorization: {PASSPORT}\r\n" in head


async def test_plain_http_is_handed_to_the_proxy_with_its_password() -> None:
    """As it may be for a Slack of a test in another container."""
    async with proxying(0, status=204) as (proxy, heads):
        proxies = Proxies(http=f"http://{proxy}")
        async with (
            open_session(proxies=proxies) as session,
            session.get(f"http://{HOST}/x") as response,
        ):
            assert 204 == response.status
    assert heads[0].startswith(f"GET http://{HOST}/x HTTP/1.1\r\n")
    assert f"Proxy-Authorization: {PASSPORT}\r\n" in heads[0]


@pytest.mark.parametrize(
    ("status", "reason"), [(407, "proxy: HTTP 407"), (None, "proxy: ClientProxyConnectionError")]
)
async def test_a_proxy_that_does_not_help_is_named(status: int | None, reason: str) -> None:
    """And neither its words nor its password are."""
    async with proxying(0, status=status or 200) as (proxy, _):
        chosen = settings(proxy if status else f"http://{KEYS}@127.0.0.1:9")
        async with slack_session(chosen) as session:
            client = slack_client(chosen, session)
            client.retry_handlers = []
            with pytest.raises(NotConnectedError) as caught:
                await slack_answer(client.auth_test)
    assert reason == caught.value.reason


async def test_a_certificate_for_another_name_is_named(identity: Identity) -> None:
    """Without the name, which would be one more thing to print."""
    async with slack_with(identity.tls) as (port, seen):
        trust = tls_context(identity.ca_file)
        async with open_session(trust=trust) as session:
            with pytest.raises(NotConnectedError) as caught:
                async with within(5), session.get(f"https://127.0.0.1:{port}/"):
                    pass
    assert ("certificate: IP address mismatch", []) == (caught.value.reason, seen)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A Slack on loopback."""
    async with running_slack() as running:
        yield running


async def test_neither_proxies_nor_netrc_come_between_the_bot_and_loopback(
    slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token is sent, by everything that the environment might change."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login x password y\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:p@ss:nonsense")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    chosen = Settings.of(
        slack_api_url=slack.api_url,
        slack_bot_token=slack.bot_token,
        https_proxy=NOBODY,
        http_proxy=NOBODY,
    )
    async with slack_session(chosen) as session:
        workspace = await find_workspace(slack_client(chosen, session))
        async with session.get(slack.api_url, headers={"Authorization": "Bearer x"}) as response:
            assert "Bearer x" == response.request_info.headers["Authorization"]
    assert "T0LOOPBACK1" == workspace.team_id
