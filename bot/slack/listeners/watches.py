"""The buttons about watches: begin, choose how long, stop, give up one of the list."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.api.payload import first_action
from bot.slack.cards.buttons import Action, ids_of
from bot.slack.click_context import clicked, posted_card
from bot.slack.context import Desk
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

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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
        self._desk.work.enlist()
        question = await clicked(self._desk, body, in_place=True)
        ids = ids_of(first_action(body).get("value"))
        if ids and await self._desk.reception.admitted(question):
            answers = await self._desk.reception.look_up(ids, question)
            await self._desk.reception.watch(answers, question, posted_card(body))

    async def on_limit(self, body: dict[str, Any]) -> None:
        """Watch for longer, or not so long."""
        self._desk.work.enlist()
        question = await clicked(self._desk, body, in_place=True)
        pressed = first_action(body)
        limit = limit_of(pressed.get("action_id"))
        if limit is not None and await self._desk.reception.admitted(question):
            names = watches_of(pressed.get("value"))
            await question.reply.show(await self._desk.watches.prolong(names, limit, question))

    async def on_stop(self, body: dict[str, Any]) -> None:
        """Give up what was just begun. Whoever may not ask any more may still stop."""
        self._desk.work.enlist()
        question = await clicked(self._desk, body, in_place=True)
        names = watches_of(first_action(body).get("value"))
        await question.reply.show(await self._desk.watches.stop(names, question))

    async def on_cancel(self, body: dict[str, Any]) -> None:
        """Give up one of the list, which is shown anew."""
        self._desk.work.enlist()
        question = await clicked(self._desk, body, in_place=True)
        names = watches_of(first_action(body).get("value"))
        await question.reply.show(await self._desk.watches.cancel(names, question))
