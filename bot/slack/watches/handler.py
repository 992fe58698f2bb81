"""What users do with watches: start, change the time limit, cancel, list.

Only the user who started a watch sees it in a list and can change it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from bot.domain.access import Asker
from bot.domain.call_status import Answer
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import PostedCard
from bot.domain.jobs.watch import Watch, is_unknown, why_not_watchable
from bot.services.records import Records
from bot.services.watches.service import Started, StartOutcome, WatchService
from bot.slack.blocks.block_kit import Message
from bot.slack.replies.requests import Request
from bot.slack.watches.notes import listed, not_stored, started, stopped
from bot.storage.errors import FailureLogged


class WatchHandler:
    """Handles the commands and buttons of watches."""

    def __init__(self, *, watching: WatchService, records: Records) -> None:
        self._watching = watching
        self._records = records

    async def start(
        self,
        ids: Sequence[MessageId],
        request: Request,
        card: PostedCard | None = None,
        unknown: Collection[MessageId] = (),
    ) -> tuple[StartOutcome, ...]:
        """Watch these calls for the asker; one outcome for each.

        Args:
            ids: the calls.
            request: the question.
            card: the message that shows the only call, to update later.
            unknown: the calls that the gateway does not know.

        Raises:
            StorageError: no call is watched.
        """
        asker, place = request.asker, request.destination
        outcomes = await self._watching.start(
            ids, asker=asker, destination=place, card=card, unknown=unknown
        )
        fresh = [one.watch.message_id for one in outcomes if isinstance(one, Started)]
        self._records.acted(request.asked, "watch", fresh)
        return outcomes

    async def begin(
        self, answers: Sequence[Answer], request: Request, card: PostedCard | None
    ) -> Message:
        """Watch the calls that may still get a status; the note to the asker.

        Args:
            answers: the current statuses of the calls.
            request: the question.
            card: the message that shows them, to update later.
        """
        wanted = [one.message_id for one in answers if why_not_watchable(one.finding) is None]
        unknown = {one.message_id for one in answers if is_unknown(one.finding)}
        notes = request.private_notes
        with FailureLogged("watches cannot be started"):
            # A card of several calls cannot be updated: one answer would replace the others.
            card = card if len(answers) == 1 else None
            outcomes = await self.start(wanted, request, card, unknown)
            return started(outcomes, notes, request.asker.user, answers)
        return not_stored(notes)

    async def change_limit(self, request: Request, names: Sequence[str], limit: timedelta) -> None:
        """Set a new time limit from now on; a watch that is over is not restarted."""
        notes, asker = request.private_notes, request.asker
        message = not_stored(notes)
        with FailureLogged("the time limit of watches cannot be changed"):
            watches = await self._watching.choose_limit(asker.team, asker.user, names, limit)
            self._records.acted(request.asked, "watch", [one.message_id for one in watches])
            outcomes = [Started(watch=watch) for watch in watches]
            message = stopped((), notes)
            if outcomes:
                message = started(outcomes, notes, asker.user, limit=limit)
        await request.reply.show(message)

    async def cancel(self, request: Request, names: Sequence[str]) -> Message:
        """Cancel watches of the asker; return a note that says which were still open."""
        asker, notes = request.asker, request.private_notes
        with FailureLogged("watches cannot be cancelled"):
            cancelled = await self._watching.cancel(asker.team, asker.user, names)
            self._records.acted(request.asked, "cancel", [one.message_id for one in cancelled])
            return stopped(cancelled, notes)
        return not_stored(notes)

    async def stop(self, request: Request, names: Sequence[str]) -> None:
        """Stop watches that were just started."""
        await request.reply.show(await self.cancel(request, names))

    async def stop_in_list(self, request: Request, names: Sequence[str]) -> None:
        """Cancel one watch of the list, and show the rest."""
        message = await self.cancel(request, names)
        rest = await self.open_ones(request.asker) or ()
        await request.reply.show(listed(rest, request.private_notes, message))

    async def show_list(self, request: Request) -> None:
        """Show the asker their watches, privately."""
        watches, notes = await self.open_ones(request.asker), request.private_notes
        message = not_stored(notes) if watches is None else listed(watches, notes)
        await request.for_asker.show(request.dated(message, notes))

    async def open_ones(self, asker: Asker) -> tuple[Watch, ...] | None:
        """The watches of a user, the oldest first; `None` if the database failed."""
        with FailureLogged("watches cannot be read"):
            return await self._watching.of(asker.team, asker.user)
        return None
