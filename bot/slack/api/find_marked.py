"""Whether a notice is already in a conversation, found by its mark.

This needs the history scopes, and `im:write` to find a user's direct conversation. Without them the
result is `UNREADABLE`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import PostedCard
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
from bot.slack.api.threads import Threads
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


class Sight(StrEnum):
    """The result of a search in one conversation.

    `FOUND`, `NONE`: the notice is there, or not. `OUTSIDE`: the bot is not a member, so it cannot
    have posted there. `UNREADABLE`: the bot may not read it. `AWAY`: Slack did not answer.
    """

    FOUND = "found"
    NONE = "none"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
    AWAY = "away"


_TRACES: Final = {
    Sight.FOUND: Trace.FOUND,
    Sight.NONE: Trace.NONE,
    Sight.OUTSIDE: Trace.UNREADABLE,
    Sight.UNREADABLE: Trace.UNREADABLE,
    Sight.AWAY: Trace.AWAY,
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

    async def trace(self, mark: Mark, *, channel: str, thread: str | None, user: str) -> Trace:
        """Search where a notice may be: in its thread, and in the fallback conversations.

        Args:
            mark: the notice's mark.
            channel: the conversation it was meant for.
            thread: the thread there; `None` if it was meant for the user's direct messages.
            user: the user.
        """
        if thread is None:
            return _TRACES[await self.in_direct_message(mark, user)]
        in_thread = await self.in_thread(mark, channel, thread)
        if in_thread is Sight.NONE and not is_direct(channel):
            in_thread = await self._taken_back(mark, channel)
        if in_thread in {Sight.FOUND, Sight.AWAY}:
            return _TRACES[in_thread]
        instead = await self.in_direct_message(mark, user)
        if instead in {Sight.FOUND, Sight.AWAY} or in_thread is Sight.OUTSIDE:
            return _TRACES[instead]
        # The bot posts to the thread if it can: if the thread was readable, its result is decisive.
        return _TRACES[in_thread]

    async def in_thread(self, mark: Mark, channel: str, thread: str) -> Sight:
        """Search in a thread."""
        sight, _ = await self._seen(mark, "conversations.replies", channel=channel, ts=thread)
        return sight

    async def in_direct_message(self, mark: Mark, user: str) -> Sight:
        """Search in the direct conversation with a user."""
        channel = await self._direct(user)
        if isinstance(channel, Sight):
            return channel
        sight, _ = await self._seen(mark, "conversations.history", channel=channel)
        return sight

    async def find(
        self, mark: Mark, *, channel: str, thread: str | None, user: str
    ) -> PostedCard | None:
        """The message with that mark, so that it can be updated; `None` if it is not found.

        Args:
            mark: its mark.
            channel: where it was posted; the user's id for a direct message.
            thread: in which thread; `None` for the conversation itself.
            user: the user.
        """
        place: str | Sight = channel
        if channel == user:
            place = await self._direct(user)
        if isinstance(place, Sight):
            return None
        if thread is None:
            _, ts = await self._seen(mark, "conversations.history", channel=place)
        else:
            _, ts = await self._seen(mark, "conversations.replies", channel=place, ts=thread)
        return PostedCard(channel=place, ts=ts) if ts else None

    async def _direct(self, user: str) -> str | Sight:
        """The direct conversation with a user, or why it cannot be searched."""
        try:
            async with asyncio.timeout(self._timing.trace):
                opened = await self._client.conversations_open(users=user)
        except SlackApiError as error:
            return _sight_of(error)
        except TRANSPORT_ERRORS:
            return Sight.AWAY
        data = opened.data if isinstance(opened.data, dict) else {}
        return str(part(data, "channel").get("id", ""))

    async def _taken_back(self, mark: Mark, channel: str) -> Sight:
        """Delete the notice if it is in the channel itself, because its thread is gone."""
        sight, ts = await self._seen(mark, "conversations.history", channel=channel)
        if sight is not Sight.FOUND:
            return sight
        _log.warning("a notice landed outside of its thread", channel=channel)
        await self._threads.take_back(PostedCard(channel=channel, ts=ts))
        return Sight.NONE

    async def _seen(self, mark: Mark, method: str, **where: str) -> tuple[Sight, str]:
        """The result of the search, and the notice's time stamp."""
        try:
            async with asyncio.timeout(self._timing.trace):
                async for message in self._messages(method, mark.since - _BEFORE, where):
                    if _bears(message, mark):
                        return Sight.FOUND, str(message.get("ts", ""))
        except SlackApiError as error:
            return _sight_of(error), ""
        except TRANSPORT_ERRORS:
            return Sight.AWAY, ""
        return Sight.NONE, ""

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


def _sight_of(error: SlackApiError) -> Sight:
    why = error_code(error)
    if why == "thread_not_found":
        return Sight.NONE
    _log.warning("a notice cannot be looked for", error=why)
    if why in _NOT_THERE:
        return Sight.OUTSIDE
    away = pause_asked(error.response) is not None or why in _AWAY
    return Sight.AWAY if away else Sight.UNREADABLE
