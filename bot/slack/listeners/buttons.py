"""The buttons on cards of look-ups, watches and lists, and the modals of lists.

Those of the App Home are in `bot.slack.listeners.home`. Each click has its own response URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Circle
from bot.domain.input.message_id import MessageId
from bot.services.records import Surface
from bot.slack.blocks.payload import first_action, part
from bot.slack.blocks.style import Audience
from bot.slack.bulk import buttons as lists
from bot.slack.bulk.modals import LIST_CALLBACK, text_of
from bot.slack.bulk.offers import FILE_CALLBACK, Offer, offer_in
from bot.slack.cards.buttons import MENU_ACTION, Action, choice_of
from bot.slack.cards.controls import ids_of
from bot.slack.cards.details import REPLY_ACTION, customer_texts, details
from bot.slack.context import BoltListener, ListenerContext
from bot.slack.inbound.app import AckFirst
from bot.slack.lookups.messages import posted_card
from bot.slack.lookups.sharing import SHARE_CALLBACK, ids_in, sharing
from bot.slack.replies import requests
from bot.slack.replies.requests import Request
from bot.slack.replies.routes import Route
from bot.slack.watches import notes as watches

Ids = Sequence[MessageId]
Names = Sequence[str]
REPLY_ACTIONS: Final = re.compile(f"{REPLY_ACTION}.+")


class ButtonListener:
    """Answers clicks."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context
        self._queries = context.queries
        self._watches = context.watches

    def register(self, app: AsyncApp) -> None:
        """Bind a listener to each button and modal; a user who has lost access may still stop."""
        click, here, bulks = self._context.click, Route.IN_PLACE, self._context.bulks
        stop, cancel, files = self._watches.stop, self._watches.stop_in_list, self._context.files
        # Cancelling in a list shows the rest of it.
        all_, mine = Circle.ANYBODY, Circle.MEMBERS
        cards: dict[str, BoltListener] = {
            Action.REFRESH: click(self.on_refresh, ids_on, how=here),
            Action.SHARE: click(self.on_share, ids_on),
            Action.CUSTOMER: click(self.on_customer, ids_on),
            Action.DETAILS: click(self.on_details, ids_on),
            Action.WATCH: click(self.on_watch, ids_on, how=here),
        }
        for action, listener in (
            *((action.value, cards[action]) for action in Action),
            (MENU_ACTION, self._menu_of(cards)),
            (REPLY_ACTIONS, click(self.on_customer, ids_on, how=here)),
            (watches.LIMIT_ACTIONS, click(self.on_limit, watches.watches_of, how=here)),
            (watches.STOP_ACTION, click(stop, watches.watches_of, how=here, circle=all_)),
            (watches.CANCEL_ACTION, click(cancel, watches.watches_of, how=here, circle=mine)),
            (lists.OPEN_ACTION, click(bulks.ask, lambda value: text_of(lists.opened_with(value)))),
            (lists.BEGIN_ACTION, click(self.on_begin, offer_on, how=here)),
            (lists.DECLINE_ACTION, click(files.decline, bool, how=here, circle=all_)),
            (lists.STOP_ACTION, click(bulks.stop, lists.bulk_of, circle=all_)),
            (lists.WATCH_ACTION, click(bulks.watch, lists.bulk_of)),
            # The first page is posted beside the report; further pages replace the previous one.
            (lists.SHOW_ACTION, click(bulks.show_page, lists.page_of)),
            (lists.TURN_ACTIONS, click(bulks.show_page, lists.page_of, how=here)),
        ):
            app.action(action, middleware=[AckFirst()])(listener)
        # A modal's acknowledgement has errors or a view.
        listen = self._context.listener
        app.view(LIST_CALLBACK)(listen(bulks.submit, requests.submitted, circle=Circle.USERS))
        app.view(FILE_CALLBACK)(listen(files.submit, requests.submitted, circle=Circle.USERS))
        app.view(SHARE_CALLBACK)(listen(self.on_place, requests.by(Surface.BUTTON)))

    def _menu_of(self, cards: Mapping[str, BoltListener]) -> BoltListener:
        """Answer a choice in the menu as a click on the button of that name."""

        async def chosen(body: dict[str, Any]) -> None:
            self._context.work.track()
            choice = first_action(body)
            name, value = choice_of(part(choice, "selected_option").get("value"))
            pressed = {**choice, "action_id": name, "value": value}
            if name in cards:
                await cards[name]({**body, "actions": [pressed]})

        return chosen

    async def on_refresh(self, request: Request, ids: Ids) -> None:
        """Show the card with current statuses; final ones come from the cache."""
        await self._queries.show_card(await self._queries.look_up(ids, request), request)

    async def on_share(self, request: Request, ids: Ids) -> None:
        """Post the card publicly; a second click on a shared card only shows a note."""
        if request.audience is not Audience.PRIVATE:
            # There is no conversation with other readers yet.
            form = sharing(request.private_notes.style.catalog, ids)
            over = request.audience is Audience.MODAL
            await request.reply.open_modal(form, "views.push" if over else "views.open")
            return
        deliveries = self._context.deliveries
        card = part(request.body, "container").get("message_ts", "")
        joined = " ".join(one.value for one in ids)
        key = f"share:{request.asker.channel}:{request.asker.user}:{card}:{joined}"
        if not await deliveries.unserved(key):
            await request.reply.show(request.notes.note("working.shared_already"))
            return
        # Claimed while it is posted, so that a click that Slack sends twice posts one card.
        async with deliveries.serving(key) as deed:
            answers = await self._queries.look_up(ids, request)
            deed.done = await self._queries.share(answers, request)

    async def on_place(self, request: Request) -> None:
        """Post the card in the conversation that was chosen, if the user may ask there."""
        await request.reply.acknowledge()
        ids = ids_in(request.body)
        if ids and await self._queries.admitted(request):
            await self._queries.share(await self._queries.look_up(ids, request), request)

    async def on_begin(self, request: Request, offer: Offer) -> None:
        """Start the list in a file, once however often the button is pressed."""
        deliveries, asker = self._context.deliveries, request.asker
        card = part(request.body, "container").get("message_ts", "")
        key = f"begin:{asker.channel}:{asker.user}:{card}:{offer.file}"
        if await deliveries.unserved(key):
            async with deliveries.serving(key) as deed:
                deed.done = await self._context.files.begin(request, offer)

    async def on_customer(self, request: Request, ids: Ids) -> None:
        """Show a short text to copy, in the user's language or the one on the button."""
        answers = await self._queries.look_up(ids, request)
        style, pressed = request.notes.style, first_action(request.body).get("action_id")
        known = {f"{REPLY_ACTION}{one.language}": one for one in self._context.languages.all()}
        catalog = known.get(str(pressed), style.catalog)
        others = [one for one in known.values() if one is not catalog]
        shown = customer_texts(answers, style, catalog, others)
        await self._queries.deliver(shown, answers, request)

    async def on_details(self, request: Request, ids: Ids) -> None:
        """Show what a card leaves out: its meaning, and details for an engineer."""
        answers = await self._queries.look_up(ids, request)
        await self._queries.deliver(details(answers, request.notes.style), answers, request)

    async def on_watch(self, request: Request, ids: Ids) -> None:
        """Show the card with current statuses, and watch the calls that still have none."""
        answers = await self._queries.look_up(ids, request)
        await self._queries.watch(answers, request, posted_card(request.body))

    async def on_limit(self, request: Request, names: Names) -> None:
        """Change how long the calls are watched."""
        limit = watches.limit_of(first_action(request.body).get("action_id"))
        if limit is not None:
            await self._watches.change_limit(request, names, limit)


def ids_on(value: object) -> Ids | None:
    """The ids on a button; `None` if it has none."""
    return ids_of(value) or None


def offer_on(value: object) -> Offer | None:
    """The list that a button offers; `None` if it offers none."""
    offer = offer_in(value)
    return offer if offer.file else None
