"""What users do with bulks: paste and check a list, start, stop, watch, page through results.

Only the user who started a list can change it, although others may read its cards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import IdList, UnreadableListError, read_pasted
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Destination
from bot.services.bulk.service import BulkRequest, BulkService, NoRoomForBulk
from bot.services.records import Records
from bot.services.watches.service import Started, Watching, WatchRequest
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.modals import (
    LIST_BLOCK,
    confirming,
    digest,
    pasting,
    unreadable,
)
from bot.slack.bulk.notes import begun, how_to_begin, no_room, watching
from bot.slack.bulk.tables import items_of_page, page_of_results, pages_of
from bot.slack.cards.modals import Origin
from bot.slack.replies.requests import Ack, Request, open_modal
from bot.storage.errors import StorageError

# Bounds the watches that one click on a report can start.
_MOST_WATCHED: Final = 1_000

_log = structlog.get_logger(__name__)


class BulkHandler:
    """Handles the commands, modals and buttons of lists.

    Args:
        requests_per_second: the gateway's rate limit, for the estimated duration.
        max_ids: the maximum length of a list.
        is_final: whether the status of a call is final already.
    """

    def __init__(
        self,
        *,
        bulks: BulkService,
        watching: Watching,
        records: Records,
        slack: SlackClient,
        requests_per_second: float,
        max_ids: int,
        is_final: Callable[[MessageId], bool],
    ) -> None:
        self._bulks = bulks
        self._watching = watching
        self._records = records
        self._slack = slack
        self._per_second = requests_per_second
        self._max_ids = max_ids
        self._is_final = is_final

    async def ask(self, request: Request, text: str) -> None:
        """Open the modal; without a valid `trigger_id`, show a button that opens it."""
        view = self.form(request.private_notes.style, request.origin, text)
        if not request.trigger_id or await open_modal(self._slack, request, view) is None:
            await self.say_how(request)

    async def say_how(self, request: Request) -> None:
        """Show the button that opens the modal."""
        notes = request.private_notes
        await request.for_asker.show(request.dated(how_to_begin(notes), notes))

    async def open_in(
        self, request: Request, origin: Origin, ids: Sequence[MessageId], view_id: str
    ) -> None:
        """Replace another open modal by this one."""
        view = self.form(request.private_notes.style, origin, text_of(ids))
        if await self._slack.call("views.update", view_id=view_id, view=view) is None:
            await request.reply.show(how_to_begin(request.private_notes))

    def form(self, style: CardStyle, origin: Origin, text: str) -> View:
        """Make the modal for this text: the second step, or the first if it has no ids."""
        try:
            found = read_pasted(text, max_ids=self._max_ids)
        except UnreadableListError:
            return pasting(style, origin, text)
        return confirming(style, origin, found, text=text, lasts=self.lasts(found))

    async def submit(
        self, request: Request, origin: Origin, text: str, *, checked: str, ack: Ack
    ) -> None:
        """Check the pasted text, and start the list if the user has seen it."""
        style = request.private_notes.style
        try:
            found = read_pasted(text, max_ids=self._max_ids)
        except UnreadableListError as error:
            await ack(
                response_action="errors", errors={LIST_BLOCK: unreadable(error, style.catalog)}
            )
            return
        told: Message | None = None
        if checked == digest(found.ids):
            told = await self.begin(request, origin, found)
            if told is None:
                return
        view = confirming(style, origin, found, text=text, lasts=self.lasts(found), told=told)
        await ack(response_action="update", view=view)

    async def begin(
        self, request: Request, origin: Origin, found: IdList, name: str = ""
    ) -> Message | None:
        """Start the list and show a note; return a note for the modal if it did not start."""
        notes = request.private_notes
        order = BulkRequest(
            user=request.asker.user,
            destination=destination_of(origin, request.asker),
            name=name,
            message_ids=tuple(found.ids),
            doubles=found.doubles,
            ignored=found.ignored,
        )
        try:
            outcome = await self._bulks.start(order)
        except StorageError as error:
            _log.error("a bulk cannot be kept", error=error.code)
            return notes.titled("bulk.note.not_kept")
        if isinstance(outcome, NoRoomForBulk):
            return no_room(outcome, notes)
        await request.reply.show(begun(outcome.bulk, notes))
        await self._records.began_bulk(request.asked)
        return None

    async def stop(self, bulk_id: str, request: Request) -> None:
        """Stop a list, if it belongs to the asker."""
        asker, notes = request.asker, request.private_notes
        try:
            mine = await self._bulks.get(asker.team, asker.user, bulk_id)
            stopped = await self._bulks.stop(asker.team, asker.user, bulk_id)
        except StorageError as error:
            _log.error("a bulk cannot be stopped", error=error.code)
            message = notes.titled("bulk.note.not_kept")
        else:
            name = "stopping" if stopped else "over" if mine else "not_yours"
            message = notes.titled(f"bulk.note.{name}")
        await request.reply.show(message)

    async def watch(self, bulk_id: str, request: Request) -> None:
        """Watch the calls without a status, if the list belongs to the asker."""
        asker, notes = request.asker, request.private_notes
        try:
            bulk = await self._bulks.get(asker.team, asker.user, bulk_id)
            if bulk is None:
                message = notes.titled("bulk.note.not_yours")
            else:
                pending = await self._bulks.pending(bulk)
                # Some may have got a status since the report.
                still = [one for one in pending if not self._is_final(one)]
                message = await self._watch(still, request)
        except StorageError as error:
            _log.error("pending calls cannot be watched", error=error.code)
            message = notes.titled("bulk.note.not_kept")
        await request.reply.show(message)

    async def _watch(self, pending: Sequence[MessageId], request: Request) -> Message:
        notes = request.private_notes
        if not pending:
            return notes.titled("bulk.note.none_pending")
        order = WatchRequest(
            user=request.asker.user,
            destination=request.destination,
            message_ids=tuple(pending[:_MOST_WATCHED]),
        )
        outcomes = await self._watching.start(order)
        fresh = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
        await self._records.watched(request.asked, fresh)
        return watching(outcomes, notes)

    async def show_page(self, bulk_id: str, page: int, request: Request) -> None:
        """Show a page of the results, if the list belongs to the asker."""
        asker, notes = request.asker, request.private_notes
        try:
            bulk = await self._bulks.get(asker.team, asker.user, bulk_id)
            if bulk is None or not 1 <= page <= pages_of(bulk):
                await request.aside.show(notes.titled("bulk.note.not_yours"))
                return
            items = await items_of_page(self._bulks.results(bulk_id), page)
        except StorageError as error:
            _log.error("results cannot be read", error=error.code)
            await request.aside.show(notes.titled("bulk.note.not_kept"))
            return
        await request.reply.show(page_of_results(bulk, items, page, request.notes.style))

    def lasts(self, found: IdList) -> timedelta:
        """The minimum duration of the look-ups."""
        return timedelta(seconds=len(found.ids) / self._per_second)


def destination_of(origin: Origin, asker: Asker) -> Destination:
    """Where the cards of a list are posted: the channel it was started in, or directly."""
    if not origin.channel or is_direct(origin.channel):
        return Destination(team=asker.team, channel=asker.user)
    return Destination(team=asker.team, channel=origin.channel, thread=origin.thread_ts or None)


def text_of(ids: Sequence[MessageId]) -> str:
    """These ids as text for the field."""
    return "\n".join(one.value for one in ids)
