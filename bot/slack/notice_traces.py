"""Whether a notice stands in a conversation already, by the mark that it bears.

Needs the scopes that read conversations, and `im:write` to find the one with a person; where they
were not granted, that is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.watch import Watch
from bot.slack.payload import part
from bot.slack.refusals import TOKEN_REFUSALS, UNKNOWN_WORD, UNREADABLE, error_code, pause_asked
from bot.slack.watch_notices import mark

_log = structlog.get_logger("bot.slack.notice_traces")
# Slack's clock and ours differ; the mark is this watch's alone, so nothing else is found by it.
_BEFORE: Final = timedelta(seconds=60)
_PAGE: Final = 200
# Well under the time that a look at both places has; whoever comes later looks again.
_PATIENCE_SECONDS: Final = 8.0
_NO_SCOPE: Final = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
_NOT_THERE: Final = frozenset({"channel_not_found", "not_in_channel"})
_AWAY: Final = (TOKEN_REFUSALS - _NO_SCOPE) | {
    *("fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"),
    UNKNOWN_WORD,
}


class Sight(StrEnum):
    """What a look at one conversation shows.

    `FOUND`, `NONE`: the notice stands there, or does not. `OUTSIDE`: this bot is no member, so it
    cannot have posted there. `UNREADABLE`: it may not read there. `AWAY`: nobody answered.
    """

    FOUND = "found"
    NONE = "none"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
    AWAY = "away"


class NoticeTraces:
    """Looks for notices."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def in_thread(self, watch: Watch) -> Sight:
        """Look in the thread that the answer was meant for."""
        place = watch.destination
        return await self._seen(
            watch, "conversations.replies", channel=place.channel, ts=str(place.thread)
        )

    async def in_direct_message(self, watch: Watch) -> Sight:
        """Look in the conversation with the asker."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                opened = await self._client.conversations_open(users=watch.user)
        except SlackApiError as error:
            return _sight_of(error)
        except UNREADABLE:
            return Sight.AWAY
        data = opened.data if isinstance(opened.data, dict) else {}
        channel = str(part(data, "channel").get("id", ""))
        return await self._seen(watch, "conversations.history", channel=channel)

    async def _seen(self, watch: Watch, method: str, **where: str) -> Sight:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                async for message in self._messages(method, _since(watch), where):
                    if _bears(message, watch):
                        return Sight.FOUND
        except SlackApiError as error:
            return _sight_of(error)
        except UNREADABLE:
            return Sight.AWAY
        return Sight.NONE

    async def _messages(
        self, method: str, since: datetime, where: Mapping[str, str]
    ) -> AsyncIterator[Mapping[str, Any]]:
        asked = {
            **where,
            "oldest": f"{since.timestamp():.6f}",
            "limit": _PAGE,
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


def _since(watch: Watch) -> datetime:
    return (watch.decided_at or watch.started_at) - _BEFORE


def _bears(message: Mapping[str, Any], watch: Watch) -> bool:
    """By its metadata, or by its first block where that is all that can be read."""
    payload = part(part(message, "metadata"), "event_payload")
    if payload.get("watch") == watch.id:
        return True
    blocks = message.get("blocks")
    return any(
        isinstance(block, Mapping) and block.get("block_id") == mark(watch)
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
