"""Finds messages of the bot by their mark, after an attempt to post them with unknown outcome.

That needs the history scopes, and `im:write` for a user's direct conversation; without them the
result is `UNREADABLE`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.jobs.job import Destination, PostedCard, Trace
from bot.domain.timing import Timing
from bot.slack.api.calls import GoneError, SlackError, slack_answer
from bot.slack.api.posted import Mark, Threads, card_of, has_mark, trace_after
from bot.slack.blocks.payload import first_word, part, parts
from bot.slack.blocks.style import is_direct

_log = structlog.get_logger(__name__)
# Tolerance for the difference between Slack's clock and ours; a mark is unique to one job, so a
# longer period finds nothing else.
_BEFORE: Final = timedelta(seconds=60)

Messages = AsyncIterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A message to look for.

    Attributes:
        mark: its mark.
        place: the conversation it was meant for; without a thread, the user's direct messages.
        user: the user, who gets it directly if the place refuses it.
    """

    mark: Mark
    place: Destination
    user: str


@dataclass(slots=True, kw_only=True)
class _Reading:
    """A conversation or thread, read as far as was needed; nothing is read twice.

    Attributes:
        rest: the messages that were not read yet.
        seen: those that were.
        failure: why it cannot be read any further.
    """

    rest: Messages
    seen: list[Mapping[str, Any]] = field(default_factory=list)
    failure: SlackError | None = None

    async def find(self, mark: Mark) -> Mapping[str, Any] | None:
        """The message with that mark.

        Raises:
            SlackError: not all of it could be read.
        """
        for message in self.seen:
            if has_mark(message, mark):
                return message
        if self.failure is not None:
            raise self.failure
        try:
            async for message in self.rest:
                self.seen.append(message)
                if has_mark(message, mark):
                    return message
        except SlackError as error:
            self.failure = error
            raise
        return None


class MarkedMessageFinder:
    """Searches for messages.

    Args:
        client: calls Slack.
        page: the number of messages per request; a page is within the limit on a reply.
        timing: the time limits.
    """

    def __init__(
        self, client: AsyncWebClient, *, page: int = 100, timing: Timing = Timing()
    ) -> None:
        self._client = client
        self._threads = Threads(client, timing=timing)
        self._page = page
        self._timing = timing
        # One request at a time, so that all wait as long as Slack asks one to.
        self._line = asyncio.Lock()

    async def traces(self, sought: Sequence[Sought]) -> AsyncIterator[Trace]:
        """Search where each message may be, in their order, and read each place only once."""
        since = min(one.mark.since for one in sought)
        search, trace = _Search(self, since=since), Trace.NONE
        for one in sought:
            # A Slack that does not answer is not asked for each of many.
            if trace is not Trace.AWAY:
                trace = await search.trace(one)
            yield trace

    async def trace(self, mark: Mark, place: Destination, user: str) -> Trace:
        """Search where one message may be."""
        return await _Search(self, since=mark.since).trace(
            Sought(mark=mark, place=place, user=user)
        )

    async def find(self, mark: Mark, place: Destination, user: str) -> PostedCard | None:
        """The message with that mark, so that it can be updated; `None` if it is not found.

        Args:
            mark: its mark.
            place: where it was posted; its channel is the user's id for a direct message.
            user: the user.
        """
        search = _Search(self, since=mark.since)
        _, card = await search.seen(mark, place.channel, place.thread, direct=place.channel == user)
        return card

    async def take_back(self, card: PostedCard | None) -> None:
        """Delete a message that landed outside of its thread."""
        await self._threads.take_back(card)

    async def messages(
        self, since: datetime, channel: str, thread: str | None, *, direct: bool
    ) -> Messages:
        """The messages of a conversation or thread.

        Args:
            since: from a moment before this on.
            channel: the conversation; if `direct`, a user's id.
            thread: the thread; `None` for the conversation itself.
            direct: read the direct conversation with that user.
        """
        client = self._client
        if direct:
            opened = await self._asked(lambda: client.conversations_open(users=channel))
            channel = first_word(part(opened.data, "channel").get("id"))
        asked: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(since - _BEFORE).timestamp():.6f}",
            "limit": self._page,
            "include_all_metadata": True,
            "cursor": None,
        }
        # Not slack-sdk's own paging, which fails for metadata of another shape.
        while asked["cursor"] != "":
            if thread is None:
                page = await self._asked(lambda: client.conversations_history(**asked))
            else:
                in_thread = asked | {"ts": thread}
                page = await self._asked(lambda: client.conversations_replies(**in_thread))  # noqa: B023 - awaited at once
            for message in parts(page.data, "messages"):
                # In a direct conversation, Slack names only here which one it is.
                yield {**message, "channel": channel}
            asked["cursor"] = first_word(part(page.data, "response_metadata").get("next_cursor"))

    async def _asked(self, call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
        seconds, longest = self._timing.trace, self._timing.slack_call
        async with self._line:
            return await slack_answer(call, seconds=seconds, longest=longest, attempts=inf)


class _Search:
    """One search for several messages."""

    def __init__(self, finder: MarkedMessageFinder, *, since: datetime) -> None:
        self._finder = finder
        self._since = since
        self._readings: dict[tuple[str, str | None, bool], _Reading] = {}

    async def trace(self, sought: Sought) -> Trace:
        """Search in the thread, and in the fallback conversations."""
        mark, place = sought.mark, sought.place
        in_thread = Trace.OUTSIDE if place.thread is None else await self._in_thread(mark, place)
        if in_thread in {Trace.FOUND, Trace.AWAY}:
            return in_thread
        instead, _ = await self.seen(mark, sought.user, direct=True)
        if instead in {Trace.FOUND, Trace.AWAY} or in_thread is Trace.OUTSIDE:
            return instead
        # The bot posts to the thread if it can: if the thread was readable, its result is decisive.
        return in_thread

    async def _in_thread(self, mark: Mark, place: Destination) -> Trace:
        """Search the thread; if it was deleted, the notice may be in the channel itself."""
        trace, _ = await self.seen(mark, place.channel, place.thread)
        if trace is not Trace.NONE or is_direct(place.channel):
            return trace
        trace, card = await self.seen(mark, place.channel)
        if trace is not Trace.FOUND:
            return trace
        _log.warning("a notice landed outside of its thread", channel=place.channel)
        await self._finder.take_back(card)
        return Trace.NONE

    async def seen(
        self, mark: Mark, channel: str, thread: str | None = None, *, direct: bool = False
    ) -> tuple[Trace, PostedCard | None]:
        """The result of a search in one place, and the message, if Slack identifies it."""
        place = (channel, thread, direct)
        if place not in self._readings:
            rest = self._finder.messages(self._since, channel, thread, direct=direct)
            self._readings[place] = _Reading(rest=rest)
        try:
            found = await self._readings[place].find(mark)
        except SlackError as error:
            if not isinstance(error, GoneError):
                _log.warning("a notice cannot be looked for", error=error.reason)
            return trace_after(error), None
        return (Trace.NONE, None) if found is None else (Trace.FOUND, card_of(found))
