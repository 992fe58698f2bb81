"""A list in a file that is attached to a message: read it, show it, start it.

A `trigger_id` opens a modal only within three seconds, and a file may take longer. So the modal
waits for the file only briefly; then it opens with a note, and is updated when the file is read.
When it is submitted, it closes within the same time; a later problem is a direct message.
https://docs.slack.dev/surfaces/modals

A mention and a direct message have no `trigger_id`, and a modal may be closed by then: a message
with buttons shows the list instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import structlog

from bot.domain.timing import Timing
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.payload import part
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.modals import digest
from bot.slack.bulk.notes import no_list, unread_line
from bot.slack.bulk.offers import Offer, confirming_file, offer_in, offering, with_buttons
from bot.slack.cards.controls import answer
from bot.slack.files.download import AttachedFiles
from bot.slack.files.file_objects import (
    FileList,
    FileProblem,
    UnreadableFileError,
    files_on,
    untold,
)
from bot.slack.replies.reply import close_or_show
from bot.slack.replies.requests import Request, closing
from bot.slack.replies.routes import Route

# The same file may be read in a moment.
_PASSING: Final = frozenset({FileProblem.STILL_READING, FileProblem.AWAY})

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
        """Show the list in the file, to be started, in a modal or in a message to the asker.

        Args:
            request: the question about the message.
            message: as Slack sent it.
            alone: the message asks nothing else, so show why the file has no list.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        place = _Place(request)
        try:
            found = await self._read(request, message, partial(place.show, passing=True))
            if isinstance(found, FileList):
                offer = Offer.of(found, request.origin)
                style, lasts = request.private_notes.style, self._bulks.lasts(found.ids)
                view = confirming_file(style, offer, found, lasts=lasts)
                await place.show(offering(style, offer, found, lasts=lasts), view)
            elif alone or place.in_use or _was_withheld(found, message):
                await place.show(self._no_list(request, found))
        except asyncio.CancelledError:
            await place.close()
            raise

    async def submit(self, request: Request) -> None:
        """Start the list of a modal.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        offer = offer_in(part(request.body, "view").get("private_metadata"))
        changed = request.private_notes.note("bulk.modal.no_list_title", "bulk.modal.changed")
        _, problem = await self._start(request, offer, changed)
        if problem is not None:
            await request.reply.show(problem)

    async def begin(self, request: Request, offer: Offer) -> bool:
        """Start the list of a message; if that fails, show why, with the buttons for another try.

        Returns:
            whether it has started.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        changed = request.private_notes.titled("bulk.offer.changed")
        found, problem = await self._start(request, offer, changed)
        if problem is None:
            return True
        style = request.private_notes.style
        if isinstance(found, FileList):
            again, lasts = Offer.of(found, offer.origin), self._bulks.lasts(found.ids)
            problem = offering(style, again, found, lasts=lasts, problem=problem)
        elif found.problem in _PASSING:
            problem = with_buttons(problem, style, offer)
        await request.reply.show(problem)
        return False

    async def decline(self, request: Request, _: object) -> None:
        """Take the buttons of the message away."""
        await request.reply.show(request.private_notes.titled("bulk.note.declined"))

    async def _start(
        self, request: Request, offer: Offer, changed: Message
    ) -> tuple[FileList | UnreadableFileError, Message | None]:
        """Read the file again, because another process may have shown it, and start its list.

        Returns:
            what was read, and why its list did not start, if it did not: `changed`, if it is not
            the list that the user has seen.
        """
        try:
            message = {"files": [untold(offer.file)]}
            found = await self._read(request, message, partial(close_or_show, request.reply))
        except asyncio.CancelledError:
            await request.reply.show(closing(request.notes))
            raise
        if isinstance(found, UnreadableFileError):
            return found, self._no_list(request, found)
        if digest(found.ids.ids) != offer.checked:
            return found, changed
        return found, await self._bulks.begin(request, found.ids, offer.origin, found)

    async def _read(
        self,
        request: Request,
        message: Mapping[str, Any],
        show: Callable[[Message], Awaitable[object]],
    ) -> FileList | UnreadableFileError:
        """The list in the file, or why there is none; if it takes long, that is shown meanwhile."""
        reading = asyncio.ensure_future(self._found(request, message))
        try:
            # `wait` does not cancel the reading at the timeout, as `wait_for` would.
            await asyncio.wait({reading}, timeout=self._first_look)
            if not reading.done():
                await show(request.private_notes.titled("bulk.modal.reading"))
            return await reading
        finally:
            reading.cancel()

    async def _found(
        self, request: Request, message: Mapping[str, Any]
    ) -> FileList | UnreadableFileError:
        try:
            return await self._files.read(message, user=request.asker.user, max_ids=self._max_ids)
        except UnreadableFileError as error:
            _log.info("an attached file was not read", error=str(error))
            return error

    def _no_list(self, request: Request, error: UnreadableFileError) -> Message:
        notes = request.private_notes
        return no_list(unread_line(error, notes.style.catalog), notes)


def _was_withheld(error: UnreadableFileError, message: Mapping[str, Any]) -> bool:
    """Whether a file that looks like a list could not be opened, rather than has no list."""
    files = files_on(message)
    looks_like_list = any(one.problem is None and one.likely and not one.untold for one in files)
    return looks_like_list and isinstance(error.problem, FileProblem)


class _Place:
    """Where a user sees what a file holds: a modal, or a message where no modal is open."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._catalog = request.private_notes.style.catalog
        self._opens_modal = bool(request.reply.target.trigger_id)
        # Who opened a modal is not reading the thread of the message.
        self._reply = request.reply.also(Route.DIRECT) if self._opens_modal else request.aside
        self._view_id = ""

    @property
    def in_use(self) -> bool:
        """Whether it shows something that must not be the last word."""
        return bool(self._view_id) or self._reply.in_use

    async def show(
        self, message: Message, view: View | None = None, *, passing: bool = False
    ) -> None:
        """Show a message, in a modal as this view if it differs."""
        shown = view or answer(self._catalog, message)
        if not (self._opens_modal and await self._in_modal(shown)):
            self._opens_modal = False
            await self._reply.show(message, passing=passing)

    async def close(self) -> None:
        """Show that the bot shuts down, in the modal or to all who can read the answer."""
        request = self._request
        if self._view_id or request.reply.in_use:
            await self.show(closing(request.private_notes))
        else:
            await request.reply.show(closing(request.notes))

    async def _in_modal(self, view: View) -> bool:
        if self._view_id:
            return await self._request.reply.update_modal(view, self._view_id)
        self._view_id = await self._request.reply.open_modal(view) or ""
        return bool(self._view_id)
