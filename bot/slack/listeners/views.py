"""What comes back from the modal that asks for ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.query import LookUp, TooMany, parse_query
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.handler import text_of
from bot.slack.cards.modals import (
    ASK_CALLBACK,
    IDS_BLOCK,
    Origin,
    View,
    answer,
    origin_of,
    typed_ids,
)
from bot.slack.cards.notes import Notes
from bot.slack.context import ListenerContext
from bot.slack.replies.channels import OpenModal, ReplyTarget

Ack = Callable[..., Awaitable[object]]


class ViewListener:
    """Checks what was typed while the modal is open, then answers.

    The acknowledgement carries the errors or the next view, so it is given here and not before.
    """

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the submission."""
        app.view(ASK_CALLBACK)(self.on_submit)

    async def on_submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Answer in the thread that the modal came from, or in the modal itself."""
        self._context.work.track()
        origin = origin_of(view)
        asker = await self._context.people.asker(body)
        style = await self._context.requests.personal_style(asker)
        notes = Notes(style, self._context.command)
        query = parse_query(typed_ids(view))
        problem = notes.modal_problem(query)
        if isinstance(query, TooMany):
            await ack(response_action="update", view=self._as_list(query, origin, style))
        elif problem or not isinstance(query, LookUp):
            await ack(response_action="errors", errors={IDS_BLOCK: problem})
        elif origin.thread_ts:
            await ack()
            await self._in_thread(query, asker, origin)
        else:
            modal = OpenModal(
                id=str(view.get("id", "")),
                ack=ack,
                draw=lambda message: answer(style.catalog, message),
            )
            place = ReplyTarget(channel=asker.channel, user=asker.user)
            request = await self._context.requests.in_modal(
                asker, origin.surface, place, notes=notes, modal=modal
            )
            await self._context.queries.answer(request, query)

    def _as_list(self, query: TooMany, origin: Origin, style: CardStyle) -> View:
        return self._context.bulks.form(style, origin, text_of(query.ids))

    async def _in_thread(self, query: LookUp, asker: Asker, origin: Origin) -> None:
        place = ReplyTarget(
            channel=asker.channel,
            user=asker.user,
            thread_ts=origin.thread_ts,
            begins=origin.begins,
        )
        request = await self._context.requests.in_thread(
            asker, origin.surface, place, command=self._context.command
        )
        await self._context.queries.answer(request, query)
