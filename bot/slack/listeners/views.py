"""What comes back from the modal that asks for ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.query import LookUp, parse_query
from bot.slack.modals import (
    ASK_CALLBACK,
    IDS_BLOCK,
    Origin,
    answer,
    origin_of,
    typed_ids,
)
from bot.slack.notes import Notes
from bot.slack.payload import part
from bot.slack.people import People
from bot.slack.questions import Questions
from bot.slack.reception import Reception
from bot.slack.replies import OpenModal, Place
from bot.slack.work import OngoingWork

Ack = Callable[..., Awaitable[object]]


class ViewListener:
    """Checks what was typed while the modal is open, then answers.

    The acknowledgement carries the errors or the next view, so it is given here and not before.
    """

    def __init__(
        self,
        *,
        reception: Reception,
        questions: Questions,
        people: People,
        command: str,
        work: OngoingWork,
    ) -> None:
        self._reception = reception
        self._questions = questions
        self._people = people
        self._command = command
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Bind the submission."""
        app.view(ASK_CALLBACK)(self.on_submit)

    async def on_submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Answer in the thread that the modal came from, or in the modal itself."""
        self._work.enlist()
        person = part(body, "user")
        origin = origin_of(view)
        asker = self._people.asker(
            user=person.get("id"), channel=origin.channel, team=person.get("team_id")
        )
        style = await self._questions.personal_style(asker)
        notes = Notes(style, self._command)
        query = parse_query(typed_ids(view))
        problem = notes.modal_problem(query)
        if problem or not isinstance(query, LookUp):
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
            question = await self._questions.in_modal(
                asker, origin.surface, place, notes=notes, modal=modal
            )
            await self._reception.answer(question, query)

    async def _in_thread(self, query: LookUp, asker: Asker, origin: Origin) -> None:
        place = Place(
            channel=asker.channel,
            user=asker.user,
            thread_ts=origin.thread_ts,
            begins=origin.begins,
        )
        question = await self._questions.in_thread(
            asker, origin.surface, place, command=self._command
        )
        await self._reception.answer(question, query)
