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
from bot.slack.context import Desk
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.lookups.message_text import texts_of
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.slack.replies.channels import Place


class ShortcutListener:
    """Finds the ids in a message, or asks for them in a modal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Bind both shortcuts."""
        app.shortcut(MESSAGE_SHORTCUT, middleware=[ack_first])(self.on_message)
        app.shortcut(GLOBAL_SHORTCUT, middleware=[ack_first])(self.on_global)

    async def on_message(self, shortcut: dict[str, Any]) -> None:
        """Answer in the message's thread; what is none, many or doubtful goes to a modal."""
        self._desk.work.enlist()
        message = part(shortcut, "message")
        asker = await self._desk.people.asker(shortcut)
        thread = str(message.get("thread_ts") or message.get("ts") or "")
        place = Place(
            channel=asker.channel,
            user=asker.user,
            response_url=str(shortcut.get("response_url") or ""),
            thread_ts=thread,
            begins=not message.get("thread_ts"),
        )
        found = find_ids(texts_of(message))
        question = await self._desk.questions.in_thread(
            asker,
            Surface.MESSAGE_SHORTCUT,
            place,
            command=self._desk.command,
            trigger_id=str(shortcut.get("trigger_id") or ""),
        )
        origin = Origin(
            surface=Surface.MESSAGE_SHORTCUT,
            channel=asker.channel,
            thread_ts=thread,
            begins=place.begins,
        )
        if self._desk.files.has_list(message, found):
            if not await self._desk.reception.admitted(question):
                return
            await self._desk.files.open(question, origin, message, alone=not found.ids)
            if found.ids:
                await self._desk.reception.answer(question, LookUp(ids=found.ids[:MAX_IDS]))
        elif 0 < len(found.ids) <= MAX_IDS:
            await self._desk.reception.answer(question, LookUp(ids=found.ids))
        elif await self._desk.reception.admitted(question):
            await self._ask(shortcut, asker, place, origin, found)

    async def on_global(self, shortcut: dict[str, Any]) -> None:
        """Ask for the ids."""
        self._desk.work.enlist()
        asker = await self._desk.people.asker(shortcut)
        await self._ask(shortcut, asker, Place(channel="", user=asker.user), Origin())

    async def _ask(
        self,
        shortcut: Mapping[str, Any],
        asker: Asker,
        place: Place,
        origin: Origin,
        found: FoundIds | None = None,
    ) -> None:
        question = await self._desk.questions.private(
            asker, origin.surface, place, command=self._desk.command
        )
        catalog = question.notes.style.catalog
        words: tuple[str, ...] = ()
        remark, row = "", None
        if found is not None:
            words = tuple(one.value for one in found.ids) or found.doubtful
            name = "many" if found.ids else "doubtful" if found.doubtful else "none"
            remark = catalog.say(f"modal.{name}", count=len(found.ids), limit=MAX_IDS)
            row = open_row(catalog, found.ids) if name == "many" else None
        opened = await self._desk.slack.call(
            "views.open",
            trigger_id=str(shortcut.get("trigger_id", "")),
            view=asking(catalog, origin, found=words, remark=remark, row=row),
        )
        if opened is None:
            # Slack gives three seconds for a modal; the person need not wait for it in vain.
            await question.reply.show(question.notes.usage())
