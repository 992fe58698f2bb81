"""What Slack's side may send: so many bytes, and no way to another host."""

from __future__ import annotations

import asyncio
import gzip
import io
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from aiohttp import ClientSession, web

from bot.domain.timing import Timing
from bot.slack.api.calls import SlackError, SlackUnreachableError, slack_answer, within
from bot.slack.api.session import MAX_REPLY_BYTES, open_session, web_client
from bot.slack.api.web_client import SlackClient
from bot.slack.inbound.dialling import count_connections, dial, socket_address

MUCH = 32 * MAX_REPLY_BYTES
JSON = "application/json"
PIECE = b"x" * 64 * 1024


@cache
def bomb() -> bytes:
    """Few bytes that unpack to many."""
    return gzip.compress(bytes(MUCH))


@dataclass(kw_only=True)
class Hostile:
    """A Slack under somebody else's control.

    Attributes:
        url: its address.
        sent: how many bytes of an endless answer it could send.
        reached: the paths that were requested.
        socket: the message that a WebSocket gets.
    """

    url: str = ""
    sent: int = 0
    reached: list[str] = field(default_factory=list)
    socket: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Do what the end of the path says."""
        self.reached.append(request.path)
        match request.path.rpartition("/")[2]:
            case "endless":
                return await self._pour(request)
            case "bomb":
                headers = {"Content-Encoding": "gzip"}
                return web.Response(body=bomb(), content_type=JSON, headers=headers)
            case "socket":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                await socket.send_str(self.socket)
                await socket.receive()
                return socket
            case "largest" | "larger" as size:
                length = MAX_REPLY_BYTES + (size == "larger")
                return web.Response(text='{"ok": true}'.ljust(length), content_type=JSON)
            case "elsewhere":
                return web.Response(text="ok")
            case status:
                return web.Response(status=int(status), headers={"Location": "/elsewhere"})

    async def _pour(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": JSON})
        await response.prepare(request)
        while self.sent < MUCH:
            await response.write(PIECE)
            self.sent += len(PIECE)
        return response


@pytest.fixture
async def slack() -> AsyncIterator[Hostile]:
    """A hostile Slack on loopback."""
    hostile = Hostile()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hostile.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hostile.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield hostile
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """The bot's pool of connections to Slack."""
    async with open_session() as opened:
        yield opened


def door_to(slack: Hostile, session: ClientSession) -> SlackClient:
    """The bot's client of this Slack."""
    client = web_client(token="xoxb-1", api_url=f"{slack.url}/api/", session=session)
    return SlackClient(client=client, session=session)


async def refusal(slack: Hostile, session: ClientSession, what: str) -> str:
    """Why a call of the Web API fails."""
    client = web_client(token="xoxb-1", api_url=f"{slack.url}/api/", session=session)
    client.retry_handlers = []
    with pytest.raises(SlackUnreachableError) as caught:
        await slack_answer(lambda: client.api_call(what))
    return caught.value.reason


@pytest.mark.parametrize("what", ["endless", "bomb"])
async def test_a_reply_is_read_up_to_a_limit(
    slack: Hostile, session: ClientSession, log: io.StringIO, what: str
) -> None:
    """Of the Web API and of a response URL; counted after unpacking."""
    bomb()
    tracemalloc.start()
    try:
        assert "ReplyTooLongError" == await refusal(slack, session, what)
        assert not await door_to(slack, session).post(f"{slack.url}/{what}", {"text": "x"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "ReplyTooLongError" in log.getvalue()
    assert slack.sent < MUCH
    assert peak < 8 * MAX_REPLY_BYTES


async def test_a_reply_within_the_limit_is_read(slack: Hostile, session: ClientSession) -> None:
    """And one with a byte more is not."""
    client = web_client(token="xoxb-1", api_url=f"{slack.url}/api/", session=session)
    assert {"ok": True} == (await client.api_call("largest")).data
    assert "ReplyTooLongError" == await refusal(slack, session, "larger")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(slack: Hostile, session: ClientSession, status: int) -> None:
    """Neither with a call, nor with an answer to a person, nor with the socket."""
    assert "RedirectedError" == await refusal(slack, session, str(status))
    assert not await door_to(slack, session).post(f"{slack.url}/{status}", {"text": "x"})
    with pytest.raises(SlackError) as caught:
        async with within(5):
            await dial(session, f"{slack.url}/{status}", Timing())
    assert "RedirectedError" == caught.value.reason
    assert [f"/api/{status}", f"/{status}", f"/{status}"] == slack.reached


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hook",
        "https://evil.example/hook",
        "https://hooks.slack.com@evil.example/hook",
        "https://hooks.slack.com.evil.example/hook",
        "http://hooks.slack.com/hook",
        "http://localhost:{port}/hook",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
    ],
)
async def test_an_answer_goes_to_slack_only(
    slack: Hostile, session: ClientSession, log: io.StringIO, url: str
) -> None:
    """A signing secret that leaked must not lead customers' data, or a request, elsewhere."""
    target = url.format(port=slack.url.rpartition(":")[2])

    assert not await door_to(slack, session).post(target, {"text": "x"})
    assert [] == slack.reached
    assert (1, False) == (log.getvalue().count("another host"), target in log.getvalue())


async def test_a_message_of_the_socket_has_the_same_limit(
    slack: Hostile, session: ClientSession
) -> None:
    """A longer one ends the connection."""
    slack.socket = '{"type": "hello", "num_connections": 1}'
    address = f"{slack.url}/socket".replace("http", "ws", 1)
    assert 1 == await count_connections(session, address)

    slack.socket = slack.socket.ljust(MAX_REPLY_BYTES + 1)
    with pytest.raises(SlackUnreachableError) as caught:
        await count_connections(session, address, replace(Timing(), dial=5.0))
    assert "closed" == caught.value.reason


class Opening:
    """A Web API whose socket has this address."""

    def __init__(self, base_url: str, address: str) -> None:
        self.base_url, self._address = base_url, address

    async def apps_connections_open(self, **_: str) -> object:
        """The answer to the method of this name."""
        return Answer({"ok": True, "url": self._address})


class Answer(dict[str, object]):
    """An answer of slack-sdk."""

    @property
    def data(self) -> dict[str, object]:
        """Its body."""
        return self


@pytest.mark.parametrize(
    ("api", "address", "taken"),
    [
        ("https://slack.com/api/", "wss://wss-primary.slack.com/link", True),
        ("https://slack.com/api/", "ws://wss-primary.slack.com/link", False),
        ("http://127.0.0.1:4000/api/", "ws://127.0.0.1:4000/link", True),
        ("http://127.0.0.1:4000/api/", "wss://127.0.0.1:4000/link", True),
        ("http://127.0.0.1:4000/api/", "http://127.0.0.1:4000/link", False),
    ],
)
async def test_the_socket_has_tls_where_the_api_has_it(api: str, address: str, taken: bool) -> None:
    """An answer must not lead to clear text."""
    opening: object = Opening(api, address)
    if taken:
        assert address == await asyncio.wait_for(socket_address(opening, "xapp-1"), 5)  # type: ignore[arg-type]
    else:
        with pytest.raises(SlackUnreachableError, match="without an address"):
            await socket_address(opening, "xapp-1")  # type: ignore[arg-type]
