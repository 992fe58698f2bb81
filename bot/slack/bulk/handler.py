"""What users do with bulks: paste and check a list, start, stop, watch, page through results.

Only the user who started a list can change it, although others may read its cards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.domain.id_lists.id_list import IdList, UnreadableListError
from bot.domain.id_lists.pasted import read_pasted
from bot.domain.input.message_id import MessageId
from bot.domain.input.readable import whole_words
from bot.domain.jobs.bulk import BulkItem
from bot.domain.jobs.watch import Bound
from bot.services.bulk.service import BulkService
from bot.services.records import Records
from bot.services.watches.service import StartOutcome
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.payload import part
from bot.slack.blocks.style import Audience
from bot.slack.bulk.modals import (
    LIST_BLOCK,
    PASTED_LIMIT,
    checked_digest,
    confirming,
    destination_of,
    digest,
    pasted,
    pasting,
    unreadable,
)
from bot.slack.bulk.notes import begun, cut_short, how_to_begin, no_room, watching
from bot.slack.bulk.tables import ROWS_OF_A_PAGE, page_of_results
from bot.slack.cards.controls import Origin
from bot.slack.files.file_objects import FileList
from bot.slack.replies.reply import close_or_show
from bot.slack.replies.requests import Request
from bot.storage.errors import FailureLogged

# Bounds the watches that one click on a report can start.
_MOST_WATCHED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkHandler:
    """Handles the commands, modals and buttons of lists.

    Attributes:
        start_watches: watches calls for the asker.
        requests_per_second: the gateway's rate limit, for the estimated duration.
        max_ids: the maximum length of a list.
        is_final: whether the status of a call is final already.
    """

    bulks: BulkService
    start_watches: Callable[[Sequence[MessageId], Request], Awaitable[Sequence[StartOutcome]]]
    records: Records
    requests_per_second: float
    max_ids: int
    is_final: Callable[[MessageId], bool]

    async def ask(self, request: Request, text: str = "") -> None:
        """Open the modal, or replace the open one; where Slack refuses, show a button that does."""
        view = self.form(request, text)
        if request.audience is Audience.MODAL:
            shown = await request.reply.update_modal(view)
        else:
            shown = await request.reply.open_modal(view) is not None
        if not shown:
            await self.say_how(request)

    async def say_how(self, request: Request) -> None:
        """Show the button that opens the modal."""
        notes = request.private_notes
        await request.for_asker.show(request.dated(how_to_begin(notes), notes))

    def form(self, request: Request, text: str, problem: Message | None = None) -> View:
        """Make the modal for this text: the second step, or the first if it has no ids.

        Args:
            request: the question.
            text: pasted or typed; what does not fit into the field is left out, which is said.
            problem: why the list was not started.
        """
        style, origin = request.private_notes.style, request.origin
        if len(text) > PASTED_LIMIT:
            text = whole_words(text, PASTED_LIMIT).rstrip()
            problem = problem or cut_short(text, request.private_notes)
        try:
            found = read_pasted(text, max_ids=self.max_ids)
        except UnreadableListError:
            return pasting(style, origin, text)
        lasts = self.lasts(found)
        return confirming(style, origin, found, text=text, lasts=lasts, problem=problem)

    async def submit(self, request: Request) -> None:
        """Check the pasted text, and start the list if the user has seen it."""
        view = part(request.body, "view")
        text = pasted(view)
        try:
            found = read_pasted(text, max_ids=self.max_ids)
        except UnreadableListError as error:
            errors = {LIST_BLOCK: unreadable(error, request.private_notes.style.catalog)}
            await request.reply.acknowledge(response_action="errors", errors=errors)
            return
        problem: Message | None = None
        if checked_digest(view) == digest(found.ids):
            problem = await self.begin(request, found, request.origin)
            if problem is None:
                return
        again = self.form(request, text, problem)
        await request.reply.acknowledge(response_action="update", view=again)

    async def begin(
        self, request: Request, found: IdList, origin: Origin, file: FileList | None = None
    ) -> Message | None:
        """Start the list, and close its form or show a note; return why not if it did not start."""
        notes = request.private_notes
        with FailureLogged("a bulk cannot be started"):
            outcome = await self.bulks.start(
                found,
                asker=request.asker,
                destination=destination_of(origin, request.asker),
                name=file.name if file is not None else "",
                file=file.id if file is not None else "",
                digest=file.digest if file is not None else "",
            )
            if isinstance(outcome, Bound):
                return no_room(outcome, notes, self.bulks.bounds.user)
            # Without a form: the list's own card says the rest.
            await close_or_show(request.reply, begun(outcome, notes))
            self.records.acted(request.asked, "bulk")
            return None
        return notes.titled("bulk.note.not_kept")

    async def stop(self, request: Request, bulk_id: str) -> None:
        """Stop a list, if it belongs to the asker; its card shows that within a second or so."""
        asker, name = request.asker, "not_kept"
        with FailureLogged("a bulk cannot be stopped"):
            mine = await self.bulks.get(asker.team, asker.user, bulk_id)
            if await self.bulks.stop(asker.team, asker.user, bulk_id):
                self.records.acted(request.asked, "stop")
                return
            name = "over" if mine else "not_yours"
        await request.reply.show(request.private_notes.titled(f"bulk.note.{name}"))

    async def watch(self, request: Request, bulk_id: str) -> None:
        """Watch the calls without a status, if the list belongs to the asker."""
        asker, notes, name = request.asker, request.private_notes, "not_kept"
        with FailureLogged("pending calls cannot be watched"):
            bulk = await self.bulks.get(asker.team, asker.user, bulk_id)
            pending = [] if bulk is None else await self.bulks.pending(bulk)
            # Some may have got a status since the report.
            waiting = [one for one in pending if not self.is_final(one)][:_MOST_WATCHED]
            if waiting:
                outcomes = await self.start_watches(waiting, request)
                await request.reply.show(watching(outcomes, notes))
                return
            name = "not_yours" if bulk is None else "none_pending"
        await request.reply.show(notes.titled(f"bulk.note.{name}"))

    async def show_page(self, request: Request, wanted: tuple[str, int]) -> None:
        """Show a page of the results of a list, if the list belongs to the asker."""
        asker, name = request.asker, "not_kept"
        bulk_id, page = wanted
        with FailureLogged("results cannot be read"):
            bulk = await self.bulks.get(asker.team, asker.user, bulk_id)
            if bulk is not None:
                bulk = replace(bulk, total=await self.bulks.stored(bulk))
            items = [] if bulk is None else await self._page(bulk_id, page)
            if bulk is not None and items:
                self.records.acted(request.asked, "pages")
                await request.reply.show(page_of_results(bulk, items, page, request.notes.style))
                return
            name = "no_results" if bulk is not None and page == 1 else "not_yours"
        await request.aside.show(request.private_notes.titled(f"bulk.note.{name}"))

    async def _page(self, bulk_id: str, page: int) -> list[BulkItem]:
        """The results of a page, counted from 1; empty if there is none."""
        first, last = (page - 1) * ROWS_OF_A_PAGE, page * ROWS_OF_A_PAGE
        items: list[BulkItem] = []
        place = 0
        async for item in self.bulks.results(bulk_id):
            # The rows come from the database in chunks, so the rest is not read.
            if place >= last:
                break
            if place >= first:
                items.append(item)
            place += 1
        return items

    def lasts(self, found: IdList) -> timedelta:
        """The minimum duration of the look-ups."""
        return timedelta(seconds=len(found.ids) / self.requests_per_second)
