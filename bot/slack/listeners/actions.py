"""The buttons of a card: refresh, share, a reply for the customer, details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.input.message_id import MessageId
from bot.slack.api.payload import first_action, part
from bot.slack.cards.buttons import Action, ids_of
from bot.slack.click_context import clicked
from bot.slack.context import ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.requests import Request


class ActionListener:
    """Answers clicks; each click brings a response URL of its own."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind a listener for each button."""
        for action, listener in (
            (Action.REFRESH, self.on_refresh),
            (Action.SHARE, self.on_share),
            (Action.CUSTOMER, self.on_customer),
            (Action.DETAILS, self.on_details),
        ):
            app.action(action.value, middleware=[ack_first])(listener)

    async def on_refresh(self, body: dict[str, Any]) -> None:
        """The same card with what is known now; final statuses rest on the cache."""
        self._context.work.track()
        request, ids = await self._clicked(body, in_place=True)
        if ids and await self._admitted(request):
            answers = await self._context.queries.look_up(ids, request)
            await self._context.queries.show_card(answers, request)

    async def on_share(self, body: dict[str, Any]) -> None:
        """The card for all; once it is shared, a second click does nothing more."""
        self._context.work.track()
        request, ids = await self._clicked(body)
        if not ids or not await self._admitted(request):
            return
        key = _share_key(body, request, ids)
        if not await self._context.deliveries.unserved(key):
            await request.reply.show(request.notes.shared_already())
            return
        async with self._context.deliveries.serving(key) as deed:
            answers = await self._context.queries.look_up(ids, request)
            deed.done = await self._context.queries.share(answers, request)
        await self._context.queries.keep_shared(answers, request, shared=deed.done)

    async def on_customer(self, body: dict[str, Any]) -> None:
        """A short text to copy and send, in both languages, the person's own first."""
        self._context.work.track()
        request, ids = await self._clicked(body)
        if ids and await self._admitted(request):
            answers = await self._context.queries.look_up(ids, request)
            await self._context.queries.show_customer_texts(answers, request)

    async def on_details(self, body: dict[str, Any]) -> None:
        """For the engineer: raw result, reason phrase, RFC, Q.850."""
        self._context.work.track()
        request, ids = await self._clicked(body)
        if ids and await self._admitted(request):
            answers = await self._context.queries.look_up(ids, request)
            await self._context.queries.show_details(answers, request)

    async def _admitted(self, request: Request) -> bool:
        return await self._context.queries.admitted(request)

    async def _clicked(
        self, body: Mapping[str, Any], *, in_place: bool = False
    ) -> tuple[Request, tuple[MessageId, ...]]:
        request = await clicked(self._context, body, in_place=in_place)
        return request, ids_of(first_action(body).get("value"))


def _share_key(body: Mapping[str, Any], request: Request, ids: Sequence[MessageId]) -> str:
    card = part(body, "container").get("message_ts", "")
    joined = " ".join(one.value for one in ids)
    return f"share:{request.asker.channel}:{request.asker.user}:{card}:{joined}"
