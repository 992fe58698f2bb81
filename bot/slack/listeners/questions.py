"""Questions: the slash command, mentions, direct messages, the shortcuts, and the modal for ids.

Slack does not offer slash commands in threads; a message in a channel is answered in its thread, a
direct one in line.
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.domain.input.query import LookUp, TooMany, parse_ids, parse_query
from bot.services.records import Surface
from bot.slack.blocks.block_kit import Message, View, plain_text
from bot.slack.blocks.payload import first_word, part
from bot.slack.blocks.style import Audience
from bot.slack.bulk.modals import text_of
from bot.slack.bulk.notes import too_many
from bot.slack.cards.controls import (
    ASK_ACTION,
    ASK_CALLBACK,
    IDS_BLOCK,
    Origin,
    asking,
    typed_ids,
)
from bot.slack.context import ListenerContext
from bot.slack.inbound.app import AckFirst
from bot.slack.inbound.posts import is_slackbots, may_be_a_bots
from bot.slack.lookups.message_text import asking_about
from bot.slack.lookups.messages import first_answer
from bot.slack.lookups.question import WORDS, Question, question_in
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.slack.replies import requests
from bot.slack.replies.requests import Request
from bot.slack.replies.routes import Body

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
        app.action(ASK_ACTION, middleware=first)(listen(self.on_ask, requests.opening))
        # A modal's acknowledgement has errors or a view.
        app.view(ASK_CALLBACK)(listen(self.on_submit, requests.submitted_ids))

    async def on_command(self, request: Request) -> None:
        """Answer one command, which is acknowledged already."""
        query = parse_query(plain_text(str(request.body.get("text") or "")))
        await self._context.queries.answer(request, query)

    async def on_event(self, request: Request) -> None:
        """Answer what is new in a mention or a direct message; Slack sends a post repeatedly."""
        event, queries = part(request.body, "event"), self._context.queries
        if not await self._may_ask(request, event):
            return
        request = replace(request, late=_is_late(request.body))
        question = await self._new_in(request, event)
        if question.files and not await queries.admitted(request):
            return
        if question.query is not None:
            await queries.answer(request, question.query)
        if question.files:
            await self._context.files.open(request, event, alone=question.query is None)

    async def _may_ask(self, request: Request, event: Body) -> bool:
        """Whether a person asks, or a reminder by Slackbot, which cannot read a refusal."""
        if is_slackbots(event):
            return self._context.queries.lookups.refusal(request.asker) is None
        # No other bot can write in the direct conversation of a person and this one.
        is_sure = request.audience is Audience.DIRECT or not may_be_a_bots(event)
        return is_sure or await self._context.people.is_person(request.asker.user)

    async def _new_in(self, request: Request, event: Body) -> Question:
        """What nobody has asked with this post before, be it edited or delivered again."""
        of_person = not is_slackbots(event)
        reads_files = self._context.reads_files
        question = question_in(event, reads_files=reads_files, addressed=of_person)
        question = question if of_person else replace(question, files=())
        post = f"{request.asker.team} {request.asker.channel} {first_word(event.get('ts'))}"
        keys = {f"{post} {name}": name for name in question.parts}
        new = await self._context.deliveries.new_of(keys)
        # An edit that asks for nothing certain is hardly a question, but a correction.
        is_edit = bool(event.get("edited")) and question.parts == {WORDS}
        return question.only(set() if is_edit else {keys[key] for key in new})

    async def on_message(self, request: Request) -> None:
        """Answer in the message's thread; open a modal for no, too many or uncertain ids."""
        queries, files = self._context.queries, self._context.files
        message = part(request.body, "message")
        question = question_in(message, reads_files=self._context.reads_files, addressed=False)
        if isinstance(question.query, LookUp) and not question.files:
            await queries.answer(request, question.query)
        elif not await queries.admitted(request):
            return
        elif question.files:
            await files.open(request, message, alone=question.query is None)
            if question.query is not None:
                await queries.answer(request, question.query)
        else:
            found, notes = question.found, request.private_notes
            view = asking_about(found, notes.style, request.origin)
            if not found.ids:
                await self._open(request, view, first_answer(notes))
                return
            query = TooMany(count=len(found.ids), ids=found.ids, more=found.more)
            await self._open(request, view, too_many(query, notes))

    async def on_ask(self, request: Request) -> None:
        """Open the modal that asks for ids, and shows the answer to the asker alone."""
        view = asking(request.notes.style.catalog, Origin(surface=request.surface))
        await self._open(request, view, first_answer(request.private_notes))

    async def _open(self, request: Request, view: View, instead: Message) -> None:
        """Open a modal, or show a message, because a `trigger_id` expires after three seconds."""
        if await request.reply.open_modal(view) is None:
            await request.for_asker.show(instead)

    async def on_submit(self, request: Request) -> None:
        """Answer in the thread that the modal was opened from, or else in the modal."""
        notes, view = request.private_notes, part(request.body, "view")
        query = parse_ids(typed_ids(view))
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


def _is_late(body: Body) -> bool:
    sent = body.get("event_time")
    # Integers of any size can be compared with a float, but not subtracted from it.
    return type(sent) is int and 0 < sent < time.time() - LATE_SECONDS
