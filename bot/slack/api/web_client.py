"""Calls of Slack's Web API and response URLs that return a refusal instead of raising it.

Each call has its own time limit, so that the next channel to the user is tried in time. Without a
valid token the bot still answers through response URLs, which need none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.privacy import shorten
from bot.domain.timing import Timing
from bot.slack.api.calls import (
    DeadTokenError,
    FormRefusedError,
    SlackError,
    SlackUnreachableError,
    checked,
    url_refusal,
    within,
)
from bot.slack.api.posted import Threads
from bot.slack.blocks.block_kit import SECTION_LIMIT, Block, escape, section

Arguments = dict[str, Any]

# Interactive elements, which have no text worth reading.
_CONTROLS: Final = frozenset({"actions", "button", "static_select", "divider"})

_log = structlog.get_logger(__name__)
T = TypeVar("T")


def plain_text_fallback(arguments: Mapping[str, Any]) -> Arguments | None:
    """A message or view as plain paragraphs; `None` if it is plain already, or is neither."""
    plain = dict(arguments)
    if isinstance(arguments.get("view"), dict):
        plain["view"] = _plain_view(arguments["view"])
    elif arguments.get("blocks") is not None:
        text = shorten(str(arguments.get("text", "")), SECTION_LIMIT)
        plain |= {"text": text, "blocks": [section(text)]}
    return None if plain == arguments else plain


def _plain_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view with its inputs unchanged and one paragraph for each other block."""
    plain: list[Block] = []
    for block in view["blocks"]:
        words = "".join(_words(block))
        if block["type"] == "input":
            plain.append(block)
        elif words:
            plain.append(section(words))
    return {**view, "blocks": plain}


def _words(part: Any) -> Iterator[str]:
    """The texts of a block as mrkdwn, in order."""
    if isinstance(part, list):
        for one in part:
            yield from _words(one)
    elif isinstance(part, dict) and part.get("type") not in _CONTROLS:
        text = part.get("text")
        if isinstance(text, str):
            yield text if part["type"] == "mrkdwn" else escape(text)
        else:
            yield from _words(text)
        yield from _words(part.get("elements"))


class BotToken:
    """The state of the bot token, learnt from the answers to all calls."""

    def __init__(self, client: AsyncWebClient, *, timing: Timing = Timing()) -> None:
        self._client = client
        self._timing = timing
        # When a refused token was last tried; `None` while Slack accepts it.
        self._tried: float | None = None

    def refused(self, error: DeadTokenError) -> None:
        """Note that a call was refused because of the token."""
        if self._tried is None:
            _log.error(
                "Slack no longer accepts SLACK_BOT_TOKEN: install the app in the workspace again, "
                "set the token that Slack then shows, and restart; `voicestatus doctor` checks it",
                error=error.reason,
            )
            self._tried = monotonic()

    def accepted(self) -> None:
        """Note that Slack accepted a call."""
        if self._tried is not None:
            _log.info("Slack accepts SLACK_BOT_TOKEN again")
        self._tried = None

    async def is_taken(self) -> bool:
        """Whether Slack accepts it; a refused token is checked again every `token_retry`."""
        if self._tried is not None and monotonic() - self._tried >= self._timing.token_retry:
            self._tried = monotonic()
            with suppress(SlackError):
                async with within(self._timing.token_check):
                    await self._client.auth_test()
                self.accepted()
        return self._tried is None


