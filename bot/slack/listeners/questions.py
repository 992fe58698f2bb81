"""Questions: the slash command, mentions, direct messages, the shortcuts, and the modal for ids.

Slack does not offer slash commands in threads; messages are always answered in their thread.
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.domain.input.found_ids import find_ids
from bot.domain.input.query import MAX_IDS, LookUp, TooMany, parse_query
from bot.services.records import Surface
from bot.slack.blocks.block_kit import View, plain_text
from bot.slack.blocks.payload import part
from bot.slack.blocks.style import Audience
from bot.slack.bulk.modals import text_of
from bot.slack.cards.controls import ASK_CALLBACK, IDS_BLOCK, asking, typed_ids
from bot.slack.context import ListenerContext
from bot.slack.files.file_objects import is_worth_reading
from bot.slack.home.page import ASK_ACTION
from bot.slack.inbound.app import AckFirst
from bot.slack.lookups.message_text import asking_about, query_in, texts_of
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.slack.replies import requests
from bot.slack.replies.requests import Request

# Slack retries undelivered events for hours: https://docs.slack.dev/apis/events-api
LATE_SECONDS: Final = 2 * 60 * 60

_ANY_COMMAND: Final = re.compile(r"/.+")


class QuestionListener:
    """Answers questions, or asks for ids in a modal."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind commands of any name, since Slack sends only ours, and the other ways to ask."""
        listen, first = self._context.listener, [AckFirst()]
        on_command = listen(self.on_command, requests.by(Surface.COMMAND))
        app.command(_ANY_COMMAND, middleware=first)(on_command)
        # Bolt acknowledges events before it runs their listeners.
        app.event("app_mention")(listen(self.on_event, requests.mention))
        app.event("message")(listen(self.on_event, requests.direct_message))
        on_message = listen(self.on_message, requests.about_message)
        app.shortcut(MESSAGE_SHORTCUT, middleware=first)(on_message)
        on_global = listen(self.on_ask, requests.by(Surface.GLOBAL_SHORTCUT))
        app.shortcut(GLOBAL_SHORTCUT, middleware=first)(on_global)
        # The button on the App Home.
        app.action(ASK_ACTION, middleware=first)(listen(self.on_ask, requests.by(Surface.HOME)))
        # A modal's acknowledgement has errors or a view.
        app.view(ASK_CALLBACK)(listen(self.on_submit, requests.submitted_ids))

    async def on_command(self, request: Request) -> None:
        """Answer one command, which is acknowledged already."""
        query = parse_query(plain_text(str(request.body.get("text") or "")))
        await self._context.queries.answer(request, query)

    async def on_event(self, request: Request) -> None:
        """Answer a mention or a direct message once, even if Slack sends it again."""
        body, event = request.body, part(request.body, "event")
        own = body.get("event_id") or f"{event.get('channel')}:{event.get('ts')}"
        if await self._context.deliveries.is_new(f"event:{own}"):
            sent = body.get("event_time")
            # Integers of any size can be compared with a float, but not subtracted from it.
            late = type(sent) is int and 0 < sent < time.time() - LATE_SECONDS
            await self._context.queries.answer(replace(request, late=late), query_in(event))

    async def on_message(self, request: Request) -> None:
        """Answer in the message's thread; open a modal for no, too many or uncertain ids."""
        queries, files = self._context.queries, self._context.files
        message = part(request.body, "message")
        found = find_ids(texts_of(message))
        if is_worth_reading(message, found):
            if not await queries.admitted(request):
                return
            await files.open(request, message, alone=not found.ids)
            if found.ids:
                await queries.answer(request, LookUp(ids=found.ids[:MAX_IDS]))
        elif 0 < len(found.ids) <= MAX_IDS:
            await queries.answer(request, LookUp(ids=found.ids))
        elif await queries.admitted(request):
            style = request.private_notes.style
            await self._open(request, asking_about(found, style, request.origin))

    async def on_ask(self, request: Request) -> None:
        """Open the modal that asks for ids."""
        await self._open(request, asking(request.notes.style.catalog, request.origin))

    async def _open(self, request: Request, view: View) -> None:
        if await request.reply.open_modal(view) is None:
            # A `trigger_id` expires after three seconds, so show the user how to ask instead.
            await request.for_asker.show(request.private_notes.usage())

    async def on_submit(self, request: Request) -> None:
        """Answer in the thread that the modal was opened from, or else in the modal."""
        notes, view = request.private_notes, part(request.body, "view")
        query = parse_query(typed_ids(view))
        problem = notes.modal_problem(query)
        if isinstance(query, TooMany):
            form = self._context.bulks.form(request, text_of(query.ids))
            await request.reply.acknowledge(response_action="update", view=form)
        elif problem or not isinstance(query, LookUp):
            await request.reply.acknowledge(response_action="errors", errors={IDS_BLOCK: problem})
        else:
            if request.audience is not Audience.MODAL:
                await request.reply.acknowledge()
            await self._context.queries.answer(request, query)
