"""Watches as people ask for them: begun, made longer or shorter, given up, listed.

What a person waits for is that person's own: others see neither the list nor what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.domain.access import Asker
from bot.domain.answer import Answer
from bot.domain.jobs.watch import PostedCard, Watch
from bot.domain.jobs.watchable import why_not_watchable
from bot.services.records import Asked, Records, Surface
from bot.services.watches.service import Started, Watching, WatchRequest
from bot.slack.blocks.block_kit import Message
from bot.slack.cards.notes import Notes
from bot.slack.replies.requests import Request
from bot.slack.watches.notes import listed, started, stopped
from bot.storage.errors import StorageError

_log = structlog.get_logger(__name__)


class WatchHandler:
    """Answers what people ask about their watches."""

    def __init__(self, *, watching: Watching, records: Records) -> None:
        self._watching = watching
        self._records = records

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
        notes = request.private_notes
        try:
            outcomes = await self._watching.start(order)
        except StorageError as error:
            told = _not_kept(error, notes)
        else:
            fresh = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
            await self._records.watched(request.asked, fresh)
            told = started(outcomes, notes, request.asker.user, hindered)
        await request.aside.show(told)

    async def prolong(self, names: Sequence[str], limit: timedelta, request: Request) -> Message:
        """Watch from now on for so long; what is over already is begun by nobody."""
        notes, asker = request.private_notes, request.asker
        try:
            watches = await self._watching.choose_limit(asker.team, asker.user, names, limit)
        except StorageError as error:
            return _not_kept(error, notes)
        if not watches:
            return stopped((), notes)
        await self._records.watched(request.asked, [watch.message_id for watch in watches])
        outcomes = [Started(watch=watch) for watch in watches]
        return started(outcomes, notes, asker.user, limit=limit)

    async def stop(self, names: Sequence[str], request: Request) -> Message:
        """Give up watches that were just begun."""
        notes, asker = request.private_notes, request.asker
        try:
            given_up = await self._watching.cancel(asker.team, asker.user, names)
        except StorageError as error:
            return _not_kept(error, notes)
        await self._records.cancelled(request.asked, [one.message_id for one in given_up])
        return stopped(given_up, notes)

    async def cancel(self, names: Sequence[str], request: Request) -> Message:
        """Give up one of the list, and show what is left of it."""
        told = await self.stop(names, request)
        return listed(await self.open_ones(request.asker), request.private_notes, told)

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
        notes = request.private_notes
        try:
            watches = await self._watching.of(request.asker.team, request.asker.user)
            told = listed(watches, notes)
        except StorageError as error:
            told = _not_kept(error, notes)
        await request.for_asker.show(request.dated(told, notes))

    async def open_ones(self, asker: Asker) -> tuple[Watch, ...]:
        """What a person waits for, the oldest first; nothing while the database is away."""
        try:
            return await self._watching.of(asker.team, asker.user)
        except StorageError as error:
            _log.warning("watches cannot be read", error=error.code)
            return ()


def _not_kept(error: StorageError, notes: Notes) -> Message:
    _log.error("watches cannot be kept", error=error.code)
    return notes.titled("watch.not_kept")
