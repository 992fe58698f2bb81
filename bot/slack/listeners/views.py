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
from bot.slack.context import Desk
from bot.slack.replies.channels import OpenModal, Place

Ack = Callable[..., Awaitable[object]]


class ViewListener:
    """Checks what was typed while the modal is open, then answers.

    The acknowledgement carries the errors or the next view, so it is given here and not before.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Bind the submission."""
        app.view(ASK_CALLBACK)(self.on_submit)

    async def on_submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Answer in the thread that the modal came from, or in the modal itself."""
        self._desk.work.enlist()
        origin = origin_of(view)
        asker = await self._desk.people.asker(body)
        style = await self._desk.questions.personal_style(asker)
        notes = Notes(style, self._desk.command)
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
            place = Place(channel=asker.channel, user=asker.user)
            question = await self._desk.questions.in_modal(
                asker, origin.surface, place, notes=notes, modal=modal
            )
            await self._desk.reception.answer(question, query)

    def _as_list(self, query: TooMany, origin: Origin, style: CardStyle) -> View:
        return self._desk.bulks.form(style, origin, text_of(query.ids))

    async def _in_thread(self, query: LookUp, asker: Asker, origin: Origin) -> None:
        place = Place(
            channel=asker.channel,
            user=asker.user,
            thread_ts=origin.thread_ts,
            begins=origin.begins,
        )
        question = await self._desk.questions.in_thread(
            asker, origin.surface, place, command=self._desk.command
        )
        await self._desk.reception.answer(question, query)
