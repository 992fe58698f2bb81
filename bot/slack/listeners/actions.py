"""The buttons of a card: refresh, share, a reply for the customer, details."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt.async_app import AsyncApp

from bot.domain.input.message_id import MessageId
from bot.slack.api.payload import part
from bot.slack.cards.buttons import Action
from bot.slack.context import Body, ListenerContext, ids_on
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.lookups.card_details import customer_texts, details
from bot.slack.replies.requests import Click, Request

Ids = Sequence[MessageId]


class ActionListener:
    """Answers clicks; Slack sends a new response URL with each click."""

    def __init__(self, context: ListenerContext) -> None:
        self._queries = context.queries
        self._languages = context.languages
        self._deliveries = context.deliveries
        self._click = context.click

    def register(self, app: AsyncApp) -> None:
        """Bind a listener for each button."""
        for action, listener in (
            (Action.REFRESH, self._click(self.on_refresh, ids_on, how=Click.IN_PLACE)),
            (Action.SHARE, self._click(self.on_share, _shared)),
            (Action.CUSTOMER, self._click(self.on_customer, ids_on)),
            (Action.DETAILS, self._click(self.on_details, ids_on)),
        ):
            app.action(action.value, middleware=[ack_first])(listener)

    async def on_refresh(self, request: Request, ids: Ids) -> None:
        """Show the card with current statuses; final ones come from the cache."""
        answers = await self._queries.look_up(ids, request)
        await self._queries.show_card(answers, request)

    async def on_share(self, request: Request, shared: tuple[str, Ids]) -> None:
        """Post the card publicly; a second click on a shared card only shows a note."""
        card, ids = shared
        joined = " ".join(one.value for one in ids)
        key = f"share:{request.asker.channel}:{request.asker.user}:{card}:{joined}"
        if not await self._deliveries.unserved(key):
            await request.reply.show(request.notes.note("working.shared_already"))
            return
        async with self._deliveries.serving(key) as deed:
            answers = await self._queries.look_up(ids, request)
            deed.done = await self._queries.share(answers, request)
        await self._queries.keep_shared(answers, request, shared=deed.done)

    async def on_customer(self, request: Request, ids: Ids) -> None:
        """Show a short text to copy, in both languages, the user's own first."""
        answers = await self._queries.look_up(ids, request)
        shown = customer_texts(answers, request.notes.style, self._languages.all())
        await self._queries.deliver(shown, answers, request)

    async def on_details(self, request: Request, ids: Ids) -> None:
        """Show details for an engineer: raw result, reason phrase, RFC, Q.850."""
        answers = await self._queries.look_up(ids, request)
        await self._queries.deliver(details(answers, request.notes.style), answers, request)


def _shared(body: Body) -> tuple[str, Ids] | None:
    """Return the `ts` of the card to share, and its ids."""
    ids = ids_on(body)
    return None if ids is None else (str(part(body, "container").get("message_ts", "")), ids)
