"""Whether a notice is already in a conversation, found by its mark.

This needs the history scopes, and `im:write` to find a user's direct conversation. Without them the
result is `UNREADABLE`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import Destination, PostedCard
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Trace
from bot.slack.api.errors import (
    NO_SCOPE,
    TOKEN_REFUSALS,
    TRANSPORT_ERRORS,
    UNKNOWN_WORD,
    error_code,
    pause_asked,
)
from bot.slack.api.payload import part
from bot.slack.api.threads import Threads, card_of
from bot.slack.blocks.style import is_direct

_log = structlog.get_logger(__name__)
# Tolerance for the difference between Slack's clock and ours; a mark is unique to one job, so a
# longer period finds nothing else.
_BEFORE: Final = timedelta(seconds=60)
_NOT_THERE: Final = frozenset({"channel_not_found", "not_in_channel"})
_AWAY: Final = (TOKEN_REFUSALS - NO_SCOPE) | {
    *("fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"),
    UNKNOWN_WORD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What identifies a notice.

    Attributes:
        event_type: the type of its metadata.
        name: the field of the metadata's payload with `value`.
        value: our id of the job.
        block_id: the id of one of its blocks, for when the metadata cannot be read.
        since: the earliest time at which it can have been posted.
        file: the name of a file that may have been shared instead.
    """

    event_type: str
    name: str
    value: str
    block_id: str
    since: datetime
    file: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the notice.

        https://docs.slack.dev/messaging/message-metadata
        """
        return {"event_type": self.event_type, "event_payload": {self.name: self.value}}


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
        if place.thread is None:
            return await self._in_direct_message(mark, user)
        in_thread, _ = await self._seen(mark, place.channel, place.thread)
        if in_thread is Trace.NONE and not is_direct(place.channel):
            in_thread = await self._taken_back(mark, place.channel)
        if in_thread in {Trace.FOUND, Trace.AWAY}:
            return in_thread
        instead = await self._in_direct_message(mark, user)
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
        channel = await self._direct(user) if place.channel == user else place.channel
        if isinstance(channel, Trace):
            return None
        _, card = await self._seen(mark, channel, place.thread)
        return card

    async def _in_direct_message(self, mark: Mark, user: str) -> Trace:
        channel = await self._direct(user)
        if isinstance(channel, Trace):
            return channel
        trace, _ = await self._seen(mark, channel)
        return trace

    async def _direct(self, user: str) -> str | Trace:
        """The direct conversation with a user, or why it cannot be searched."""
        try:
            async with asyncio.timeout(self._timing.trace):
                opened = await self._client.conversations_open(users=user)
        except SlackApiError as error:
            return _trace_of(error)
        except TRANSPORT_ERRORS:
            return Trace.AWAY
        data = opened.data if isinstance(opened.data, dict) else {}
        return str(part(data, "channel").get("id", ""))

    async def _taken_back(self, mark: Mark, channel: str) -> Trace:
        """Delete the notice if it is in the channel itself, because its thread is gone."""
        trace, card = await self._seen(mark, channel)
        if trace is not Trace.FOUND:
            return trace
        _log.warning("a notice landed outside of its thread", channel=channel)
        await self._threads.take_back(card)
        return Trace.NONE

    async def _seen(
        self, mark: Mark, channel: str, thread: str | None = None
    ) -> tuple[Trace, PostedCard | None]:
        """The result of the search, and the notice, if Slack identifies it."""
        method = "conversations.history" if thread is None else "conversations.replies"
        where = {"channel": channel} if thread is None else {"channel": channel, "ts": thread}
        try:
            async with asyncio.timeout(self._timing.trace):
                async for message in self._messages(method, mark.since - _BEFORE, where):
                    if _bears(message, mark):
                        return Trace.FOUND, card_of({"channel": channel, "ts": message.get("ts")})
        except SlackApiError as error:
            return _trace_of(error), None
        except TRANSPORT_ERRORS:
            return Trace.AWAY, None
        return Trace.NONE, None

    async def _messages(
        self, method: str, since: datetime, where: Mapping[str, str]
    ) -> AsyncIterator[Mapping[str, Any]]:
        asked = {
            **where,
            "oldest": f"{since.timestamp():.6f}",
            "limit": self._page,
            "include_all_metadata": 1,
        }
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._client.api_call(method, http_verb="GET", params=asked | more)
            data = page.data if isinstance(page.data, dict) else {}
            found = data.get("messages")
            for message in found if isinstance(found, list) else ():
                if isinstance(message, Mapping):
                    yield message
            cursor = str(part(data, "response_metadata").get("next_cursor") or "")
            if not cursor:
                return


def _bears(message: Mapping[str, Any], mark: Mark) -> bool:
    """Compare the metadata, or the block ids if the metadata cannot be read."""
    payload = part(part(message, "metadata"), "event_payload")
    if payload.get(mark.name) == mark.value:
        return True
    if mark.file and any(mark.file == file.get("name") for file in _files(message)):
        return True
    blocks = message.get("blocks")
    return any(
        isinstance(block, Mapping) and block.get("block_id") == mark.block_id
        for block in (blocks if isinstance(blocks, list) else ())
    )


def _files(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    files = message.get("files")
    yield from (one for one in files if isinstance(one, Mapping)) if isinstance(files, list) else ()


def _trace_of(error: SlackApiError) -> Trace:
    why = error_code(error)
    if why == "thread_not_found":
        return Trace.NONE
    _log.warning("a notice cannot be looked for", error=why)
    if why in _NOT_THERE:
        return Trace.OUTSIDE
    away = pause_asked(error.response) is not None or why in _AWAY
    return Trace.AWAY if away else Trace.UNREADABLE
