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
from multidict import CIMultiDict, CIMultiDictProxy
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp

from bot.domain.timing import Timing
from bot.fake_slack.people.delivery import sign
from bot.web import SLACK_PATH
from bot.web.server import build_server, serving
from bot.web.slack_endpoint import SlackEndpoint, fault_of_signature

NOW = 1_800_000_000.0
SIGNATURE = "v0=" + "0f" * 32
SECRET = "a secret of Slack's"


def fault(*pairs: tuple[str, str]) -> str:
    """What is wrong with these header fields."""
    return fault_of_signature(CIMultiDictProxy(CIMultiDict(pairs)), NOW)


def at(timestamp: str, signature: str = SIGNATURE) -> str:
    """What is wrong with this time stamp and this signature."""
    return fault(("x-slack-request-timestamp", timestamp), ("X-SLACK-SIGNATURE", signature))


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_a_recent_and_well_formed_signature_passes(seconds: int) -> None:
    """Whether it is correct depends on the body."""
    assert "" == at(str(int(NOW) + seconds))


@pytest.mark.parametrize("seconds", [-301, 301, -(10**9), 10**11])
def test_an_old_time_stamp_is_a_clock_problem(seconds: int) -> None:
    """Slack recommends to ignore requests that are over five minutes old."""
    assert "clock" == at(str(int(NOW) + seconds))


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "-1800000000",
        "+1800000000",
        "1800000000.0",
        "1.8e9",
        "١٨٠٠٠٠٠٠٠٠",
        "1" * 13,
        "1800000000 ",
    ],
)
def test_a_time_stamp_has_digits_only(timestamp: str) -> None:
    """Slack sends Unix seconds."""
    assert "signature" == at(timestamp)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0f" * 32,
        "v1=" + "0f" * 32,
        "v0=" + "0F" * 32,
        "v0=" + "0f" * 31,
        "v0=" + "0f" * 33,
        f"{SIGNATURE},{SIGNATURE}",
        f" {SIGNATURE}",
    ],
)
def test_a_signature_has_one_form(signature: str) -> None:
    """A version, and 64 lower-case hexadecimal digits."""
    assert "signature" == at(str(int(NOW)), signature)


@pytest.mark.parametrize("times", [(0, 1), (1, 0), (2, 1), (1, 2)])
def test_each_field_comes_once(times: tuple[int, int]) -> None:
    """Of two, a proxy might check the other one."""
    stamps = [("X-Slack-Request-Timestamp", str(int(NOW)))] * times[0]

    assert "signature" == fault(*stamps, *[("X-Slack-Signature", SIGNATURE)] * times[1])


class Bolt:
    """Answers signed requests when a test allows it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def async_dispatch(self, _: object) -> BoltResponse:
        """Wait for permission, then answer."""
        self.begun.set()
        await self.may_answer.wait()
        return BoltResponse(status=200, body="done")


@asynccontextmanager
async def endpoint(bolt: Bolt, timing: Timing = Timing(), **bounds: int) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port."""
    slack = SlackEndpoint(cast("AsyncApp", bolt), SECRET, timing=timing)
    app = build_server(readiness=never, metrics=bytes, slack=slack)
    async with (
        serving(app, host="127.0.0.1", port=0, timing=timing, **bounds) as port,
        asyncio.timeout(20),
    ):
        yield port


async def never() -> dict[str, bool]:
    """A readiness check that is never used."""
    raise AssertionError


def head(length: int, *lines: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """A head with the signature for a body."""
    signed = sign(SECRET, int(time.time()), body)
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
