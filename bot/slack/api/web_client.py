"""Calls of Slack's Web API and response URLs that return a refusal instead of raising it.

Each call has its own time limit, so that the next channel to the user is tried in time. Without a
valid token the bot still answers through response URLs, which need none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.services.jobs.pace import Pace
from bot.slack.api.addresses import is_slacks
from bot.slack.api.calls import (
    DeadTokenError,
    FormRefusedError,
    SlackError,
    SlackUnreachableError,
    checked,
    load_codes,
    url_refusal,
    within,
)
from bot.slack.api.paced import Place
from bot.slack.api.posted import Threads
from bot.slack.blocks.plainer import Arguments, Forms
from bot.slack.blocks.seal import Seal

_log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Tries:
    """The attempts to send one answer.

    Attributes:
        forms: its forms that Slack may still accept.
        refusal: why a call failed last; `None` if none has.
    """

    forms: Forms = field(default_factory=Forms)
    refusal: SlackError | None = None


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
        undelivered: counts a message that Slack takes nowhere and in no form, by what it is.
        seal: signs what modals and buttons carry.
        timing: the time limits.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        pace: Pace | None = None,
        undelivered: Callable[[str], object] = str,
        seal: Seal | None = None,
        timing: Timing = Timing(),
    ) -> None:
        # Read now: a process that is out of file descriptors could not read it any more.
        load_codes()
        self._pace = pace
        self.undelivered = undelivered
        self.seal = seal or Seal()
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

    async def call(
        self, method: str, tries: Tries | None = None, **arguments: Any
    ) -> dict[str, Any] | None:
        """The answer of a method, or `None`; what Slack refuses for its form is sent plainer.

        Args:
            method: its name.
            tries: the earlier attempts to send this message, and then this one too.
            arguments: those of the method.
        """

        async def ask(content: Arguments) -> dict[str, Any]:
            answer = checked((await self._client.api_call(method, json=content)).data)
            self.token.accepted()
            return answer

        place = None
        if self._pace is not None and method.endswith(".postMessage"):
            place = Place(pace=self._pace, channel=arguments["channel"])
        return await self._sent(
            ask, arguments, tries or Tries(), place, target=method, shown=method
        )

    async def post(self, response_url: str, body: Arguments, tries: Tries | None = None) -> bool:
        """Post to a response URL as `call` does; returns whether Slack accepted it."""
        # Whoever has the signing secret could otherwise have customers' data sent anywhere.
        if not is_slacks(response_url, self._client.base_url):
            _log.warning("a response URL leads to another host than Slack's", method="response_url")
            return False

        async def send(content: Arguments) -> bool:
            try:
                return await self._send(response_url, content)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A pooled connection that Slack had closed already.
                return await self._send(response_url, content)

        # A response URL is a secret, so it is not logged.
        names = {"target": response_url, "shown": "response_url"}
        return await self._sent(send, body, tries or Tries(), None, **names) is True

    async def _send(self, response_url: str, content: Arguments) -> bool:
        # Not by slack-sdk's webhook client, which costs a third more.
        async with self._session.post(response_url, json=content) as answer:
            body = (await answer.read()).decode(errors="replace")
            refused = url_refusal(answer.status, answer.headers, body)
        if refused is not None:
            raise refused
        return True

    async def _sent(
        self,
        call: Callable[[Arguments], Awaitable[T]],
        content: Arguments,
        tries: Tries,
        place: Place | None,
        **names: str,
    ) -> T | None:
        """The result of a call with the first form that Slack does not refuse, or `None`."""
        for form in tries.forms.of(content):
            try:
                answer = await self._patiently(partial(call, form), place)
            except SlackError as error:
                tries.refusal = error
                self._note(error, **names)
                if not isinstance(error, FormRefusedError):
                    break
            else:
                tries.forms.accepted()
                return answer
        return None

    async def _patiently(self, call: Callable[[], Awaitable[T]], place: Place | None) -> T:
        """Call Slack; wait for a brief rate limit, after a long one try the next channel."""
        left = self._patience
        wait = 0.0 if place is None else place.first(left)
        while True:
            if wait > 0:
                await self._in_time(partial(asyncio.sleep, wait), more=1.0)
                left -= wait
            try:
                return await self._in_time(call)
            except SlackError as error:
                if error.retry_after is None or left < 0:
                    raise
                wait = error.retry_after
                if place is not None:
                    wait = await place.next(wait)
                if wait > left:
                    raise
            if place is None:
                # Once; who else waits for the same is not known.
                left = -1.0

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
            unreachable = isinstance(error, SlackUnreachableError) and not error.status
            event = "Slack unreachable" if unreachable else "refused by Slack"
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
