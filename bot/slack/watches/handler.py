"""What users do with watches: start, change the time limit, cancel, list.

Only the user who started a watch sees it in a list and can change it.
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
    """Handles the commands and buttons of watches."""

    def __init__(self, *, watching: Watching, records: Records) -> None:
        self._watching = watching
        self._records = records

    async def begin(
        self, answers: Sequence[Answer], request: Request, card: PostedCard | None
    ) -> None:
        """Watch the calls that may still get a status, and show the asker a note.

        Args:
            answers: the current statuses of the calls.
            request: the question.
            card: the message that shows them, to update later.
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
            outcome = _not_kept(error, notes)
        else:
            fresh = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
            await self._records.watched(request.asked, fresh)
            outcome = started(outcomes, notes, request.asker.user, hindered)
        await request.aside.show(outcome)

    async def prolong(self, names: Sequence[str], limit: timedelta, request: Request) -> Message:
        """Set a new time limit from now on; a watch that is over is not restarted."""
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
        """Stop watches that were just started."""
        notes, asker = request.private_notes, request.asker
        try:
            given_up = await self._watching.cancel(asker.team, asker.user, names)
        except StorageError as error:
            return _not_kept(error, notes)
        await self._records.cancelled(request.asked, [one.message_id for one in given_up])
        return stopped(given_up, notes)

    async def cancel(self, names: Sequence[str], request: Request) -> Message:
        """Cancel one watch of the list, and show the rest."""
        message = await self.stop(names, request)
        return listed(await self.open_ones(request.asker), request.private_notes, message)

    async def cancel_at_home(self, names: Sequence[str], asker: Asker) -> None:
        """Cancel a watch from the App Home; the caller publishes the page again."""
        try:
            given_up = await self._watching.cancel(asker.team, asker.user, names)
        except StorageError as error:
            _log.warning("a watch was not given up", error=error.code)
            return
        asked = Asked(asker=asker, surface=Surface.HOME)
        await self._records.cancelled(asked, [one.message_id for one in given_up])

    async def show_list(self, request: Request) -> None:
        """Show the asker their watches, privately."""
        notes = request.private_notes
        try:
            watches = await self._watching.of(request.asker.team, request.asker.user)
            message = listed(watches, notes)
        except StorageError as error:
            message = _not_kept(error, notes)
        await request.for_asker.show(request.dated(message, notes))

    async def open_ones(self, asker: Asker) -> tuple[Watch, ...]:
        """The watches of a user, the oldest first; empty if the database fails."""
        try:
            return await self._watching.of(asker.team, asker.user)
        except StorageError as error:
            _log.warning("watches cannot be read", error=error.code)
            return ()


def _not_kept(error: StorageError, notes: Notes) -> Message:
    _log.error("watches cannot be kept", error=error.code)
    return notes.titled("watch.not_kept")
