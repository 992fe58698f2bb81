"""Requests to POST /slack/events: only signed and well-formed ones are handled."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.fake_slack.people.delivery import FORM, JSON, sign
from bot.settings.settings import Mode
from tests.support.scene import Scene, Stages, playing

CANARY: Final = "canary-5511987654321"
COMMAND: Final = urlencode({"command": "/voicestatus", "text": CANARY, "user_id": "U1"}).encode()
DEEP: Final = b"[" * 100_000


class Reply(NamedTuple):
    """Status and body of an HTTP reply."""

    status: int
    body: str


@pytest.fixture
async def http(stages: Stages, log: io.StringIO) -> AsyncIterator[Scene]:
    """A bot in HTTP mode that logs everything; no part of a body may be in the log."""
    async with stages.scene(Mode.HTTP) as scene:
        yield scene
    assert CANARY not in log.getvalue()
    assert "Traceback" not in log.getvalue()
    assert '"exception"' not in log.getvalue()


async def post(
    scene: Scene,
    body: bytes | io.BytesIO,
    *,
    headers: dict[str, str] | None = None,
    path: str = "/slack/events",
) -> Reply:
    """Post any body with any headers."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(scene.url(path), data=body, headers=headers) as reply,
    ):
        return Reply(reply.status, await reply.text())


async def signed(scene: Scene, body: bytes, content_type: str) -> Reply:
    """Post a body with a current signature."""
    headers = sign(scene.slack.signing_secret, int(time.time()), body)
    return await post(scene, body, headers={"Content-Type": content_type, **headers})


def _at(offset: float) -> Callable[[str], dict[str, str]]:
    return lambda secret: sign(secret, int(time.time() + offset), COMMAND)


def _junk_time(text: str) -> Callable[[str], dict[str, str]]:
    return lambda secret: sign(secret, text, COMMAND)


def _with_signature(signature: str) -> Callable[[str], dict[str, str]]:
    now = str(int(time.time()))
    return lambda _: {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature}


def _without(name: str) -> Callable[[str], dict[str, str]]:
    return lambda secret: {n: v for n, v in _at(0)(secret).items() if n != name}


UNSIGNED: Final = {
    "no headers": lambda _: {},
    "wrong secret": lambda _: sign("not-the-secret", int(time.time()), COMMAND),
    "of another body": lambda secret: sign(secret, int(time.time()), b"x=1"),
    "over five minutes old": _at(-301),
    "six minutes ahead": _at(360),
    "no timestamp": _without("X-Slack-Request-Timestamp"),
    "no signature": _without("X-Slack-Signature"),
    "junk timestamp": _junk_time("yesterday"),
    "empty timestamp": _junk_time(""),
    "negative timestamp": _junk_time("-1"),
    "fractional timestamp": _junk_time("1700000000.5"),
    "not a number": _junk_time("nan"),
    "endless timestamp": _junk_time("9" * 400),
    "digits of another script": _junk_time("\u0661\u0667" + "\u0660" * 8),
    "non-ASCII signature": _with_signature("v0=ação"),
    "empty signature": _with_signature(""),
    "version v1": _with_signature(f"v1={'0' * 64}"),
    "short signature": _with_signature("v0=abc"),
    "long signature": _with_signature(f"v0={'0' * 6_000}"),
}


async def test_a_request_that_slack_did_not_sign_is_refused(http: Scene, log: io.StringIO) -> None:
    """401 for any fault in the signature; the log says so, and the gateway gets no request."""
    replies = {
        name: await post(
            http, COMMAND, headers={"Content-Type": FORM, **headers(http.slack.signing_secret)}
        )
        for name, headers in UNSIGNED.items()
    }

    assert dict.fromkeys(UNSIGNED, Reply(401, '{"error": "signature"}')) == replies
    assert ([], []) == (http.gateway_requests, http.slack.posts)
    assert '"status": 401' in log.getvalue()


async def test_a_signature_a_few_minutes_old_is_still_good(http: Scene) -> None:
    """The clocks may differ by five minutes."""
    body = b'{"type": "url_verification", "challenge": "c-1"}'
    headers = sign(http.slack.signing_secret, int(time.time()) - 240, body)

    reply = await post(http, body, headers={"Content-Type": JSON, **headers})

    assert 200 == reply.status


