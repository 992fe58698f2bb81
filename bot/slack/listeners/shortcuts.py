"""The message shortcut and the global one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.query import MAX_IDS, LookUp
from bot.services.records import Surface
from bot.slack.api.payload import part
from bot.slack.bulk.buttons import open_row
from bot.slack.cards.modals import Origin, asking
from bot.slack.context import ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.lookups.message_text import texts_of
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.slack.replies.channels import ReplyTarget


class ShortcutListener:
    """Finds the ids in a message, or asks for them in a modal."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind both shortcuts."""
        app.shortcut(MESSAGE_SHORTCUT, middleware=[ack_first])(self.on_message)
        app.shortcut(GLOBAL_SHORTCUT, middleware=[ack_first])(self.on_global)

    async def on_message(self, shortcut: dict[str, Any]) -> None:
        """Answer in the message's thread; what is none, many or doubtful goes to a modal."""
        self._context.work.track()
        message = part(shortcut, "message")
        asker = await self._context.people.asker(shortcut)
        thread = str(message.get("thread_ts") or message.get("ts") or "")
        place = ReplyTarget(
            channel=asker.channel,
            user=asker.user,
            response_url=str(shortcut.get("response_url") or ""),
            thread_ts=thread,
            begins=not message.get("thread_ts"),
        )
        found = find_ids(texts_of(message))
        request = await self._context.requests.in_thread(
            asker,
            Surface.MESSAGE_SHORTCUT,
            place,
            command=self._context.command,
            trigger_id=str(shortcut.get("trigger_id") or ""),
        )
        origin = Origin(
            surface=Surface.MESSAGE_SHORTCUT,
            channel=asker.channel,
            thread_ts=thread,
            begins=place.begins,
        )
        if self._context.files.has_list(message, found):
            if not await self._context.queries.admitted(request):
                return
            await self._context.files.open(request, origin, message, alone=not found.ids)
            if found.ids:
                await self._context.queries.answer(request, LookUp(ids=found.ids[:MAX_IDS]))
        elif 0 < len(found.ids) <= MAX_IDS:
            await self._context.queries.answer(request, LookUp(ids=found.ids))
        elif await self._context.queries.admitted(request):
            await self._ask(shortcut, asker, place, origin, found)

    async def on_global(self, shortcut: dict[str, Any]) -> None:
        """Ask for the ids."""
        self._context.work.track()
        asker = await self._context.people.asker(shortcut)
        await self._ask(shortcut, asker, ReplyTarget(channel="", user=asker.user), Origin())

    async def _ask(
        self,
        shortcut: Mapping[str, Any],
        asker: Asker,
        place: ReplyTarget,
        origin: Origin,
        found: FoundIds | None = None,
    ) -> None:
        request = await self._context.requests.private(
            asker, origin.surface, place, command=self._context.command
        )
        catalog = request.notes.style.catalog
        words: tuple[str, ...] = ()
        remark, row = "", None
        if found is not None:
            words = tuple(one.value for one in found.ids) or found.doubtful
            name = "many" if found.ids else "doubtful" if found.doubtful else "none"
            remark = catalog.say(f"modal.{name}", count=len(found.ids), limit=MAX_IDS)
            row = open_row(catalog, found.ids) if name == "many" else None
        opened = await self._context.slack.call(
            "views.open",
            trigger_id=str(shortcut.get("trigger_id", "")),
            view=asking(catalog, origin, found=words, remark=remark, row=row),
        )
        if opened is None:
            # Slack gives three seconds for a modal; the person need not wait for it in vain.
            await request.reply.show(request.notes.usage())
