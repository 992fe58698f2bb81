"""A list in a file that is attached to a message: read, shown, begun.

Slack opens a form within three seconds of a click only, and a file may take longer; so it is read
for a moment before, and else while a form stands there that says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.domain.input.found_ids import FoundIds
from bot.domain.timing import Timing
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import note
from bot.slack.bulk.file_notes import FoundList, list_on, may_hold_list
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.modals import View, confirming_file, digest
from bot.slack.cards.modals import Origin, answer
from bot.slack.files.download import AttachedFiles
from bot.slack.files.file_objects import files_on
from bot.slack.replies.requests import Request


class BulkFromFile:
    """Answers what people ask about lists in files.

    Args:
        max_ids: how long a list may be.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        files: AttachedFiles,
        bulks: BulkHandler,
        slack: SlackClient,
        max_ids: int,
        timing: Timing = Timing(),
    ) -> None:
        self._files = files
        self._bulks = bulks
        self._slack = slack
        self._max_ids = max_ids
        self._first_look = timing.first_look

    def has_list(self, message: Mapping[str, Any], found: FoundIds) -> bool:
        """Whether the files of a message are to be looked at.

        Args:
            message: Slack's.
            found: what its text holds; beside that, a file that is no list is of no interest.
        """
        in_words = bool(found.ids or found.doubtful)
        return may_hold_list(message) or (bool(files_on(message)) and not in_words)

    async def open(
        self, request: Request, origin: Origin, message: Mapping[str, Any], *, alone: bool
    ) -> None:
        """Show what the file holds, in a form that begins with it.

        Args:
            request: who asks.
            origin: the message.
            message: the same, as Slack sent it.
            alone: the message holds nothing else, so it is said why there is no list.

        Raises:
            asyncio.CancelledError: the bot ends; the person was told.
        """
        reading = asyncio.ensure_future(self._read(request, message))
        opened = ""
        try:
            await asyncio.wait({reading}, timeout=self._first_look)
            if reading.done():
                found = reading.result()
                if found.ids is not None or alone:
                    await self._open(request, self._form(request, origin, found))
                return
            opened = await self._open(request, self._waiting(request))
            view = self._form(request, origin, await reading)
            if opened:
                await self._slack.call("views.update", view_id=opened, view=view)
        except asyncio.CancelledError:
            await self._tell_of_the_end(request, opened)
            raise
        finally:
            reading.cancel()

    async def submit(self, request: Request, origin: Origin, file_id: str, *, checked: str) -> None:
        """Begin with the list that was shown; it is read again, wherever it was read before.

        Raises:
            asyncio.CancelledError: the bot ends; the person was told.
        """
        catalog = request.private_notes.style.catalog
        waiting = note(catalog.say("bulk.modal.reading_title"), catalog.say("bulk.modal.reading"))
        await request.reply.show(waiting)
        try:
            found = await self._read(request, {"files": [_untold(file_id)]})
        except asyncio.CancelledError:
            await self._tell_of_the_end(request)
            raise
        if found.ids is None:
            await request.reply.show(note(catalog.say("bulk.modal.no_list_title"), found.line))
        elif digest(found.ids.ids) != checked:
            changed = catalog.say("bulk.modal.changed")
            await request.reply.show(note(catalog.say("bulk.modal.no_list_title"), changed))
        else:
            told = await self._bulks.begin(request, origin, found.ids, found.name)
            if told is not None:
                await request.reply.show(told)

    async def _read(self, request: Request, message: Mapping[str, Any]) -> FoundList:
        catalog = request.private_notes.style.catalog
        person = request.asker.user
        return await list_on(self._files, message, catalog, person=person, max_ids=self._max_ids)

    async def _tell_of_the_end(self, request: Request, opened: str = "") -> None:
        """Say that the bot ends, in the form that stands there or wherever answers go."""
        if opened:
            view = answer(request.private_notes.style.catalog, request.private_notes.closing())
            await self._slack.call("views.update", view_id=opened, view=view)
        else:
            await request.reply.show(request.notes.closing())

    async def _open(self, request: Request, view: View) -> str:
        """The id of the form that stands there now; empty where Slack opened none."""
        opened = await self._slack.call("views.open", trigger_id=request.trigger_id, view=view)
        if opened is None:
            await self._bulks.say_how(request)
            return ""
        shown = opened.get("view")
        return str(shown.get("id") or "") if isinstance(shown, Mapping) else ""

    def _waiting(self, request: Request) -> View:
        catalog = request.private_notes.style.catalog
        told = note(catalog.say("bulk.modal.reading_title"), catalog.say("bulk.modal.reading"))
        return answer(catalog, told)

    def _form(self, request: Request, origin: Origin, found: FoundList) -> View:
        style = request.private_notes.style
        if found.ids is None:
            told = note(style.catalog.say("bulk.modal.no_list_title"), found.line)
            return answer(style.catalog, told)
        return confirming_file(
            style,
            origin,
            found.ids,
            name=found.name,
            file_id=found.file_id,
            lasts=self._bulks.lasts(found.ids),
        )


def _untold(file_id: str) -> Mapping[str, str]:
    """A file object that holds no more than the id: Slack is asked for the rest."""
    return {"id": file_id, "file_access": "check_file_info"}
