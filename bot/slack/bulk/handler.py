"""Bulks as people ask for them: pasted and checked, begun, stopped, watched, leafed through.

A list is one person's own: others read its cards in a channel, and change nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import IdList, UnreadableListError, read_pasted
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import TooMany
from bot.domain.jobs.watch import Bound, Destination
from bot.services.bulk.service import BulkRequest, BulkService, NoRoomForBulk
from bot.services.records import Records
from bot.services.watches.service import Started, Watching, WatchRequest
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.readers import is_direct
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.modals import (
    LIST_BLOCK,
    View,
    confirming,
    digest,
    pasting,
    unreadable,
)
from bot.slack.bulk.notes import BulkNotes
from bot.slack.bulk.pages import items_of_page, page_of_results, pages_of
from bot.slack.cards.buttons import Row
from bot.slack.cards.modals import Origin
from bot.slack.replies.reply import Replies, Reply
from bot.slack.replies.requests import Request
from bot.storage.errors import StorageError

Ack = Callable[..., Awaitable[object]]

# A report that is posted for one person offers no more than it can keep up.
_MOST_WATCHED: Final = 1_000

_log = structlog.get_logger(__name__)


class BulkHandler:
    """Answers what people ask about lists.

    Args:
        requests_per_second: the gateway's ceiling, by which is said how long a list takes.
        max_ids: how long a list may be.
        is_final: whether there is nothing to wait for any more.
    """

    def __init__(
        self,
        *,
        bulks: BulkService,
        watching: Watching,
        records: Records,
        replies: Replies,
        slack: SlackClient,
        requests_per_second: float,
        max_ids: int,
        is_final: Callable[[MessageId], bool],
    ) -> None:
        self._bulks = bulks
        self._watching = watching
        self._records = records
        self._replies = replies
        self._slack = slack
        self._per_second = requests_per_second
        self._max_ids = max_ids
        self._is_final = is_final

    async def ask(self, request: Request, text: str) -> None:
        """Open the form; where Slack gave no means to, show a button that has it."""
        origin = _origin(request)
        if request.trigger_id and await self.open(request, origin, text):
            return
        await self.say_how(request)

    async def say_how(self, request: Request) -> None:
        """Show the button that opens the form."""
        public = request.row is Row.PUBLIC
        reply = self._replies.privately(request.place) if public else request.reply
        told = _notes(request).ask()
        await reply.show(request.private_notes.marked_late(told) if request.late else told)

    async def open(self, request: Request, origin: Origin, text: str) -> bool:
        """Open the form, with the list checked already if there is one; whether Slack did."""
        view = self.form(request.private_notes.style, origin, text)
        opened = await self._slack.call("views.open", trigger_id=request.trigger_id, view=view)
        return opened is not None

    async def open_in(
        self, request: Request, origin: Origin, ids: Sequence[MessageId], view_id: str
    ) -> None:
        """Put the form in the place of another one that is open."""
        view = self.form(request.private_notes.style, origin, text_of(ids))
        if await self._slack.call("views.update", view_id=view_id, view=view) is None:
            await request.reply.show(_notes(request).ask())

    def too_many(self, query: TooMany, request: Request) -> Message:
        """More ids than one command takes, and the way to ask about all of them."""
        reader = request.asker.user if request.row is Row.PUBLIC else ""
        told = request.notes.too_many(query)
        notes = BulkNotes(request.notes.style, request.notes.command)
        return notes.with_button(told, query.ids, only_for=reader)

    def form(self, style: CardStyle, origin: Origin, text: str) -> View:
        """The form for this text: to be begun, or to be filled in where it holds no list."""
        try:
            found = read_pasted(text, max_ids=self._max_ids)
        except UnreadableListError:
            return pasting(style, origin, text)
        return confirming(style, origin, found, text=text, lasts=self.lasts(found))

    async def submit(
        self, request: Request, origin: Origin, text: str, *, checked: str, ack: Ack
    ) -> None:
        """Check what was pasted; and begin, where it was checked and shown before."""
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
        """Begin, and say so; or else what is to be said in the form, which stays."""
        notes = _notes(request)
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
            return notes.not_kept()
        if isinstance(outcome, NoRoomForBulk):
            own = outcome.bound is Bound.USER
            return notes.no_room(outcome.most) if own else notes.no_room_for_all()
        await request.reply.show(notes.begun(outcome.bulk))
        await self._records.began_bulk(request.asked)
        return None

    async def stop(self, bulk_id: str, request: Request) -> None:
        """Ask no further; for whoever began it."""
        asker, notes = request.asker, _notes(request)
        try:
            mine = await self._bulks.get(asker.team, asker.user, bulk_id)
            stopped = await self._bulks.stop(asker.team, asker.user, bulk_id)
        except StorageError as error:
            _log.error("a bulk cannot be stopped", error=error.code)
            told = notes.not_kept()
        else:
            told = notes.stopping() if stopped else notes.over() if mine else notes.not_yours()
        await request.reply.show(told)

    async def watch(self, bulk_id: str, request: Request) -> None:
        """Watch what had no status; for whoever began the list."""
        asker, notes = request.asker, _notes(request)
        try:
            bulk = await self._bulks.get(asker.team, asker.user, bulk_id)
            if bulk is None:
                told = notes.not_yours()
            else:
                pending = await self._bulks.pending(bulk)
                # What was told meanwhile is not told once more.
                still = [one for one in pending if not self._is_final(one)]
                told = await self._watch(still, request)
        except StorageError as error:
            _log.error("pending calls cannot be watched", error=error.code)
            told = notes.not_kept()
        await request.reply.show(told)

    async def _watch(self, pending: Sequence[MessageId], request: Request) -> Message:
        notes = _notes(request)
        if not pending:
            return notes.none_pending()
        order = WatchRequest(
            user=request.asker.user,
            destination=request.destination,
            message_ids=tuple(pending[:_MOST_WATCHED]),
        )
        outcomes = await self._watching.start(order)
        begun = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
        await self._records.watched(request.asked, begun)
        return notes.watching(outcomes)

    async def show_page(self, bulk_id: str, page: int, request: Request) -> None:
        """One page of the results, for whoever began the list."""
        asker, notes = request.asker, _notes(request)
        try:
            bulk = await self._bulks.get(asker.team, asker.user, bulk_id)
            if bulk is None or not 1 <= page <= pages_of(bulk):
                await self._beside(request).show(notes.not_yours())
                return
            items = await items_of_page(self._bulks.results(bulk_id), page)
        except StorageError as error:
            _log.error("results cannot be read", error=error.code)
            await self._beside(request).show(notes.not_kept())
            return
        # Beside a card that all see, the page is for the one who pressed.
        row = Row.PRIVATE if request.row is Row.PUBLIC and not request.public else request.row
        style = request.notes.style
        await request.reply.show(page_of_results(bulk, items, page, style, row=row))

    def _beside(self, request: Request) -> Reply:
        return self._replies.beside(replace(request.place, begins=False))

    def lasts(self, found: IdList) -> timedelta:
        """How long the asking takes at the least."""
        return timedelta(seconds=len(found.ids) / self._per_second)


def destination_of(origin: Origin, asker: Asker) -> Destination:
    """Where a list is told of: where it began, or directly where nobody else would read it."""
    if not origin.channel or is_direct(origin.channel):
        return Destination(team=asker.team, channel=asker.user)
    return Destination(team=asker.team, channel=origin.channel, thread=origin.thread_ts or None)


def text_of(ids: Sequence[MessageId]) -> str:
    """These ids as somebody would paste them."""
    return "\n".join(one.value for one in ids)


def _origin(request: Request) -> Origin:
    place = request.place
    return Origin(
        surface=request.surface,
        channel=place.channel,
        thread_ts=place.thread_ts,
        begins=place.begins,
    )


def _notes(request: Request) -> BulkNotes:
    return BulkNotes(request.private_notes.style, request.private_notes.command)
