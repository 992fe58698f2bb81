"""The App Home, published when a user opens it and after each change on it."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.texts.catalog import Catalog
from bot.services.languages import NotChosen
from bot.services.records import Surface
from bot.slack.api.payload import first_action, part
from bot.slack.cards.modals import asking
from bot.slack.context import Body, ListenerContext, value_on
from bot.slack.home.page import ASK_ACTION, AUTOMATIC, LANGUAGE_ACTION, home
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.requests import open_modal
from bot.slack.watches.buttons import HOME_CANCEL_ACTION, watches_of


class HomeListener:
    """Publishes the App Home of each user.

    The page has no conversation, so notes are sent as direct messages.
    """

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the opening of the page and its controls."""
        app.event("app_home_opened")(self._context.listener(self.on_opened))
        for action, listener in (
            (LANGUAGE_ACTION, self.on_language),
            (ASK_ACTION, self.on_ask),
            (HOME_CANCEL_ACTION, self.on_cancel),
        ):
            app.action(action, middleware=[ack_first])(self._context.listener(listener))

    async def on_opened(self, asker: Asker, body: Body) -> None:
        """Publish the page; Slack sends the same event for the messages tab."""
        if part(body, "event").get("tab", "home") == "home":
            await self._draw(asker, body)

    async def on_language(self, asker: Asker, body: Body) -> None:
        """Store the chosen language, and publish the page in it."""
        wanted = str(part(first_action(body), "selected_option").get("value", ""))
        if await self._keep(asker, wanted) is NotChosen.NOT_KEPT:
            request = await self._context.requests.make(asker, body, Surface.HOME)
            await request.reply.show(request.notes.note("language.not_kept", "language.still"))
        await self._draw(asker, body)

    async def _keep(self, asker: Asker, wanted: str) -> Catalog | NotChosen | None:
        if wanted == AUTOMATIC:
            return await self._context.languages.forget(asker.team, asker.user)
        return await self._context.languages.choose(asker.team, asker.user, wanted)

    async def on_ask(self, asker: Asker, body: Body) -> None:
        """Open the modal that asks for ids."""
        request = await self._context.requests.make(asker, body, Surface.HOME)
        view = asking(request.notes.style.catalog, request.origin)
        if await open_modal(self._context.slack, request, view) is None:
            await request.reply.show(request.notes.usage())

    async def on_cancel(self, asker: Asker, body: Body) -> None:
        """Cancel a watch, and publish the page even if the watch was over already."""
        await self._context.watches.cancel_at_home(watches_of(value_on(body)), asker)
        await self._draw(asker, body)

    async def _draw(self, asker: Asker, body: Body) -> None:
        view = home(
            await self._context.requests.private_notes(asker, body),
            recent=await self._context.records.recent(asker),
            watches=await self._context.watches.open_ones(asker),
            chosen=await self._context.languages.chosen_by(asker.team, asker.user),
        )
        await self._context.slack.call("views.publish", user_id=asker.user, view=view)
