"""A list in a file that is attached to a message: read it, show it, start it.

A `trigger_id` opens a modal only within three seconds, and a file may take longer. So the modal
waits for the file only briefly; then it opens with a note, and is updated when the file is read.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from bot.domain.timing import Timing
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.payload import part
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.modals import checked_digest, confirming_file, digest, file_of
from bot.slack.bulk.notes import no_list, unread_line
from bot.slack.cards.controls import answer
from bot.slack.files.download import AttachedFiles
from bot.slack.files.file_objects import FileList, UnreadableFileError, untold
from bot.slack.replies.requests import Request, closing

_log = structlog.get_logger(__name__)


class BulkFromFile:
    """Starts the lists in files.

    Args:
        max_ids: the maximum length of a list.
        timing: the time limits.
    """

    def __init__(
        self,
        *,
        files: AttachedFiles,
        bulks: BulkHandler,
        max_ids: int,
        timing: Timing = Timing(),
    ) -> None:
        self._files = files
        self._bulks = bulks
        self._max_ids = max_ids
        self._first_look = timing.first_look

    async def open(self, request: Request, message: Mapping[str, Any], *, alone: bool) -> None:
        """Show the list in the file, in a modal whose submission starts it.

        Args:
            request: the question about the message.
            message: as Slack sent it.
            alone: the message has no other ids, so show why the file has no list.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        reading = asyncio.ensure_future(self._read(request, message))
        opened = ""
        try:
            # `wait` does not cancel the reading at the timeout, as `wait_for` would.
            await asyncio.wait({reading}, timeout=self._first_look)
            if reading.done():
                found = reading.result()
                if isinstance(found, FileList) or alone:
                    await self._open(request, self._form(request, found))
                return
            notes = request.private_notes
            waiting = notes.titled("bulk.modal.reading")
            opened = await self._open(request, answer(notes.style.catalog, waiting))
            view = self._form(request, await reading)
            if opened:
                await request.reply.update_modal(view, opened)
        except asyncio.CancelledError:
            await self._say_closing(request, opened)
            raise
        finally:
            reading.cancel()

    async def submit(self, request: Request) -> None:
        """Read the file again, because another process may have shown it, and start its list.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        notes, view = request.private_notes, part(request.body, "view")
        await request.reply.show(notes.titled("bulk.modal.reading"))
        try:
            found = await self._read(request, {"files": [untold(file_of(view))]})
        except asyncio.CancelledError:
            await self._say_closing(request)
            raise
        if isinstance(found, str):
            problem: Message | None = no_list(found, notes)
        elif digest(found.ids.ids) != checked_digest(view):
            problem = notes.note("bulk.modal.no_list_title", "bulk.modal.changed")
        else:
            problem = await self._bulks.begin(request, found.ids, found.name)
        if problem is not None:
            await request.reply.show(problem)

    async def _read(self, request: Request, message: Mapping[str, Any]) -> FileList | str:
        """The list in the file, or a line of mrkdwn that says why there is none."""
        try:
            return await self._files.read(message, user=request.asker.user, max_ids=self._max_ids)
        except UnreadableFileError as error:
            _log.info("an attached file was not read", error=str(error))
            return unread_line(error, request.private_notes.style.catalog)

    async def _say_closing(self, request: Request, opened: str = "") -> None:
        """Show that the bot shuts down, in the open modal or with the reply."""
        if opened:
            notes = request.private_notes
            view = answer(notes.style.catalog, closing(notes))
            await request.reply.update_modal(view, opened)
        else:
            await request.reply.show(closing(request.notes))

    async def _open(self, request: Request, view: View) -> str:
        """Open a modal; return its id, or an empty string if Slack did not open it."""
        opened = await request.reply.open_modal(view)
        if opened is None:
            await self._bulks.say_how(request)
        return opened or ""

    def _form(self, request: Request, found: FileList | str) -> View:
        notes = request.private_notes
        if isinstance(found, str):
            return answer(notes.style.catalog, no_list(found, notes))
        lasts = self._bulks.lasts(found.ids)
        return confirming_file(notes.style, request.origin, found, lasts=lasts)
