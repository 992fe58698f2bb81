"""Lists: the form in which one is pasted and checked, and the buttons of its cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.services.records import Surface
from bot.slack.api.payload import first_action, part
from bot.slack.bulk.buttons import (
    HOME_OPEN_ACTION,
    OPEN_ACTION,
    PAGE_ACTIONS,
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
from bot.slack.cards.modals import Origin, answer, origin_of
from bot.slack.cards.notes import Notes
from bot.slack.click_context import clicked
from bot.slack.context import ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.channels import OpenModal, ReplyTarget
from bot.slack.replies.requests import Request

Ack = Callable[..., Awaitable[object]]


class BulkListener:
    """Answers what is done to the form and the cards of lists."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the buttons, and the form, whose acknowledgement carries what comes next."""
        for action, listener in (
            (OPEN_ACTION, self.on_open),
            (HOME_OPEN_ACTION, self.on_open_at_home),
            (STOP_ACTION, self.on_stop),
            (WATCH_ACTION, self.on_watch),
            (PAGE_ACTIONS, self.on_page),
        ):
            app.action(action, middleware=[ack_first])(listener)
        app.view(LIST_CALLBACK)(self.on_submit)
        app.view(FILE_CALLBACK)(self.on_submit_file)

    async def on_open(self, body: dict[str, Any]) -> None:
        """Open the form, or put it in the place of the one in which the button stood."""
        self._context.work.track()
        request = await clicked(self._context, body)
        if not await self._context.queries.admitted(request):
            return
        ids = opened_with(first_action(body).get("value"))
        view = part(body, "view")
        if view:
            view_id = str(view.get("id") or "")
            await self._context.bulks.open_in(request, origin_of(view), ids, view_id)
            return
        request = replace(request, trigger_id=str(body.get("trigger_id") or ""))
        await self._context.bulks.ask(request, text_of(ids))

    async def on_open_at_home(self, body: dict[str, Any]) -> None:
        """The same on the App Home, where there is no conversation to answer in."""
        self._context.work.track()
        asker = await self._context.people.asker(body)
        request = await self._context.requests.private(
            asker,
            Surface.HOME,
            ReplyTarget(channel="", user=asker.user),
            command=self._context.command,
            trigger_id=str(body.get("trigger_id") or ""),
        )
        if await self._context.queries.admitted(request):
            await self._context.bulks.ask(request, "")

    async def on_submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Show what was found in the form; what was shown before begins."""
        self._context.work.track()
        request, origin = await self._submitted(ack, body, view)
        if await self._context.queries.admitted(request):
            await self._context.bulks.submit(
                request, origin, pasted(view), checked=checked_digest(view), ack=ack
            )

    async def on_submit_file(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Begin with the list of the file that was shown."""
        self._context.work.track()
        request, origin = await self._submitted(ack, body, view)
        if await self._context.queries.admitted(request):
            checked = checked_digest(view)
            await self._context.files.submit(request, origin, file_of(view), checked=checked)

    async def _submitted(
        self, ack: Ack, body: dict[str, Any], view: dict[str, Any]
    ) -> tuple[Request, Origin]:
        origin = origin_of(view)
        asker = await self._context.people.asker(body)
        style = await self._context.requests.personal_style(asker)
        modal = OpenModal(
            id=str(view.get("id", "")),
            ack=ack,
            draw=lambda message: answer(style.catalog, message),
        )
        request = await self._context.requests.in_modal(
            asker,
            origin.surface,
            ReplyTarget(channel=asker.channel, user=asker.user),
            notes=Notes(style, self._context.command),
            modal=modal,
        )
        return request, origin

    async def on_stop(self, body: dict[str, Any]) -> None:
        """Ask no further. Whoever may not ask any more may still stop."""
        self._context.work.track()
        request = await clicked(self._context, body)
        bulk = bulk_of(first_action(body).get("value"))
        if bulk is not None:
            await self._context.bulks.stop(bulk, request)

    async def on_watch(self, body: dict[str, Any]) -> None:
        """Watch what had no status."""
        self._context.work.track()
        request = await clicked(self._context, body)
        bulk = bulk_of(first_action(body).get("value"))
        if bulk is not None and await self._context.queries.admitted(request):
            await self._context.bulks.watch(bulk, request)

    async def on_page(self, body: dict[str, Any]) -> None:
        """The first page beside the report; another one in the place of the one before."""
        self._context.work.track()
        pressed = first_action(body)
        leafing = pressed.get("action_id") != "bulk_page_show"
        request = await clicked(self._context, body, in_place=leafing)
        wanted = page_of(pressed.get("value"))
        if wanted is not None and await self._context.queries.admitted(request):
            await self._context.bulks.show_page(*wanted, request)
