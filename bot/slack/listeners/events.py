"""Mentions and direct messages, always answered in the thread."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import MAX_IDS, LookUp, Nothing, Query, Run, TooMany, parse_query
from bot.services.records import Surface
from bot.slack.api.payload import first_word, part
from bot.slack.blocks.mrkdwn import plain_text
from bot.slack.blocks.style import Audience, is_direct
from bot.slack.context import Body, ListenerContext
from bot.slack.lookups.message_text import texts_of

# Slack retries undelivered events for hours: https://docs.slack.dev/apis/events-api
LATE_SECONDS: Final = 2 * 60 * 60

_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^<>]*)?>")


class EventListener:
    """Answers mentions and direct messages."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the listeners; Bolt acknowledges events before it runs them."""
        app.event("app_mention")(self._context.listener(self.on_mention))
        app.event("message")(self._context.listener(self.on_message))

    async def on_mention(self, asker: Asker, body: Body) -> None:
        """Answer a mention in its thread, or start one."""
        event = part(body, "event")
        # In a direct message Slack also sends `message.im`, which `on_message` answers.
        if not (event.get("bot_id") or is_direct(str(event.get("channel", "")))):
            await self._answer(asker, body, Surface.MENTION, Audience.PUBLIC)

    async def on_message(self, asker: Asker, body: Body) -> None:
        """Answer a direct message; ignore messages from bots, edits and deletions."""
        event = part(body, "event")
        is_question = event.get("subtype") in {None, "file_share"} and not event.get("bot_id")
        if event.get("channel_type") == "im" and is_question:
            await self._answer(asker, body, Surface.DIRECT_MESSAGE, Audience.DIRECT)

    async def _answer(self, asker: Asker, body: Body, surface: Surface, audience: Audience) -> None:
        event = part(body, "event")
        own = body.get("event_id") or f"{event.get('channel')}:{event.get('ts')}"
        if not await self._context.deliveries.is_new(f"event:{own}"):
            return
        request = await self._context.requests.make(
            asker,
            body,
            surface,
            audience,
            thread_ts=first_word(event.get("thread_ts"), event.get("ts")),
            begins=not event.get("thread_ts"),
        )
        request = replace(request, late=_is_late(body))
        await self._context.queries.answer(request, _query(event))


def _query(event: Mapping[str, Any]) -> Query:
    """Read the question: ids anywhere in the text, else the text as a command."""
    text = plain_text(_MENTION.sub(" ", str(event.get("text") or "")))
    query = parse_query(text)
    if isinstance(query, Run):
        return query
    found = find_ids(texts_of(event))
    if len(found.ids) > MAX_IDS:
        return TooMany(count=len(found.ids), ids=found.ids)
    if found.ids:
        # The ids are part of a sentence, so its other words are not reported as bad ids.
        return LookUp(ids=found.ids, watch=isinstance(query, LookUp) and query.watch)
    return _without_certain(query, found)


def _without_certain(query: Query, found: FoundIds) -> Query:
    """Read a text without a typical IDMSG: its words are ids, unless they are prose."""
    if not isinstance(query, LookUp | TooMany) or not _is_prose(query):
        return query
    doubtful = tuple(MessageId(word) for word in found.doubtful)
    if len(doubtful) > MAX_IDS:
        return TooMany(count=len(doubtful), ids=doubtful)
    watch = isinstance(query, LookUp) and query.watch
    return LookUp(ids=doubtful, watch=watch) if doubtful else Nothing()


def _is_prose(query: LookUp | TooMany) -> bool:
    """Whether some of several words have no digit: an IDMSG is hardly ever only letters."""
    if isinstance(query, TooMany):
        return True
    return len(query.ids) > 1 and not all(any(map(str.isdigit, i.value)) for i in query.ids)


def _is_late(body: Mapping[str, Any]) -> bool:
    sent = body.get("event_time")
    return isinstance(sent, int) and time.time() - sent > LATE_SECONDS
