"""Lists: the modal to paste and check one, and the buttons on its cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.message_id import MessageId
from bot.services.records import Surface
from bot.slack.api.payload import part
from bot.slack.blocks.style import Audience
from bot.slack.bulk.buttons import (
    HOME_OPEN_ACTION,
    LEAF_ACTIONS,
    OPEN_ACTION,
    SHOW_ACTION,
    STOP_ACTION,
    WATCH_ACTION,
    bulk_of,
    opened_with,
    page_of,
)
from bot.slack.bulk.handler import text_of
from bot.slack.bulk.modals import (
    FILE_CALLBACK,
    LIST_CALLBACK,
    checked_digest,
    file_of,
    pasted,
)
from bot.slack.cards.modals import origin_of
from bot.slack.context import Body, ListenerContext, value_on
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.requests import Ack, Click, Request

Opened = tuple[Sequence[MessageId], Mapping[str, Any]]


class BulkListener:
    """Handles the modals and the buttons of lists."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context
        self._bulks = context.bulks

    def register(self, app: AsyncApp) -> None:
        """Bind the buttons and the modals, which answer in their acknowledgements."""
        click = self._context.click
        for action, listener in (
            (OPEN_ACTION, click(self.on_open, _opened)),
            (HOME_OPEN_ACTION, self._context.listener(self.on_open_at_home)),
            # A user who has lost access may still stop a list that they started.
            (STOP_ACTION, click(self.on_stop, _bulk_on, anybody=True)),
            (WATCH_ACTION, click(self.on_watch, _bulk_on)),
            # The first page is posted beside the report; further pages replace the previous one.
            (SHOW_ACTION, click(self.on_page, _page_on)),
            (LEAF_ACTIONS, click(self.on_page, _page_on, how=Click.IN_PLACE)),
        ):
            app.action(action, middleware=[ack_first])(listener)
        app.view(LIST_CALLBACK)(self._context.submission(self.on_submit))
        app.view(FILE_CALLBACK)(self._context.submission(self.on_submit_file))

    async def on_open(self, request: Request, opened: Opened) -> None:
        """Open the modal; if the button was in a modal, replace that one."""
        ids, view = opened
        if view:
            view_id = str(view.get("id") or "")
            await self._bulks.open_in(request, origin_of(view), ids, view_id)
        else:
            await self._bulks.ask(request, text_of(ids))

    async def on_open_at_home(self, asker: Asker, body: Body) -> None:
        """Open the modal from the App Home, which has no conversation to answer in."""
        request = await self._context.requests.make(asker, body, Surface.HOME)
        if await self._context.queries.admitted(request):
            await self._bulks.ask(request, "")

    async def on_submit(self, asker: Asker, body: Body, ack: Ack) -> None:
        """Show the ids found in the text, or start the list if they were shown already."""
        view = part(body, "view")
        origin = origin_of(view)
        request = await self._submitted(asker, body, ack)
        if await self._context.queries.admitted(request):
            checked = checked_digest(view)
            await self._bulks.submit(request, origin, pasted(view), checked=checked, ack=ack)

    async def on_submit_file(self, asker: Asker, body: Body, ack: Ack) -> None:
        """Start the list of the file that the modal showed."""
        view = part(body, "view")
        origin = origin_of(view)
        request = await self._submitted(asker, body, ack)
        if await self._context.queries.admitted(request):
            checked = checked_digest(view)
            await self._context.files.submit(request, origin, file_of(view), checked=checked)

    async def _submitted(self, asker: Asker, body: Body, ack: Ack) -> Request:
        surface = origin_of(part(body, "view")).surface
        return await self._context.requests.make(asker, body, surface, Audience.MODAL, ack=ack)

    async def on_stop(self, request: Request, bulk: str) -> None:
        """Stop the list."""
        await self._bulks.stop(bulk, request)

    async def on_watch(self, request: Request, bulk: str) -> None:
        """Watch the calls that had no status."""
        await self._bulks.watch(bulk, request)

    async def on_page(self, request: Request, wanted: tuple[str, int]) -> None:
        """Show a page of the results."""
        await self._bulks.show_page(*wanted, request)


def _opened(body: Body) -> Opened:
    """Return the ids to fill in, and the modal that the button was in, if any."""
    return opened_with(value_on(body)), part(body, "view")


def _bulk_on(body: Body) -> str | None:
    return bulk_of(value_on(body))


def _page_on(body: Body) -> tuple[str, int] | None:
    return page_of(value_on(body))
