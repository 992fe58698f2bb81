"""The App Home, published when a user opens it and after each change on it."""

from __future__ import annotations

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Circle
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import LookUp
from bot.services.languages import NotChosen
from bot.services.records import Surface
from bot.slack.blocks.block_kit import View
from bot.slack.blocks.payload import first_action, part
from bot.slack.bulk.buttons import HOME_OPEN_ACTION
from bot.slack.cards.controls import answer, ids_of
from bot.slack.context import ListenerContext
from bot.slack.home.page import AUTOMATIC, LANGUAGE_ACTION, RECENT_ACTION, closed, home
from bot.slack.inbound.app import AckFirst
from bot.slack.replies import requests
from bot.slack.replies.requests import Request
from bot.slack.replies.routes import Route, Situation
from bot.slack.watches.notes import HOME_CANCEL_ACTION, watches_of


class HomeListener:
    """Publishes the App Home of each user.

    The page has no conversation, so notes are sent as direct messages.
    """

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the opening of the page and its controls, except for the one that asks for ids."""
        listen, bulks = self._context.listener, self._context.bulks
        at_home = requests.by(Surface.HOME)
        recent = self._context.click(
            self.on_recent, lambda value: ids_of(value) or None, how=Route.MODAL
        )
        app.event("app_home_opened")(listen(self.on_opened, requests.home_opened))
        for action, listener in (
            (LANGUAGE_ACTION, listen(self.on_language, at_home, circle=Circle.COLLEAGUES)),
            (HOME_CANCEL_ACTION, listen(self.on_cancel, at_home)),
            (RECENT_ACTION, recent),
            (HOME_OPEN_ACTION, listen(bulks.ask, at_home, circle=Circle.USERS)),
        ):
            app.action(action, middleware=[AckFirst()])(listener)

    async def on_opened(self, request: Request) -> None:
        """Publish the page; who may not ask sees nothing of what they asked before."""
        await self._published(request)

    async def _published(self, request: Request) -> bool:
        context, asker = self._context, request.asker
        view = await self._page(request)
        shown = await context.slack.call("views.publish", user_id=asker.user, view=view)
        return shown is not None

    async def _page(self, request: Request) -> View:
        context, asker, notes = self._context, request.asker, request.notes
        refused = context.queries.lookups.refusal(asker, Circle.MEMBERS)
        if refused is not None:
            return closed(notes.refused(refused))
        return home(
            notes,
            recent=await context.records.recent(asker),
            watches=await context.watches.open_ones(asker) or (),
            chosen=await context.languages.chosen_by(asker.team, asker.user),
        )

    async def on_language(self, request: Request) -> None:
        """Store the chosen language, and publish the page in it."""
        languages, asker = self._context.languages, request.asker
        wanted = str(part(first_action(request.body), "selected_option").get("value", ""))
        choose, forget = languages.choose, languages.forget
        own = (asker.team, asker.user)
        chosen = await (forget(*own) if wanted == AUTOMATIC else choose(*own, wanted))
        if chosen is NotChosen.NOT_KEPT:
            await request.reply.show(request.notes.note("language.not_kept", "language.still"))
        # The texts of this request are in the former language.
        renewed = await self._context.request(request.body, Situation(surface=Surface.HOME))
        if not await self._published(renewed) and chosen is not NotChosen.NOT_KEPT:
            await renewed.reply.show(renewed.notes.note("language.chosen"))

    async def on_recent(self, request: Request, ids: tuple[MessageId, ...]) -> None:
        """Look a call up again, in a modal, which is opened before its trigger expires."""
        reply = request.reply
        note = request.notes.note("working.title", "working.text", count=1)
        view_id = await reply.open_modal(answer(request.notes.style.catalog, note))
        target = replace(reply.target, view_id=view_id or "")
        reply = reply.also(Route.MODAL if view_id else Route.DIRECT, target)
        request = replace(request, reply=reply)
        await self._context.queries.answer(request, LookUp(ids=ids))

    async def on_cancel(self, request: Request) -> None:
        """Cancel a watch, and publish the page even if the watch was over already."""
        names = watches_of(requests.value_on(request.body))
        message = await self._context.watches.cancel(request, names)
        if not await self._published(request):
            await request.reply.show(message)
