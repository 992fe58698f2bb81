"""The traffic since a user's last action: each request with its answer, for developers.

Secrets are masked before anything is stored: tokens and the keys of response_urls.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from aiohttp import web

from bot.fake_slack.state.workspace import VERIFICATION_TOKEN, Secrets

MASK = "••••••"
MOST_EXCHANGES = 100
MOST_CHARACTERS = 40_000
KEY_OF_URL = re.compile(r"LoopbackResponseUrl\d+")
BYTES_OF_FILES = ("/files-pri/", "/upload/")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Link(StrEnum):
    """The direction of an exchange."""

    TO_BOT = "to_bot"
    WEB_API = "web_api"
    RESPONSE_URL = "response_url"
    TO_GATEWAY = "to_gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer.

    Attributes:
        name: such as "chat.postMessage".
        at: seconds from the action until the request was sent; set by `Wire`.
        seconds: from the request to its answer.
        status: the HTTP status; 0 if there was no answer.
    """

    link: Link
    name: str
    seconds: float
    status: int
    request: str
    answer: str
    request_headers: Mapping[str, str]
    answer_headers: Mapping[str, str]
    at: float = 0.0


class Wire:
    """Stores the exchanges since the last action; nothing before the first action."""

    def __init__(self, changed: Callable[[], None], secrets: Secrets | None = None) -> None:
        self.action = 0
        secrets = secrets or Secrets()
        known = (secrets.bot_token, secrets.app_token, secrets.signing_secret)
        self._secrets = (*known, VERIFICATION_TOKEN)
        self._changed = changed
        self._began: float | None = None
        self._exchanges: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """In the order in which the requests were sent."""
        return tuple(sorted(self._exchanges, key=lambda one: one.at))

    def begin(self) -> None:
        """Start a new action and drop the exchanges of the last one."""
        self.action += 1
        self._began = time.perf_counter()
        self._exchanges.clear()

    def record(self, exchange: Exchange) -> None:
        """Store an exchange that has just ended, masked and truncated."""
        if self._began is None:
            return
        at = time.perf_counter() - self._began - exchange.seconds
        self._exchanges.append(
            replace(
                exchange,
                at=max(0.0, at),
                request=self._shown(exchange.request),
                answer=self._shown(exchange.answer),
                request_headers=self._shown_values(exchange.request_headers),
                answer_headers=self._shown_values(exchange.answer_headers),
            )
        )
        self._changed()

    def _shown(self, text: str) -> str:
        return shown(text, self._secrets)

    def _shown_values(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self._shown(value) for name, value in headers.items()}

    @web.middleware
    async def record_traffic(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record the bot's requests to this Slack, except for the bytes of files."""
        started = time.perf_counter()
        response = await handler(request)
        # File bodies are streamed: reading them here would buffer them in memory.
        of_file = request.path.startswith(BYTES_OF_FILES)
        if self._began is None or of_file or not isinstance(response, web.Response):
            return response
        method = request.match_info.get("method")
        sent = "" if request.content_type.startswith("multipart/") else await request.text()
        self.record(
            Exchange(
                link=Link.RESPONSE_URL if method is None else Link.WEB_API,
                name=method or "response_url",
                seconds=time.perf_counter() - started,
                status=response.status,
                request=sent,
                answer=response.text or "",
                request_headers=dict(request.headers),
                answer_headers={"Content-Type": response.content_type},
            )
        )
        return response


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """A text fit to be shown: secrets masked, at most `MOST_CHARACTERS` long."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    text = KEY_OF_URL.sub(MASK, text)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
