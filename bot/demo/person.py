"""The person at the loopback Slack: sends what Slack would send for them, over HTTP or a socket.

Requests are built and signed as Slack does it; wrong ones can be made on purpose. The bot is
reached over the wire only: nothing of it is imported.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.demo.loopback import workspace as made_up
from bot.demo.slack_server import LoopbackSlack

PATIENCE_SECONDS = 3.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
RETRY_REASON = "http_timeout"


class Kind(StrEnum):
    """What is delivered, by the names that Socket Mode gives."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The bot's answer to one delivery: HTTP status, body, and the seconds until it came.

    Over a socket, an acknowledgement is 200 with its payload as JSON. Where nothing came, the
    status is 0 and the body what Slack shows then: operation_timeout or dispatch_failed.
    """

    status: int
    body: str
    seconds: float


def sign(secret: str, timestamp: int | str, body: bytes) -> dict[str, str]:
    """Slack's signature headers, version v0 (docs.slack.dev, verifying requests from Slack)."""
    base = f"v0:{timestamp}:".encode() + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def encoded(kind: Kind, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body and the content type that Slack uses for this kind of payload."""
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
    ) -> None:
        self._session = session
        self._url = url
        self._signing_secret = signing_secret
        self._patience = patience

    async def deliver(
        self, kind: Kind, payload: Mapping[str, Any], *, retry_attempt: int = 0
    ) -> Ack:
        """Sign and send one payload; a `retry_attempt` from 1 on is a repetition."""
        body, content_type = encoded(kind, payload)
        headers = {"Content-Type": content_type}
        if retry_attempt:
            headers["X-Slack-Retry-Num"] = str(retry_attempt)
            headers["X-Slack-Retry-Reason"] = RETRY_REASON
        headers |= sign(self._signing_secret, int(time.time()), body)
        return await self.send(body, headers)

    async def send(self, body: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Ack:
        """Send any body with any headers, signed or not."""
        started = time.perf_counter()
        patience = aiohttp.ClientTimeout(total=self._patience)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=patience
            ) as reply:
                text = await reply.text(errors="replace")
                status = reply.status
        except TimeoutError:
            status, text = 0, "operation_timeout"
        except aiohttp.ClientError:
            status, text = 0, "dispatch_failed"
        return Ack(status=status, body=text, seconds=time.perf_counter() - started)


class SocketDelivery:
    """Delivers as an envelope through the sockets of a loopback Slack."""

    def __init__(self, slack: LoopbackSlack, *, patience: float = PATIENCE_SECONDS) -> None:
        self._slack = slack
        self._patience = patience

    async def deliver(
        self, kind: Kind, payload: Mapping[str, Any], *, retry_attempt: int = 0
    ) -> Ack:
        """Send one envelope; a `retry_attempt` from 1 on is a repetition."""
        started = time.perf_counter()
        try:
            ack = await self._slack.socket.deliver(
                kind.value,
                payload,
                patience=self._patience,
                takes_payload=kind is not Kind.EVENT,
                retry_attempt=retry_attempt,
                retry_reason=RETRY_REASON if retry_attempt else "",
            )
        except TimeoutError:
            seconds = time.perf_counter() - started
            return Ack(status=0, body="operation_timeout", seconds=seconds)
        body = json.dumps(ack.payload) if ack.payload else ""
        return Ack(status=200, body=body, seconds=ack.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the made-up workspace who types; `delivery` is how it reaches the bot."""

    slack: LoopbackSlack = field(repr=False)
    delivery: HttpDelivery | SocketDelivery = field(repr=False)
    user: str = made_up.USER_ID
    team: str = made_up.TEAM_ID

    async def command(
        self,
        command: str,
        text: str = "",
        *,
        channel: str = made_up.CHANNEL_ID,
        user: str | None = None,
        team: str | None = None,
    ) -> Ack:
        """Type a slash command; what comes with the acknowledgement is shown in the channel."""
        payload = self.command_payload(
            command, text, channel=channel, user=user or self.user, team=team or self.team
        )
        ack = await self.deliver(Kind.COMMAND, payload)
        if ack.status == 200 and ack.body:  # noqa: PLR2004 - HTTP's number
            self.slack.show_ack(payload["response_url"], ack.body)
        return ack

    async def deliver(
        self, kind: Kind, payload: Mapping[str, Any], *, retry_attempt: int = 0
    ) -> Ack:
        """Deliver a ready payload of any kind."""
        return await self.delivery.deliver(kind, payload, retry_attempt=retry_attempt)

    def command_payload(
        self, command: str, text: str, *, channel: str, user: str, team: str
    ) -> dict[str, str]:
        """The fields of a slash command, with a response_url and a trigger_id of its own.

        In a channel or for a person that nobody described, Slack's neutral names stand.
        """
        workspace = self.slack.workspace
        place = workspace.channels.get(channel)
        profile = workspace.people.get(user)
        return {
            "token": made_up.VERIFICATION_TOKEN,
            "team_id": team,
            "team_domain": workspace.domain(team),
            "channel_id": channel,
            "channel_name": place.name_in_payloads if place else "privategroup",
            "user_id": user,
            "user_name": profile.name if profile else user.lower(),
            "command": command,
            "text": text,
            "api_app_id": made_up.APP_ID,
            "is_enterprise_install": "false",
            "response_url": self.slack.issue_response_url(channel=channel, user=user),
            "trigger_id": self.slack.issue_trigger(user),
        }


@asynccontextmanager
async def person_over_http(
    slack: LoopbackSlack, url: str, *, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Person]:
    """A person whose requests go to the bot at `url`, such as http://127.0.0.1:3000/slack/events."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Person(slack=slack, delivery=HttpDelivery(session, url, patience=patience))


def person_over_socket(slack: LoopbackSlack, *, patience: float = PATIENCE_SECONDS) -> Person:
    """A person whose requests go through Socket Mode."""
    return Person(slack=slack, delivery=SocketDelivery(slack, patience=patience))
