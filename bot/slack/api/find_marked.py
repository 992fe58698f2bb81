"""Whether a notice stands in a conversation already, by the mark that it bears.

Needs the scopes that read conversations, and `im:write` to find the one with a person; where they
were not granted, that is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
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
    TOKEN_REFUSALS,
    TRANSPORT_ERRORS,
    UNKNOWN_WORD,
    error_code,
    pause_asked,
)
from bot.slack.api.payload import part
from bot.slack.api.threads import Threads
from bot.slack.blocks.readers import is_direct

_log = structlog.get_logger(__name__)
# Slack's clock and ours differ; a mark is one job's alone, so nothing else is found by it.
_BEFORE: Final = timedelta(seconds=60)
_NO_SCOPE: Final = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
_NOT_THERE: Final = frozenset({"channel_not_found", "not_in_channel"})
_AWAY: Final = (TOKEN_REFUSALS - _NO_SCOPE) | {
    *("fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"),
    UNKNOWN_WORD,
}


class Sight(StrEnum):
    """What a look at one conversation shows.

    `FOUND`, `NONE`: the notice stands there, or does not. `OUTSIDE`: this bot is no member, so it
    cannot have posted there. `TRANSPORT_ERRORS`: it may not read there. `AWAY`: nobody answered.
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
    """By what a notice can be told from all others.

    Attributes:
        event_type: the kind of its metadata.
        name: the name in the payload of its metadata under which `value` stands.
        value: our own name for what it is about.
        block_id: that of one of its blocks, where the metadata cannot be read.
        since: it cannot have been posted before.
    """

    event_type: str
    name: str
    value: str
    block_id: str
    since: datetime

    @property
    def metadata(self) -> dict[str, Any]:
        """What the notice carries.

        https://docs.slack.dev/messaging/message-metadata
        """
        return {"event_type": self.event_type, "event_payload": {self.name: self.value}}


class MarkedMessageFinder:
    """Looks for notices.

    Args:
        client: Slack's.
        page: how many messages are read at once.
        timing: how long it waits for what.
    """

    def __init__(
        self, client: AsyncWebClient, *, page: int = 200, timing: Timing = Timing()
    ) -> None:
        self._client = client
        self._threads = Threads(client, timing=timing)
        self._page = page
        self._timing = timing

    async def trace(self, mark: Mark, *, channel: str, thread: str | None, user: str) -> Trace:
        """Look where a notice may stand: in its thread, and where it would have gone instead.

        Args:
            mark: the notice's.
            channel: the conversation that it was meant for.
            thread: the thread there; without one it was meant for the person.
            user: the person.
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
        # A thread that can be read would have been written to, whatever else cannot be read.
        return _TRACES[in_thread]

    async def in_thread(self, mark: Mark, channel: str, thread: str) -> Sight:
        """Look in a thread."""
        sight, _ = await self._seen(mark, "conversations.replies", channel=channel, ts=thread)
        return sight

    async def in_direct_message(self, mark: Mark, user: str) -> Sight:
        """Look in the conversation with a person."""
        try:
            async with asyncio.timeout(self._timing.trace):
                opened = await self._client.conversations_open(users=user)
        except SlackApiError as error:
            return _sight_of(error)
        except TRANSPORT_ERRORS:
            return Sight.AWAY
        data = opened.data if isinstance(opened.data, dict) else {}
        channel = str(part(data, "channel").get("id", ""))
        sight, _ = await self._seen(mark, "conversations.history", channel=channel)
        return sight

    async def _taken_back(self, mark: Mark, channel: str) -> Sight:
        """Delete the notice where it stands in the channel itself, its thread being gone."""
        sight, ts = await self._seen(mark, "conversations.history", channel=channel)
        if sight is not Sight.FOUND:
            return sight
        _log.warning("a notice landed outside of its thread", channel=channel)
        await self._threads.take_back(PostedCard(channel=channel, ts=ts))
        return Sight.NONE

    async def _seen(self, mark: Mark, method: str, **where: str) -> tuple[Sight, str]:
        """Whether it stands there, and the time stamp of the one that does."""
        try:
            async with asyncio.timeout(self._timing.trace):
                async for message in self._messages(method, mark.since - _BEFORE, where):
                    if _bears(message, mark):
                        return Sight.FOUND, str(message.get("ts"))
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
    """By its metadata, or by a block where that is all that can be read."""
    payload = part(part(message, "metadata"), "event_payload")
    if payload.get(mark.name) == mark.value:
        return True
    blocks = message.get("blocks")
    return any(
        isinstance(block, Mapping) and block.get("block_id") == mark.block_id
        for block in (blocks if isinstance(blocks, list) else ())
    )


def _sight_of(error: SlackApiError) -> Sight:
    why = error_code(error)
    if why == "thread_not_found":
        return Sight.NONE
    _log.warning("a notice cannot be looked for", error=why)
    if why in _NOT_THERE:
        return Sight.OUTSIDE
    away = pause_asked(error.response) is not None or why in _AWAY
    return Sight.AWAY if away else Sight.UNREADABLE
