"""The checks on the head of a request, before its body is read."""

from __future__ import annotations

import asyncio
import gc
import io
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.timing import Timing
from bot.fake_slack.people.delivery import sign
from bot.web import SLACK_PATH
from bot.web.server import build_server, serving
from bot.web.slack_endpoint import SlackEndpoint

SECRET = "a secret of Slack's"


class Bolt:
    """Answers signed requests when a test allows it."""

    def __init__(self, *statuses: int) -> None:
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.statuses = [*statuses]
        self.asked = 0
        self.payload: object = None

    async def async_dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Wait for permission, then answer with the next status; 0 breaks."""
        self.payload = request.body
        self.begun.set()
        self.asked += 1
        await self.may_answer.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise RuntimeError
        return BoltResponse(status=status, body="done", headers={"Content-Type": "text/x-done"})


@asynccontextmanager
async def endpoint(bolt: Bolt, timing: Timing = Timing(), **bounds: int) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port."""
    slack = SlackEndpoint(cast("AsyncApp", bolt), SECRET, timing=timing)
    app = build_server(slack=slack)
    async with (
        serving(app, host="127.0.0.1", port=0, timing=timing, **bounds) as port,
        asyncio.timeout(20),
    ):
        yield port


def head(length: int, *lines: str, body: bytes = b"", version: str = "1.1", ago: int = 0) -> bytes:
    """A head with the signature for a body, made so many seconds ago."""
    signed = sign(SECRET, int(time.time()) - ago, body)
    fields = [*lines, *(f"{name}: {value}" for name, value in signed.items())]
    first = f"POST {SLACK_PATH} HTTP/{version}"
    return "\r\n".join([first, "Host: b", f"Content-Length: {length}", *fields, "\r\n"]).encode()


async def test_a_signed_request_is_answered_however_many_connect() -> None:
    """No connection is closed for another one while Bolt handles its request."""
    bolt = Bolt()
    async with endpoint(bolt, most=1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(3, body=b"a=b") + b"a=b")
        await bolt.begun.wait()
        other, stranger = await asyncio.open_connection("127.0.0.1", port)
        assert b"" == await other.read()
        stranger.close()
        bolt.may_answer.set()
        answer = await reader.readuntil(b"done")
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("version", "first"), [("1.0", b"401"), ("1.1", b"100")])
async def test_only_http_1_1_gets_100_continue(version: str, first: bytes) -> None:
    """HTTP/1.0 has no `100 Continue`."""
    async with endpoint(Bolt()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(3, "Expect: 100-continue", version=version) + b"a=b")
        line = await reader.readline()
        writer.close()

    assert first == line.split()[1]


@pytest.mark.parametrize("reason", ["gone", "slow"])
async def test_an_unfinished_body_leaves_nothing_in_memory(log: io.StringIO, reason: str) -> None:
    """No stored error or traceback holds an unfinished body in memory."""
    timing = replace(Timing(), body=0.1 if reason == "slow" else 20.0, linger=0.01)
    async with endpoint(Bolt(), timing) as port:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for number in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(head(1_000_000) + b"x" * 400_000)
                await writer.drain()
                if reason == "gone":
                    writer.transport.abort()
                while log.getvalue().count(f'"{reason}"') <= number:  # noqa: ASYNC110 - others write
                    await asyncio.sleep(0.005)
                writer.transport.abort()
            del writer
            await asyncio.sleep(0.05)
            held, _peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.enable()

    assert held < 400_000


async def answer_to(port: int, sent: bytes) -> tuple[int, bytes]:
    """Send a request on a connection of its own; the answer's status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    writer.close()
    return int(answer.split()[1]), body


def sent(body: bytes = b"a=b") -> bytes:
    """A request of Slack's."""
    return head(len(body), body=body) + body


async def test_a_repeated_request_does_nothing() -> None:
    """It gets 200 without content, whether the first one is over or not."""
    bolt = Bolt()
    async with endpoint(bolt) as port:
        request = sent()
        first = asyncio.create_task(answer_to(port, request))
        await bolt.begun.wait()
        assert (200, b"") == await answer_to(port, request)
        bolt.may_answer.set()
        assert (200, b"done") == await first
        assert (200, b"") == await answer_to(port, request)
    assert 1 == bolt.asked


class Turns(Bolt):
    """Notes in which turn of the loop each request comes."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer.set()
        self.turn = 0
        self.turns: list[int] = []
        self._count()

    def _count(self) -> None:
        self.turn += 1
        asyncio.get_running_loop().call_soon(self._count)

    async def async_dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Answer at once."""
        self.turns.append(self.turn)
        return await super().async_dispatch(request)


async def test_long_requests_do_not_follow_each_other_at_once() -> None:
    """The requests of others come in between, however many long ones somebody sends."""
    bolt = Turns()
    async with endpoint(bolt) as port:
        wires = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]
        # All of them in one turn of the loop.
        for number, (_, writer) in enumerate(wires):
            writer.write(sent(b"a=%06d" % number * 2_000))
        for reader, writer in wires:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()
    assert 10 == len(set(bolt.turns))


