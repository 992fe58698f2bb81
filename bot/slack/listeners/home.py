"""The App Home: drawn when it is opened and after each change of a setting."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.texts.catalog import Catalog
from bot.services.languages import NotChosen
from bot.services.records import Surface
from bot.slack.api.payload import first_action, part
from bot.slack.cards.modals import Origin, asking
from bot.slack.context import ListenerContext
from bot.slack.home.page import ASK_ACTION, AUTOMATIC, LANGUAGE_ACTION, Recent, home
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.channels import ReplyTarget
from bot.slack.replies.requests import Request
from bot.slack.watches.buttons import HOME_CANCEL_ACTION, watches_of


class HomeListener:
    """Keeps the App Home of each person."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the opening of the page and its controls."""
        app.event("app_home_opened")(self.on_opened)
        app.action(LANGUAGE_ACTION, middleware=[ack_first])(self.on_language)
        app.action(ASK_ACTION, middleware=[ack_first])(self.on_ask)
        app.action(HOME_CANCEL_ACTION, middleware=[ack_first])(self.on_cancel)

    async def on_opened(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Draw the page; the messages tab needs nothing."""
        self._context.work.track()
        if event.get("tab", "home") == "home":
            await self._draw(await self._context.people.asker(body))

    async def on_language(self, body: dict[str, Any]) -> None:
        """Keep the language that was chosen, and draw the page in it."""
        self._context.work.track()
        asker = await self._context.people.asker(body)
        wanted = str(part(first_action(body), "selected_option").get("value", ""))
        if await self._keep(asker, wanted) is NotChosen.NOT_KEPT:
            request = await self._asked(asker)
            await request.reply.show(request.notes.choice_not_kept())
        await self._draw(asker)

    async def _keep(self, asker: Asker, wanted: str) -> Catalog | NotChosen | None:
        if wanted == AUTOMATIC:
            return await self._context.languages.forget(asker.team, asker.user)
        return await self._context.languages.choose(asker.team, asker.user, wanted)

    async def on_ask(self, body: dict[str, Any]) -> None:
        """Open the modal that asks for ids."""
        self._context.work.track()
        request = await self._asked(await self._context.people.asker(body))
        opened = await self._context.slack.call(
            "views.open",
            trigger_id=str(body.get("trigger_id", "")),
            view=asking(request.notes.style.catalog, Origin(surface=Surface.HOME)),
        )
        if opened is None:
            await request.reply.show(request.notes.usage())

    async def _asked(self, asker: Asker) -> Request:
        """There is no conversation on this page: what must be said goes in a direct message."""
        place = ReplyTarget(channel="", user=asker.user)
        return await self._context.requests.private(
            asker, Surface.HOME, place, command=self._context.command
        )

    async def on_cancel(self, body: dict[str, Any]) -> None:
        """Give up a watch; whether it was there still or not, the page shows what is left."""
        self._context.work.track()
        asker = await self._context.people.asker(body)
        names = watches_of(first_action(body).get("value"))
        await self._context.watches.cancel_at_home(names, asker)
        await self._draw(asker)

    async def _draw(self, asker: Asker) -> None:
        view = home(
            await self._context.requests.personal_style(asker),
            command=self._context.command,
            recent=[
                Recent(idmsg=one.idmsg, counted_as=one.outcome, at=one.at)
                for one in await self._context.records.recent(asker)
            ],
            watches=await self._context.watches.open_ones(asker),
            chosen=await self._context.languages.chosen_by(asker.team, asker.user),
        )
        await self._context.slack.call("views.publish", user_id=asker.user, view=view)