UNREADABLE: Final = {
    "bad JSON": (b"{not json " + CANARY.encode(), JSON),
    "empty JSON": (b"", JSON),
    "JSON list": (b'["' + CANARY.encode() + b'"]', JSON),
    "JSON string": (b'"' + CANARY.encode() + b'"', JSON),
    "JSON null": (b"null", JSON),
    "event that is a number": (b'{"type": 1, "event": 2}', JSON),
    "event that is a list": (
        b'{"type": "event_callback", "event": ["' + CANARY.encode() + b'"]}',
        JSON,
    ),
    "JSON number": (b"12", JSON),
    "endless JSON list": (DEEP, JSON),
    "endless JSON object in a form": (b'{"a":' * 50_000, FORM),
    "payload that is no JSON": (b"payload=" + CANARY.encode(), FORM),
    "payload that is a list": (b"payload=%5B1%5D", FORM),
    "payload that is null": (b"payload=null", FORM),
    "second payload that is no JSON": (b"payload=%7B%7D&payload=" + CANARY.encode(), FORM),
    "no UTF-8": (b"text=\xff" + CANARY.encode(), FORM),
    "JSON by its first character": (b"{" + CANARY.encode(), FORM),
}


async def test_a_signed_body_that_cannot_be_read_is_refused(http: Scene) -> None:
    """400, although the signature is valid."""
    replies = {name: await signed(http, *sent) for name, sent in UNREADABLE.items()}

    assert dict.fromkeys(UNREADABLE, Reply(400, '{"error": "body"}')) == replies


UNKNOWN: Final = (
    (b"{}", JSON),
    (b'{"type": "event_callback", "event": {"type": "nobody_listens"}}', JSON),
    (b'{"event": {}, "authorizations": 3}', JSON),
    (b'{"event": {"user": 3, "channel": []}, "authorizations": [1], "team_id": {}}', JSON),
    (b'{"type": "event_callback", "event": {"type": "function_executed"}}', JSON),
    (b"payload=%7B%7D", FORM),
    (b"payload=%7B%22type%22%3A%22block_actions%22%7D", FORM),
    (b"payload=%7B%22user%22%3A7%2C%22team%22%3A%5B%5D%7D", FORM),
    (b"", FORM),
    (b"a=b", FORM),
    (b"text=x", "text/plain"),
    (b"\x00", FORM),
)


async def test_a_signed_body_that_nobody_listens_to_is_no_server_error(http: Scene) -> None:
    """Slack may send requests that this version does not know; never 500."""
    found = [(body, (await signed(http, body, kind)).status) for body, kind in UNKNOWN]

    assert [] == [(body, status) for body, status in found if status not in {200, 400, 404}]


SERVED_NOT: Final = {
    ("GET", "/slack/events"): 405,
    ("PUT", "/slack/events"): 405,
    ("POST", "/"): 404,
    ("GET", "/"): 404,
    ("POST", "/slack/events/more"): 404,
    ("GET", "/slack/install"): 404,
    ("POST", "/healthz"): 405,
}


async def test_other_paths_and_methods_are_not_served(http: Scene) -> None:
    """404 and 405."""
    found = {}
    async with aiohttp.ClientSession() as session:
        for method, path in SERVED_NOT:
            async with session.request(method, http.url(path), data=b"x") as reply:
                found[method, path] = reply.status

    assert SERVED_NOT == found


async def test_a_body_over_one_mebibyte_is_refused(http: Scene) -> None:
    """413, before the signature is checked."""
    reply = await post(http, io.BytesIO(CANARY.encode() * 70_000))

    assert 413 == reply.status


async def test_the_check_of_the_address_is_answered(http: Scene) -> None:
    """url_verification returns the challenge."""
    reply = await signed(http, b'{"type": "url_verification", "challenge": "c-1"}', JSON)

    assert 200 == reply.status
    assert "c-1" in reply.body


async def test_the_check_of_the_certificate_is_answered(http: Scene) -> None:
    """A signed ssl_check gets 200."""
    reply = await signed(http, b"ssl_check=1&token=x", FORM)

    assert 200 == reply.status


async def test_an_unsigned_check_of_the_address_is_refused(http: Scene) -> None:
    """Only Slack learns that this is a Slack app's endpoint."""
    body = b'{"type": "url_verification", "challenge": "c-1"}'

    assert 401 == (await post(http, body, headers={"Content-Type": JSON})).status


async def test_socket_mode_serves_no_slack_endpoint() -> None:
    """Socket Mode has no signed requests, so it serves no endpoint for them."""
    async with playing(Mode.SOCKET) as scene:
        reply = await signed(scene, COMMAND, FORM)

    assert 404 == reply.status
