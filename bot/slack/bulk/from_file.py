"""A list in a file that is attached to a message: read it, show it, start it.

A `trigger_id` opens a modal only within three seconds, and a file may take longer. So the modal
waits for the file only briefly; then it opens with a note, and is updated when the file is read.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.id_lists.id_list import IdList, UnreadableListError, say_problem
from bot.domain.input.found_ids import FoundIds
from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import View, code_span, note
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.modals import confirming_file, digest
from bot.slack.cards.modals import Origin, answer
from bot.slack.files.download import (
    MOST_BYTES,
    READ_SCOPE,
    AttachedFiles,
    UnreadableFileError,
)
from bot.slack.files.file_objects import files_on
from bot.slack.replies.requests import Request, closing, open_modal

_MOST_NAMES: Final = 5
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """The list in the file of a message, or a line of mrkdwn that says why it has none.

    Attributes:
        file_id: Slack's id; empty without a list.
        name: of the file, not escaped; empty without a list.
        ids: `None` without a list.
        line: empty with a list.
    """

    file_id: str = ""
    name: str = ""
    ids: IdList | None = None
    line: str = ""


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
        """Whether the files of a message should be read.

        Args:
            message: Slack's message object.
            found: the ids in its text; if there are any, only a file that may have a list is read.
        """
        in_words = bool(found.ids or found.doubtful)
        return may_hold_list(message) or (bool(files_on(message)) and not in_words)

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
                if found.ids is not None or alone:
                    await self._open(request, self._form(request, found))
                return
            notes = request.private_notes
            waiting = notes.titled("bulk.modal.reading")
            opened = await self._open(request, answer(notes.style.catalog, waiting))
            view = self._form(request, await reading)
            if opened:
                await self._slack.call("views.update", view_id=opened, view=view)
        except asyncio.CancelledError:
            await self._tell_of_the_end(request, opened)
            raise
        finally:
            reading.cancel()

    async def submit(self, request: Request, origin: Origin, file_id: str, *, checked: str) -> None:
        """Read the file again, because another process may have shown it, and start its list.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        notes = request.private_notes
        await request.reply.show(notes.titled("bulk.modal.reading"))
        try:
            found = await self._read(request, {"files": [_untold(file_id)]})
        except asyncio.CancelledError:
            await self._tell_of_the_end(request)
            raise
        if found.ids is None:
            await request.reply.show(note(notes.say("bulk.modal.no_list_title"), found.line))
        elif digest(found.ids.ids) != checked:
            changed = notes.note("bulk.modal.no_list_title", "bulk.modal.changed")
            await request.reply.show(changed)
        else:
            problem = await self._bulks.begin(request, origin, found.ids, found.name)
            if problem is not None:
                await request.reply.show(problem)

    async def _read(self, request: Request, message: Mapping[str, Any]) -> FoundList:
        catalog = request.private_notes.style.catalog
        person = request.asker.user
        return await list_on(self._files, message, catalog, person=person, max_ids=self._max_ids)

    async def _tell_of_the_end(self, request: Request, opened: str = "") -> None:
        """Show that the bot shuts down, in the open modal or with the reply."""
        if opened:
            notes = request.private_notes
            view = answer(notes.style.catalog, closing(notes))
            await self._slack.call("views.update", view_id=opened, view=view)
        else:
            await request.reply.show(closing(request.notes))

    async def _open(self, request: Request, view: View) -> str:
        """Open a modal; return its id, or an empty string if Slack did not open it."""
        opened = await open_modal(self._slack, request, view)
        if opened is None:
            await self._bulks.say_how(request)
        return opened or ""

    def _form(self, request: Request, found: FoundList) -> View:
        style = request.private_notes.style
        if found.ids is None:
            message = note(style.catalog.say("bulk.modal.no_list_title"), found.line)
            return answer(style.catalog, message)
        return confirming_file(
            style,
            request.origin,
            found.ids,
            name=found.name,
            file_id=found.file_id,
            lasts=self._bulks.lasts(found.ids),
        )


def _untold(file_id: str) -> Mapping[str, str]:
    """A file object with only the id; `fetch` calls files.info for the rest."""
    return {"id": file_id, "file_access": "check_file_info"}


def may_hold_list(message: Mapping[str, Any]) -> bool:
    """Whether a file of the message may have a list."""
    return any(file.may_hold_list for file in files_on(message))


async def list_on(
    files: AttachedFiles,
    message: Mapping[str, Any],
    catalog: Catalog,
    *,
    person: str,
    max_ids: int,
) -> FoundList:
    """Read the list in the file of a message, or the reason why it has none."""
    name = ""
    try:
        with files.turn_of(person):
            fetched = await files.fetch(message)
            name = fetched.name
            ids = await files.read(fetched, max_ids=max_ids)
    except (UnreadableFileError, UnreadableListError) as error:
        return FoundList(line=unread_line(error, catalog, name=name))
    return FoundList(file_id=fetched.id, name=name, ids=ids)


def unread_line(
    error: UnreadableFileError | UnreadableListError, catalog: Catalog, *, name: str = ""
) -> str:
    """Why a file was not read, and what to do: one paragraph of mrkdwn, escaped.

    Args:
        error: the reason.
        catalog: the language.
        name: of the file, if known.
    """
    if isinstance(error, UnreadableListError):
        reason = say_problem(error, catalog)
        return catalog.say("file.unread", file=_shown((name,), catalog), reason=reason)
    return catalog.say(
        f"file.{error.problem.value}",
        files=_shown(error.names, catalog),
        scope=READ_SCOPE,
        limit=MOST_BYTES // _MEGABYTE,
    )


def _shown(names: tuple[str, ...], catalog: Catalog) -> str:
    shown = [f"`{code_span(name)}`" if name else catalog.say("file.unnamed") for name in names]
    more = [] if len(shown) <= _MOST_NAMES else ["…"]
    return ", ".join(shown[:_MOST_NAMES] + more) or catalog.say("file.unnamed")
