"""Delivers Slack's requests to the bot: signed over HTTP, or as envelopes through a socket.

Invalid ones can be sent on purpose. The bot is reached only over the wire.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Ack
from bot.fake_slack.wire import Exchange, Link, Wire

PATIENCE_SECONDS = 3.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
RETRY_REASON = "http_timeout"


class Kind(StrEnum):
    """Kinds of deliveries, as Socket Mode names them."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


def sign(secret: str, timestamp: int | str, body: bytes) -> dict[str, str]:
    """Slack's signature headers, version v0 (docs.slack.dev, verifying requests from Slack)."""
    base = f"v0:{timestamp}:".encode() + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def encoded(kind: Kind, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body and content type that Slack uses for this kind of payload."""
    if kind is Kind.COMMAND:
        return urlencode(payload).encode(), FORM
    text = json.dumps(payload)
    if kind is Kind.INTERACTIVE:
        return urlencode({"payload": text}).encode(), FORM
    return text.encode(), JSON


class HttpDelivery:
    """Delivers to the bot's endpoint, as Slack does in HTTP mode."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        signing_secret: str = made_up.SIGNING_SECRET,
        patience: float = PATIENCE_SECONDS,
        wire: Wire | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._wire = wire
        self._signing_secret = signing_secret
        self._patience = patience

    async def deliver(
        self,
        kind: Kind,
        payload: Mapping[str, Any],
        *,
        retry_attempt: int = 0,
        envelope_id: str | None = None,  # noqa: ARG002 - sockets have it
    ) -> Ack:
        """Sign and send one payload; a `retry_attempt` of 1 or more marks a retry."""
        body, content_type = encoded(kind, payload)
        headers = {"Content-Type": content_type}
        if retry_attempt:
            headers["X-Slack-Retry-Num"] = str(retry_attempt)
            headers["X-Slack-Retry-Reason"] = RETRY_REASON
        # Slack signs each attempt at its own time; here they are within a second.
        headers |= sign(self._signing_secret, int(time.time()) + retry_attempt, body)
        return await self.send(body, headers)

    async def send(self, body: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Ack:
        """Send any body with any headers, signed or not."""
        started = time.perf_counter()
        patience = aiohttp.ClientTimeout(total=self._patience)
        kind = ""
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=patience
            ) as reply:
                text = await reply.text(errors="replace")
                status, kind = reply.status, reply.content_type
        # What Slack shows the user in place of an answer.
        except TimeoutError:
            status, text = 0, "operation_timeout"
        except aiohttp.ClientError:
            status, text = 0, "dispatch_failed"
        ack = Ack(status=status, body=text, seconds=time.perf_counter() - started)
        if self._wire is not None:
            self._wire.record(_exchange(body, headers, ack, kind))
        return ack


def _exchange(body: bytes, headers: Mapping[str, str], ack: Ack, kind: str) -> Exchange:
    return Exchange(
        link=Link.TO_BOT,
        name="POST /slack/events",
        seconds=ack.seconds,
        status=ack.status,
        request=body.decode(errors="replace"),
        answer=ack.body,
        request_headers=headers,
        answer_headers={"Content-Type": kind} if kind else {},
    )


class SocketDelivery:
    """Delivers as an envelope through the sockets of a loopback Slack."""

    def __init__(self, slack: LoopbackSlack, *, patience: float = PATIENCE_SECONDS) -> None:
        self._slack = slack
        self._patience = patience

    async def deliver(
        self,
        kind: Kind,
        payload: Mapping[str, Any],
        *,
        retry_attempt: int = 0,
        envelope_id: str | None = None,
    ) -> Ack:
        """Send one envelope; a `retry_attempt` of 1 or more marks a retry with the same id."""
        started = time.perf_counter()
        try:
            ack = await self._slack.socket.deliver(
                kind.value,
                payload,
                patience=self._patience,
                takes_payload=kind is not Kind.EVENT,
                retry_attempt=retry_attempt,
                retry_reason=RETRY_REASON if retry_attempt else "",
                envelope_id=envelope_id,
            )
        except TimeoutError:
            seconds = time.perf_counter() - started
            return Ack(status=0, body="operation_timeout", seconds=seconds)
        body = json.dumps(ack.payload) if ack.payload else ""
        return Ack(status=200, body=body, seconds=ack.seconds)