async def test_who_repeats_a_request_does_not_get_slacks_place() -> None:
    """A copy of a signed request must not keep a connection from being closed for others."""
    bolt, request = Bolt(), sent()
    bolt.may_answer.set()
    timing = replace(Timing(), newcomer=0.0)
    async with endpoint(bolt, timing, most=2) as port:
        slack, own = await asyncio.open_connection("127.0.0.1", port)
        own.write(request)
        await slack.readuntil(b"done")
        copier, copied = await asyncio.open_connection("127.0.0.1", port)
        copied.write(request)
        await copier.readuntil(b"\r\n\r\n")
        assert 200 == (await answer_to(port, sent(b"c=d")))[0]
        assert b"" == await copier.read()
        own.write(sent(b"e=f"))
        await slack.readuntil(b"done")
        for writer in (own, copied):
            writer.close()


@pytest.mark.parametrize("status", [500, 404, 300, 0])
async def test_a_request_that_failed_may_be_delivered_again(status: int) -> None:
    """Slack's next attempt may come within the same second, so it has the same signature."""
    bolt, request = Bolt(status), sent()
    bolt.may_answer.set()
    async with endpoint(bolt) as port:
        assert (status or 500) == (await answer_to(port, request))[0]
        assert (200, b"done") == await answer_to(port, request)
        assert (200, b"") == await answer_to(port, request)


async def test_slacks_check_of_the_address_is_answered_each_time() -> None:
    """It does nothing but echo."""
    bolt = Bolt()
    bolt.may_answer.set()
    body = b'{"type": "url_verification", "challenge": "c"}'
    check = head(len(body), "Content-Type: application/json", body=body) + body
    async with endpoint(bolt) as port:
        assert [(200, b"done")] * 2 == [await answer_to(port, check) for _ in range(2)]


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"text=a+b%2Bc%26d%3D1&user_id=", {"text": "a b+c&d=1", "user_id": ""}),
        ("text=ç%C3%A3o&text=%F0%9F%98%80".encode(), {"text": "😀"}),
        (b"text=not+utf-8%3A+%FF", {"text": "not utf-8: \ufffd"}),
        (b"text=a+payload", {"text": "a payload"}),
        (b'payload={"type":+"block_actions"}&more=1', {"type": "block_actions"}),
        (b'{"type": "event_callback"}', {"type": "event_callback"}),
    ],
)
async def test_bolt_gets_the_payload_of_each_kind_of_body(
    body: bytes, payload: dict[str, str]
) -> None:
    """A form, JSON in a form, or JSON; a text may have the name of a field in it."""
    bolt = Bolt()
    bolt.may_answer.set()
    async with endpoint(bolt) as port:
        assert (200, b"done") == await answer_to(port, sent(body))
    assert payload == bolt.payload


async def test_the_answer_is_of_the_type_that_bolt_says() -> None:
    """Slack reads what changes a form only as JSON."""
    bolt = Bolt()
    bolt.may_answer.set()
    async with endpoint(bolt) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent())
        assert b"content-type: text/x-done" in (await reader.readuntil(b"\r\n\r\n")).splitlines()
        writer.close()


@pytest.mark.parametrize("body", [b"payload=5", b"payload=[]", b"payload=", b"{"])
async def test_a_body_without_a_payload_is_refused(body: bytes) -> None:
    """400, and Bolt does not see it."""
    bolt = Bolt()
    async with endpoint(bolt) as port:
        assert (400, b'{"error": "body"}') == await answer_to(port, sent(body))
    assert 0 == bolt.asked


@pytest.mark.parametrize(
    ("length", "ago"), [(16 * 1024 + 1, 301), (16 * 1024 + 1, -302), (1_000_000, 10_000)]
)
async def test_no_body_is_awaited_whose_time_is_over(length: int, ago: int) -> None:
    """The head alone shows that the request is refused."""
    async with endpoint(Bolt()) as port:
        began = asyncio.get_running_loop().time()
        assert (401, b'{"error": "signature"}') == await answer_to(port, head(length, ago=ago))
    assert asyncio.get_running_loop().time() - began < Timing().body


@pytest.mark.parametrize("length", [3, 16 * 1024])
async def test_a_short_old_body_is_awaited_briefly(log: io.StringIO, length: int) -> None:
    """Slack's signature on it shows that the clocks differ."""
    timing, body = replace(Timing(), linger=0.05), b"x" * length
    async with endpoint(Bolt(), timing) as port:
        old = head(length, body=body, ago=400)
        assert (401, b'{"error": "signature"}') == await answer_to(port, old)
        assert '"reason": "old"' in log.getvalue()
        assert (401, b'{"error": "signature"}') == await answer_to(port, old + body)
    assert '"reason": "clock"' in log.getvalue()
