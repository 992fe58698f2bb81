"""The App Home: drawn when it is opened and after each change of a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.call_status import Outcome
from bot.domain.catalog import Catalog
from bot.services.languages import Languages, NotChosen
from bot.services.records import Records, Surface
from bot.slack.door import SlackDoor
from bot.slack.home_page import ASK_ACTION, AUTOMATIC, LANGUAGE_ACTION, Recent, home
from bot.slack.modals import Origin, asking
from bot.slack.payload import first_action, part
from bot.slack.people import People
from bot.slack.questions import Question, Questions
from bot.slack.replies import Place
from bot.slack.work import OngoingWork, ack_first


class HomeListener:
    """Keeps the App Home of each person."""

    def __init__(
        self,
        *,
        questions: Questions,
        languages: Languages,
        records: Records,
        people: People,
        slack: SlackDoor,
        command: str,
        work: OngoingWork,
    ) -> None:
        self._questions = questions
        self._languages = languages
        self._records = records
        self._people = people
        self._slack = slack
        self._command = command
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Bind the opening of the page and its two controls."""
        app.event("app_home_opened")(self.on_opened)
        app.action(LANGUAGE_ACTION, middleware=[ack_first])(self.on_language)
        app.action(ASK_ACTION, middleware=[ack_first])(self.on_ask)

    async def on_opened(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Draw the page; the messages tab needs nothing."""
        self._work.enlist()
        if event.get("tab", "home") == "home":
            await self._draw(
                self._people.asker(user=event.get("user"), channel="", team=body.get("team_id"))
            )

    async def on_language(self, body: dict[str, Any]) -> None:
        """Keep the language that was chosen, and draw the page in it."""
        self._work.enlist()
        asker = self._asker(body)
        wanted = str(part(first_action(body), "selected_option").get("value", ""))
        if await self._keep(asker, wanted) is NotChosen.NOT_KEPT:
            question = await self._asked(asker)
            await question.reply.show(question.notes.choice_not_kept())
        await self._draw(asker)

    async def _keep(self, asker: Asker, wanted: str) -> Catalog | NotChosen | None:
        if wanted == AUTOMATIC:
            return await self._languages.forget(asker.team, asker.user)
        return await self._languages.choose(asker.team, asker.user, wanted)

    async def on_ask(self, body: dict[str, Any]) -> None:
        """Open the modal that asks for ids."""
        self._work.enlist()
        question = await self._asked(self._asker(body))
        opened = await self._slack.call(
            "views.open",
            trigger_id=str(body.get("trigger_id", "")),
            view=asking(question.notes.style.catalog, Origin(surface=Surface.HOME)),
        )
        if opened is None:
            await question.reply.show(question.notes.usage())

    async def _asked(self, asker: Asker) -> Question:
        """There is no conversation on this page: what must be said goes in a direct message."""
        place = Place(channel="", user=asker.user)
        return await self._questions.private(asker, Surface.HOME, place, command=self._command)

    def _asker(self, body: Mapping[str, Any]) -> Asker:
        person = part(body, "user")
        return self._people.asker(user=person.get("id"), channel="", team=person.get("team_id"))

    async def _draw(self, asker: Asker) -> None:
        view = home(
            await self._questions.personal_style(asker),
            command=self._command,
            recent=[
                Recent(idmsg=one.idmsg, outcome=Outcome(one.outcome), at=one.at)
                for one in await self._records.recent(asker)
            ],
            chosen=await self._languages.chosen_by(asker.team, asker.user),
        )
        await self._slack.call("views.publish", user_id=asker.user, view=view)
