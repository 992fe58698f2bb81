"""The buttons about watches: begin, choose how long, stop, give up one of the list."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.api.payload import first_action
from bot.slack.cards.buttons import Action, ids_of
from bot.slack.click_context import clicked, posted_card
from bot.slack.context import ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.watches.buttons import (
    CANCEL_ACTION,
    LIMIT_ACTIONS,
    STOP_ACTION,
    limit_of,
    watches_of,
)


class WatchListener:
    """Answers clicks about watches; those on the App Home are that listener's."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind a listener for each button."""
        for action, listener in (
            (Action.WATCH.value, self.on_watch),
            (LIMIT_ACTIONS, self.on_limit),
            (STOP_ACTION, self.on_stop),
            (CANCEL_ACTION, self.on_cancel),
        ):
            app.action(action, middleware=[ack_first])(listener)

    async def on_watch(self, body: dict[str, Any]) -> None:
        """The card with what is known now; and a watch of what has no status still."""
        self._context.work.track()
        request = await clicked(self._context, body, in_place=True)
        ids = ids_of(first_action(body).get("value"))
        if ids and await self._context.queries.admitted(request):
            answers = await self._context.queries.look_up(ids, request)
            await self._context.queries.watch(answers, request, posted_card(body))

    async def on_limit(self, body: dict[str, Any]) -> None:
        """Watch for longer, or not so long."""
        self._context.work.track()
        request = await clicked(self._context, body, in_place=True)
        pressed = first_action(body)
        limit = limit_of(pressed.get("action_id"))
        if limit is not None and await self._context.queries.admitted(request):
            names = watches_of(pressed.get("value"))
            await request.reply.show(await self._context.watches.prolong(names, limit, request))

    async def on_stop(self, body: dict[str, Any]) -> None:
        """Give up what was just begun. Whoever may not ask any more may still stop."""
        self._context.work.track()
        request = await clicked(self._context, body, in_place=True)
        names = watches_of(first_action(body).get("value"))
        await request.reply.show(await self._context.watches.stop(names, request))

    async def on_cancel(self, body: dict[str, Any]) -> None:
        """Give up one of the list, which is shown anew."""
        self._context.work.track()
        request = await clicked(self._context, body, in_place=True)
        names = watches_of(first_action(body).get("value"))
        await request.reply.show(await self._context.watches.cancel(names, request))