class SlackClient:
    """Calls Slack; a refusal is a return value, not an exception.

    Attributes:
        token: whether Slack accepts the bot's token.
        threads: which threads are gone.
        timing: the time limits.
    """

    def __init__(
        self, *, client: AsyncWebClient, session: aiohttp.ClientSession, timing: Timing = Timing()
    ) -> None:
        self.token = BotToken(client, timing=timing)
        self.threads = Threads(client, timing=timing)
        self._client = client
        self._session = session
        self.timing = timing
        self._patience = timing.slack_call
        self._limits: set[asyncio.Timeout] = set()
        self._hurried = asyncio.Event()
        # When a rate-limited or failing method may be called again, in the loop's time.
        self._reopens: dict[str, float] = {}

    def hurry(self) -> None:
        """Shorten the time limits of running and later calls: the process is about to end."""
        self._patience = self.timing.hurried_call
        # Rescheduling running timeouts makes a drain on SIGTERM end within the grace period.
        soon = asyncio.get_running_loop().time() + self._patience
        for limit in self._limits:
            limit.reschedule(min(soon, limit.when() or soon))
        self._hurried.set()

    async def reopened(self) -> bool:
        """Wait until the first paused method may be called again; returns whether any was paused.

        After `hurry` it does not wait: the last attempt is made immediately.
        """
        now = asyncio.get_running_loop().time()
        pauses = [moment - now for moment in self._reopens.values() if moment > now]
        if not pauses or self._hurried.is_set():
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(min(pauses)):
                await self._hurried.wait()
        return True

    async def call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer of a method, or `None`; blocks that Slack refuses are resent as plain text."""

        async def ask(content: dict[str, Any]) -> dict[str, Any]:
            answer = checked((await self._client.api_call(method, json=content)).data)
            self.token.accepted()
            return answer

        return await self._sent(ask, arguments, target=method, shown=method)

    async def post(self, response_url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL; returns whether Slack accepted it."""
        if not response_url:
            return False

        async def send(content: dict[str, Any]) -> bool:
            try:
                return await self._send(response_url, content)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A pooled connection that Slack had closed already.
                return await self._send(response_url, content)

        # A response URL is a secret, so it is not logged.
        return await self._sent(send, body, target=response_url, shown="response_url") is True

    async def _send(self, response_url: str, content: dict[str, Any]) -> bool:
        # Not by slack-sdk's webhook client, which costs a third more.
        async with self._session.post(
            response_url, json=content, proxy=self._client.proxy, allow_redirects=False
        ) as answer:
            body = (await answer.read()).decode(errors="replace")
            refused = url_refusal(answer.status, answer.headers, body)
        if refused is not None:
            raise refused
        return True

    async def _sent(
        self, call: Callable[[dict[str, Any]], Awaitable[T]], content: dict[str, Any], **names: str
    ) -> T | None:
        """The result of a call, or `None`; if only the form is refused, of one with plain text."""
        try:
            return await self._patiently(lambda: call(content))
        except SlackError as error:
            self._note(error, **names)
            of_form = isinstance(error, FormRefusedError)
        plain = plain_text_fallback(content) if of_form else None
        return await self._sent(call, plain, **names) if plain is not None else None

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call Slack; wait for a brief rate limit once, after a long one try the next channel."""
        try:
            return await self._in_time(call)
        except SlackError as error:
            pause = error.retry_after
            if pause is None or pause > self._patience:
                raise
        await self._in_time(partial(asyncio.sleep, pause), more=1.0)
        return await self._in_time(call)

    def _note(self, error: SlackError, *, target: str, shown: str) -> None:
        """Note a failed call: log it, and when to call again.

        Args:
            error: why it failed.
            target: the method, or the response URL.
            shown: what is logged for it.
        """
        if isinstance(error, DeadTokenError):
            self.token.refused(error)
        else:
            event = "refused by Slack" if error.status else "Slack unreachable"
            _log.warning(event, method=shown, error=error.reason, status=error.status)
        now = asyncio.get_running_loop().time()
        self._reopens = {one: moment for one, moment in self._reopens.items() if moment > now}
        pause = error.retry_after
        if isinstance(error, SlackUnreachableError):
            pause = self.timing.recovery
        # A longer rate limit would outlast the user's patience.
        if pause is not None and pause <= self.timing.longest_limit:
            self._reopens[target] = now + pause

    async def _in_time(self, call: Callable[[], Awaitable[T]], *, more: float = 0.0) -> T:
        # slack-sdk ignores its own `timeout` if it is given a session.
        async with within(self._patience + more) as limit:
            self._limits.add(limit)
            try:
                return await call()
            finally:
                self._limits.discard(limit)
