"""Mentions and direct messages: always answered in the thread."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.found_ids import find_ids
from bot.domain.query import MAX_IDS, LookUp, Query, TooMany, parse_query
from bot.services.deliveries import Deliveries
from bot.services.records import Surface
from bot.slack.message_text import texts_of
from bot.slack.mrkdwn import plain_text
from bot.slack.people import People
from bot.slack.questions import Question, Questions
from bot.slack.reception import Reception
from bot.slack.replies import Place
from bot.slack.work import OngoingWork

# Slack repeats events for hours when it could not deliver them.
LATE_SECONDS: Final = 2 * 60 * 60

_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


class EventListener:
    """Answers those who mention the bot or write to it."""

    def __init__(
        self,
        *,
        reception: Reception,
        questions: Questions,
        people: People,
        deliveries: Deliveries,
        command: str,
        work: OngoingWork,
    ) -> None:
        self._reception = reception
        self._questions = questions
        self._people = people
        self._deliveries = deliveries
        self._command = command
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Bind the listeners; Bolt acknowledges events by itself, before they run."""
        app.event("app_mention")(self.on_mention)
        app.event("message")(self.on_message)

    async def on_mention(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Answer a mention in the thread of the message, or begin one."""
        self._work.enlist()
        if await self._is_new(event, body):
            asker, place = self._whence(event, body)
            question = await self._questions.in_thread(
                asker, Surface.MENTION, place, command=self._command, late=_is_late(body)
            )
            await self._answer(question, event)

    async def on_message(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Answer a direct message; what bots write, edits and deletions are left alone."""
        self._work.enlist()
        if event.get("channel_type") != "im" or event.get("bot_id") or _is_no_question(event):
            return
        if await self._is_new(event, body):
            asker, place = self._whence(event, body)
            question = await self._questions.direct(
                asker, place, command=self._command, late=_is_late(body)
            )
            await self._answer(question, event)

    async def _answer(self, question: Question, event: Mapping[str, Any]) -> None:
        await self._reception.answer(question, _query(event))

    async def _is_new(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        own = body.get("event_id") or f"{event.get('channel')}:{event.get('ts')}"
        return await self._deliveries.first_time(f"event:{own}")

    def _whence(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Any, Place]:
        team = event.get("user_team") or event.get("team") or body.get("team_id")
        asker = self._people.asker(
            user=event.get("user"),
            channel=event.get("channel"),
            team=team,
            enterprise=body.get("enterprise_id"),
        )
        thread = str(event.get("thread_ts") or event.get("ts") or "")
        return asker, Place(channel=asker.channel, user=asker.user, thread_ts=thread)


def _query(event: Mapping[str, Any]) -> Query:
    """What is asked: ids anywhere in the text, else the words as a command."""
    text = plain_text(_MENTION.sub(" ", str(event.get("text") or "")))
    query = parse_query(text)
    if not isinstance(query, LookUp | TooMany):
        return query
    found = find_ids(texts_of(event)).ids
    if len(found) > MAX_IDS:
        return TooMany(count=len(found))
    if not found or isinstance(query, TooMany):
        return query if not found else LookUp(ids=found)
    # Somebody wrote a sentence around the ids; its other words are no ids.
    return LookUp(ids=found, share=query.share, watch=query.watch)


def _is_late(body: Mapping[str, Any]) -> bool:
    sent = body.get("event_time")
    return isinstance(sent, int) and time.time() - sent > LATE_SECONDS


def _is_no_question(event: Mapping[str, Any]) -> bool:
    subtype = event.get("subtype")
    return subtype is not None and subtype != "file_share"
