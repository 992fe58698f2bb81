"""Mentions and direct messages: always answered in the thread."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import MAX_IDS, LookUp, Nothing, Query, Run, TooMany, parse_query
from bot.services.records import Surface
from bot.slack.blocks.mrkdwn import plain_text
from bot.slack.context import ListenerContext
from bot.slack.lookups.message_text import texts_of
from bot.slack.replies.channels import ReplyTarget
from bot.slack.replies.requests import Request

# Slack repeats events for hours when it could not deliver them.
LATE_SECONDS: Final = 2 * 60 * 60

# Slack's ids of direct conversations.
_DIRECT: Final = "D"
_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^<>]*)?>")


class EventListener:
    """Answers those who mention the bot or write to it."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the listeners; Bolt acknowledges events by itself, before they run."""
        app.event("app_mention")(self.on_mention)
        app.event("message")(self.on_message)

    async def on_mention(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Answer a mention in the thread of the message, or begin one."""
        self._context.work.track()
        # In the conversation with the bot every message is answered, a mention or not.
        if event.get("bot_id") or str(event.get("channel", "")).startswith(_DIRECT):
            return
        if await self._is_new(event, body):
            asker, place = await self._whence(event, body)
            request = await self._context.requests.in_thread(
                asker, Surface.MENTION, place, command=self._context.command, late=_is_late(body)
            )
            await self._answer(request, event)

    async def on_message(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Answer a direct message; what bots write, edits and deletions are left alone."""
        self._context.work.track()
        if event.get("channel_type") != "im" or event.get("bot_id") or _is_no_question(event):
            return
        if await self._is_new(event, body):
            asker, place = await self._whence(event, body)
            request = await self._context.requests.direct(
                asker, place, command=self._context.command, late=_is_late(body)
            )
            await self._answer(request, event)

    async def _answer(self, request: Request, event: Mapping[str, Any]) -> None:
        await self._context.queries.answer(request, _query(event))

    async def _is_new(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        own = body.get("event_id") or f"{event.get('channel')}:{event.get('ts')}"
        return await self._context.deliveries.is_new(f"event:{own}")

    async def _whence(
        self, event: Mapping[str, Any], body: Mapping[str, Any]
    ) -> tuple[Any, ReplyTarget]:
        asker = await self._context.people.asker(body)
        thread = str(event.get("thread_ts") or event.get("ts") or "")
        begins = not event.get("thread_ts")
        return asker, ReplyTarget(
            channel=asker.channel, user=asker.user, thread_ts=thread, begins=begins
        )


def _query(event: Mapping[str, Any]) -> Query:
    """What is asked: ids anywhere in the text, else the words as a command."""
    text = plain_text(_MENTION.sub(" ", str(event.get("text") or "")))
    query = parse_query(text)
    if isinstance(query, Run):
        return query
    found = find_ids(texts_of(event))
    if len(found.ids) > MAX_IDS:
        return TooMany(count=len(found.ids), ids=found.ids)
    if found.ids:
        # Somebody wrote a sentence around the ids; its other words are no ids.
        return LookUp(ids=found.ids, watch=isinstance(query, LookUp) and query.watch)
    return _without_certain(query, found)


def _without_certain(query: Query, found: FoundIds) -> Query:
    """What is asked where nothing has the form of an IDMSG: the words, unless they are prose."""
    if not isinstance(query, LookUp | TooMany) or not _is_prose(query):
        return query
    doubtful = tuple(MessageId(word) for word in found.doubtful)
    if len(doubtful) > MAX_IDS:
        return TooMany(count=len(doubtful), ids=doubtful)
    watch = isinstance(query, LookUp) and query.watch
    return LookUp(ids=doubtful, watch=watch) if doubtful else Nothing()


def _is_prose(query: LookUp | TooMany) -> bool:
    """Whether some of several words hold no digit; hardly an IDMSG is made of letters alone."""
    if isinstance(query, TooMany):
        return True
    return len(query.ids) > 1 and not all(any(map(str.isdigit, i.value)) for i in query.ids)


def _is_late(body: Mapping[str, Any]) -> bool:
    sent = body.get("event_time")
    return isinstance(sent, int) and time.time() - sent > LATE_SECONDS


def _is_no_question(event: Mapping[str, Any]) -> bool:
    subtype = event.get("subtype")
    return subtype is not None and subtype != "file_share"
