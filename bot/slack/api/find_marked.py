"""Whether a notice is already in a conversation, found by its mark.

This needs the history scopes, and `im:write` to find a user's direct conversation. Without them the
result is `UNREADABLE`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Destination, PostedCard, Trace
from bot.domain.timing import Timing
from bot.slack.api.calls import within
from bot.slack.api.errors import GoneError, SlackError
from bot.slack.api.marks import Mark, card_of, has_mark, trace_after
from bot.slack.api.threads import Threads
from bot.slack.blocks.payload import first_word, part, parts
from bot.slack.blocks.style import is_direct

_log = structlog.get_logger(__name__)
# Tolerance for the difference between Slack's clock and ours; a mark is unique to one job, so a
# longer period finds nothing else.
_BEFORE: Final = timedelta(seconds=60)


class MarkedMessageFinder:
    """Searches for notices.

    Args:
        client: calls Slack.
        page: the number of messages per request.
        timing: the time limits.
    """

    def __init__(
        self, client: AsyncWebClient, *, page: int = 200, timing: Timing = Timing()
    ) -> None:
        self._client = client
        self._threads = Threads(client, timing=timing)
        self._page = page
        self._timing = timing

    async def trace(self, mark: Mark, place: Destination, user: str) -> Trace:
        """Search where a notice may be: in its thread, and in the fallback conversations.

        Args:
            mark: the notice's mark.
            place: the conversation it was meant for; without a thread, the user's direct messages.
            user: the user.
        """
        in_thread = Trace.OUTSIDE if place.thread is None else await self._in_thread(mark, place)
        if in_thread in {Trace.FOUND, Trace.AWAY}:
            return in_thread
        instead, _ = await self._seen(mark, user, direct=True)
        if instead in {Trace.FOUND, Trace.AWAY} or in_thread is Trace.OUTSIDE:
            return instead
        # The bot posts to the thread if it can: if the thread was readable, its result is decisive.
        return in_thread

    async def find(self, mark: Mark, place: Destination, user: str) -> PostedCard | None:
        """The message with that mark, so that it can be updated; `None` if it is not found.

        Args:
            mark: its mark.
            place: where it was posted; its channel is the user's id for a direct message.
            user: the user.
        """
        _, card = await self._seen(mark, place.channel, place.thread, direct=place.channel == user)
        return card

    async def _in_thread(self, mark: Mark, place: Destination) -> Trace:
        """Search the thread; if it was deleted, the notice may be in the channel itself."""
        trace, _ = await self._seen(mark, place.channel, place.thread)
        if trace is not Trace.NONE or is_direct(place.channel):
            return trace
        trace, card = await self._seen(mark, place.channel)
        if trace is not Trace.FOUND:
            return trace
        _log.warning("a notice landed outside of its thread", channel=place.channel)
        await self._threads.take_back(card)
        return Trace.NONE

    async def _seen(
        self, mark: Mark, channel: str, thread: str | None = None, *, direct: bool = False
    ) -> tuple[Trace, PostedCard | None]:
        """The result of the search, and the notice, if Slack identifies it.

        Args:
            mark: the notice's mark.
            channel: the conversation; if `direct`, a user's id.
            thread: the thread to search; `None` for the conversation itself.
            direct: search the direct conversation with that user.
        """
        try:
            if direct:
                async with within(self._timing.trace):
                    opened = await self._client.conversations_open(users=channel)
                channel = first_word(part(opened.data, "channel").get("id"))
            async with within(self._timing.trace):
                async for message in self._messages(mark, channel, thread):
                    if has_mark(message, mark):
                        return Trace.FOUND, card_of({"channel": channel, "ts": message.get("ts")})
        except SlackError as error:
            if not isinstance(error, GoneError):
                _log.warning("a notice cannot be looked for", error=error.reason)
            return trace_after(error), None
        return Trace.NONE, None

    async def _messages(
        self, mark: Mark, channel: str, thread: str | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(mark.since - _BEFORE).timestamp():.6f}",
            "limit": self._page,
            "include_all_metadata": True,
            "cursor": None,
        }
        # Not slack-sdk's own paging, which fails for metadata of another shape.
        while asked["cursor"] != "":
            if thread is None:
                page = await self._client.conversations_history(**asked)
            else:
                page = await self._client.conversations_replies(ts=thread, **asked)
            for message in parts(page.data, "messages"):
                yield message
            asked["cursor"] = first_word(part(page.data, "response_metadata").get("next_cursor"))
