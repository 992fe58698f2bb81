"""Watches as people ask for them: begun, made longer or shorter, given up, listed.

What a person waits for is that person's own: others see neither the list nor what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.access import Asker
from bot.domain.jobs.watch import PostedCard, Watch
from bot.domain.jobs.watchable import why_not_watchable
from bot.services.answers import Answer
from bot.services.records import Asked, Records, Surface
from bot.services.watches.service import Started, StartOutcome, Watching, WatchRequest
from bot.slack.blocks.block_kit import Message
from bot.slack.cards.buttons import Row
from bot.slack.replies.reply import Replies, Reply
from bot.slack.replies.requests import Request
from bot.slack.watches.notes import WatchNotes
from bot.storage.errors import StorageError

_log = structlog.get_logger(__name__)


class WatchHandler:
    """Answers what people ask about their watches."""

    def __init__(self, *, watching: Watching, records: Records, replies: Replies) -> None:
        self._watching = watching
        self._records = records
        self._replies = replies

    async def begin(
        self, answers: Sequence[Answer], request: Request, card: PostedCard | None
    ) -> None:
        """Watch those calls that may get a status yet, and tell the asker so.

        Args:
            answers: what has just been found out about them.
            request: who wants to know, and from where.
            card: the message that shows them.
        """
        wanted = [one for one in answers if why_not_watchable(one.finding) is None]
        hindered = [one for one in answers if why_not_watchable(one.finding) is not None]
        order = WatchRequest(
            user=request.asker.user,
            destination=request.destination,
            message_ids=tuple(one.message_id for one in wanted),
            card=card if len(answers) == 1 else None,
        )
        notes = _notes(request)
        try:
            outcomes = await self._start(order, request.asked)
            told = notes.started(outcomes, request.asker.user, hindered)
        except StorageError as error:
            told = _not_kept(error, notes)
        await self._aside(request).show(told)

    async def prolong(self, names: Sequence[str], limit: timedelta, request: Request) -> Message:
        """Watch from now on for so long; what is over already is begun by nobody."""
        notes, asker = _notes(request), request.asker
        try:
            watches = await self._watching.choose_limit(asker.team, asker.user, names, limit)
        except StorageError as error:
            return _not_kept(error, notes)
        if not watches:
            return notes.stopped(())
        await self._records.watched(request.asked, [watch.message_id for watch in watches])
        outcomes = [Started(watch=watch) for watch in watches]
        return notes.started(outcomes, asker.user, limit=limit)

    async def stop(self, names: Sequence[str], request: Request) -> Message:
        """Give up watches that were just begun."""
        notes, asker = _notes(request), request.asker
        try:
            given_up = await self._watching.cancel(asker.team, asker.user, names)
        except StorageError as error:
            return _not_kept(error, notes)
        await self._records.cancelled(request.asked, [one.message_id for one in given_up])
        return notes.stopped(given_up)

    async def cancel(self, names: Sequence[str], request: Request) -> Message:
        """Give up one of the list, and show what is left of it."""
        told = await self.stop(names, request)
        return _notes(request).listed(await self.open_ones(request.asker), told)

    async def cancel_at_home(self, names: Sequence[str], asker: Asker) -> None:
        """Give up one of those on the App Home, which is drawn anew by whoever asks for this."""
        try:
            given_up = await self._watching.cancel(asker.team, asker.user, names)
        except StorageError as error:
            _log.warning("a watch was not given up", error=error.code)
            return
        asked = Asked(asker=asker, surface=Surface.HOME)
        await self._records.cancelled(asked, [one.message_id for one in given_up])

    async def show_list(self, request: Request) -> None:
        """What the asker waits for, to them alone."""
        notes = _notes(request)
        try:
            watches = await self._watching.of(request.asker.team, request.asker.user)
            told = notes.listed(watches)
        except StorageError as error:
            told = _not_kept(error, notes)
        public = request.row is Row.PUBLIC
        reply = self._replies.privately(request.place) if public else request.reply
        await reply.show(request.private_notes.marked_late(told) if request.late else told)

    async def open_ones(self, asker: Asker) -> tuple[Watch, ...]:
        """What a person waits for, the oldest first; nothing while the database is away."""
        try:
            return await self._watching.of(asker.team, asker.user)
        except StorageError as error:
            _log.warning("watches cannot be read", error=error.code)
            return ()

    async def _start(self, order: WatchRequest, asked: Asked) -> tuple[StartOutcome, ...]:
        outcomes = await self._watching.start(order)
        begun = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
        await self._records.watched(asked, begun)
        return outcomes

    def _aside(self, request: Request) -> Reply:
        """Beside the card, for the asker alone; in the place of it where there is one place."""
        if request.row is Row.MODAL:
            return request.reply
        if request.row is Row.DIRECT and request.surface is not Surface.BUTTON:
            return self._replies.in_thread(request.place)
        # By now the card has begun the thread, if nothing had before.
        return self._replies.beside(replace(request.here, begins=False))


def _notes(request: Request) -> WatchNotes:
    return WatchNotes(request.private_notes.style, request.private_notes.command)


def _not_kept(error: StorageError, notes: WatchNotes) -> Message:
    _log.error("watches cannot be kept", error=error.code)
    return notes.not_kept()
