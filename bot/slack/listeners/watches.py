"""The buttons of watches: start, choose how long, stop, cancel one of the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from slack_bolt.async_app import AsyncApp

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import PostedCard
from bot.slack.api.payload import first_action, part
from bot.slack.cards.buttons import Action
from bot.slack.context import Body, ListenerContext, ids_on, value_on
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.requests import Click, Request
from bot.slack.watches.buttons import (
    CANCEL_ACTION,
    LIMIT_ACTIONS,
    STOP_ACTION,
    limit_of,
    watches_of,
)

Names = Sequence[str]


class WatchListener:
    """Answers clicks on the buttons of watches, except for those on the App Home."""

    def __init__(self, context: ListenerContext) -> None:
        self._queries = context.queries
        self._watches = context.watches
        self._click = context.click

    def register(self, app: AsyncApp) -> None:
        """Bind a listener for each button; a user who has lost access may still stop."""
        here = Click.IN_PLACE
        for action, listener in (
            (Action.WATCH.value, self._click(self.on_watch, _card_on, how=here)),
            (LIMIT_ACTIONS, self._click(self.on_limit, _limit_on, how=here)),
            (STOP_ACTION, self._click(self.on_stop, _names_on, how=here, anybody=True)),
            (CANCEL_ACTION, self._click(self.on_cancel, _names_on, how=here, anybody=True)),
        ):
            app.action(action, middleware=[ack_first])(listener)

    async def on_watch(
        self, request: Request, clicked: tuple[Sequence[MessageId], PostedCard | None]
    ) -> None:
        """Show the card with current statuses, and watch the calls that still have none."""
        ids, card = clicked
        answers = await self._queries.look_up(ids, request)
        await self._queries.watch(answers, request, card)

    async def on_limit(self, request: Request, chosen: tuple[Names, timedelta]) -> None:
        """Change how long the calls are watched."""
        await request.reply.show(await self._watches.prolong(*chosen, request))

    async def on_stop(self, request: Request, names: Names) -> None:
        """Stop the watches that were just started."""
        await request.reply.show(await self._watches.stop(names, request))

    async def on_cancel(self, request: Request, names: Names) -> None:
        """Cancel one watch of the list, and show the list again."""
        await request.reply.show(await self._watches.cancel(names, request))


def _names_on(body: Body) -> Names:
    return watches_of(value_on(body))


def _limit_on(body: Body) -> tuple[Names, timedelta] | None:
    limit = limit_of(first_action(body).get("action_id"))
    return None if limit is None else (_names_on(body), limit)


def _card_on(body: Body) -> tuple[Sequence[MessageId], PostedCard | None] | None:
    """Return the ids, and their card if it is a message that the bot can update later."""
    ids, container = ids_on(body), part(body, "container")
    if ids is None:
        return None
    ts, channel = container.get("message_ts"), container.get("channel_id")
    if container.get("type") != "message" or container.get("is_ephemeral") or not (ts and channel):
        return ids, None
    return ids, PostedCard(channel=str(channel), ts=str(ts))
