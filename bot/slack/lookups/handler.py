"""Every question takes the same path: check access, ask the gateway, show the answer.

The listeners make the request: who asks, where, and where the answer is posted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answer import Answer
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import Command, DidYouMean, LookUp, Nothing, Query, Run, TooMany
from bot.domain.jobs.watch import PostedCard
from bot.domain.jobs.watchable import invites_watch, why_not_watchable
from bot.domain.timing import Timing
from bot.services.alarm import AdminAlerter
from bot.services.lookup import LookupService
from bot.services.records import Records
from bot.slack.blocks.block_kit import Message, note
from bot.slack.blocks.style import Audience, AudienceStyles, CardStyle
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.notes import too_many
from bot.slack.cards.buttons import buttons
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.lookups.commands import CommandHandler, did_you_mean
from bot.slack.replies.requests import Request, closing
from bot.slack.watches.handler import WatchHandler
from bot.slack.watches.notes import needless


class QueryHandler:
    """Answers questions from all surfaces."""

    def __init__(
        self,
        *,
        lookups: LookupService,
        commands: CommandHandler,
        styles: AudienceStyles,
        records: Records,
        alarm: AdminAlerter,
        watches: WatchHandler,
        bulks: BulkHandler,
        timing: Timing = Timing(),
    ) -> None:
        self._lookups = lookups
        self._commands = commands
        self._styles = styles
        self._records = records
        self._alarm = alarm
        self._watches = watches
        self._bulks = bulks
        self._note_after = timing.note_after

    async def answer(self, request: Request, query: Query) -> None:
        """Answer one question with the request's reply."""
        match query:
            case LookUp():
                await self._look_up(query, request)
            case Run(command=Command.WATCHES):
                await self._watches.show_list(request)
            case Run(command=Command.BULK):
                if await self.admitted(request):
                    await self._bulks.ask(request, query.argument)
            case _:
                message = await self._tell(query, request)
                await request.reply.show(request.dated(message, request.notes))

    async def _tell(self, query: TooMany | DidYouMean | Run | Nothing, request: Request) -> Message:
        match query:
            case TooMany():
                return too_many(query, request.notes, request.asker.user)
            case DidYouMean():
                return did_you_mean(query, request.notes)
            case Nothing():
                return request.notes.usage()
            case Run():
                return await self._commands.run(query, request)

    async def admitted(self, request: Request) -> bool:
        """Check whether the asker may look up calls; if not, show a refusal to them only."""
        refused = self._lookups.refusal(request.asker)
        if refused is not None:
            showing = request.for_asker.show(request.private_notes.refused(refused))
            await asyncio.gather(showing, self._records.refused(request.asked, refused))
        return refused is None

    async def _look_up(self, query: LookUp, request: Request) -> None:
        if not await self.admitted(request):
            return
        if query.ids:
            await self._ask_and_show(query, request)
        else:
            message = request.notes.nothing_valid(query)
            await request.reply.show(request.dated(message, request.notes))

    async def _ask_and_show(self, query: LookUp, request: Request) -> None:
        answers = await self.look_up(query.ids, request)
        remarks = request.notes.bad_words(query)
        waits = query.watch and _may_change(answers)
        if query.watch and not waits:
            remarks += needless(answers, request.notes)
        if query.share and request.audience is Audience.PRIVATE:
            await self._share_as_asked(answers, request, remarks)
        else:
            await self.show_card(answers, request, remarks)
        if waits:
            await self._watches.begin(answers, request, request.reply.posted)

    async def watch(
        self, answers: Sequence[Answer], request: Request, clicked_on: PostedCard | None
    ) -> None:
        """Show the card, and watch the calls that may still get a status."""
        waits = _may_change(answers)
        if waits and request.audience is Audience.MODAL:
            # The modal shows the card already; a second message would replace it.
            await self._keep(answers, request)
        else:
            await self.show_card(answers, request)
        if waits:
            await self._watches.begin(answers, request, clicked_on)

    async def _share_as_asked(
        self, answers: Sequence[Answer], request: Request, remarks: Sequence[str]
    ) -> None:
        """Handle the word `share`: post the card publicly, and the remarks to the asker only."""
        if remarks or request.reply.in_use:
            # First: a post to the response URL may replace the previous one, even the card.
            await request.reply.show(shared_note(remarks, request.notes))
        shared = await self.share(answers, request)
        await self.keep_shared(answers, request, shared=shared)

    async def show_card(
        self, answers: Sequence[Answer], request: Request, remarks: Sequence[str] = ()
    ) -> None:
        """Show the card with its buttons."""
        notes = request.notes
        lines = [notes.say("hint.late"), *remarks] if request.late else remarks
        await self.deliver(self._card(answers, request, notes.style, lines), answers, request)

    async def deliver(self, message: Message, answers: Sequence[Answer], request: Request) -> None:
        """Show a message and store its look-ups, concurrently."""
        await asyncio.gather(request.reply.show(message), self._keep(answers, request))

    async def _keep(self, answers: Sequence[Answer], request: Request) -> None:
        """Store the look-ups and report them to the alerter."""
        await asyncio.gather(
            self._records.looked_up(request.asked, answers), self._alarm.observe(answers)
        )

    async def look_up(self, ids: Sequence[MessageId], request: Request) -> tuple[Answer, ...]:
        """Ask the gateway, and show a "working" note if that takes longer than `note_after`.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        lookup = asyncio.ensure_future(self._lookups.look_up(ids))
        try:
            # `wait` does not cancel the look-up at the timeout, as `wait_for` would.
            done, _ = await asyncio.wait({lookup}, timeout=self._note_after)
            if not done and not request.quiet:
                going_on = request.notes.note("working.title", "working.text", count=len(ids))
                await request.reply.show(going_on, passing=True)
            return await lookup
        except asyncio.CancelledError:
            lookup.cancel()
            await request.reply.show(closing(request.notes))
            raise

    def _card(
        self, answers: Sequence[Answer], request: Request, style: CardStyle, remarks: Sequence[str]
    ) -> Message:
        """Make the card in this style, with its buttons."""
        row = buttons(
            [answer.message_id for answer in answers],
            style,
            request.asker.user,
            watching=any(invites_watch(answer.finding) for answer in answers),
        )
        alerted = replace(style, admins_told=self._alarm.covers(answers))
        return card(answers, alerted, remarks, row)

    async def share(self, answers: Sequence[Answer], request: Request) -> bool:
        """Post the card, never the typed command; return whether the channel shows it."""
        asker = request.asker
        style = await self._styles.of(
            Audience.PUBLIC, team=asker.team, channel=asker.channel, person=asker.user
        )
        reply = request.to_channel()
        await reply.show(self._card(answers, request, style.shared(request.name), ()))
        return reply.as_wanted

    async def keep_shared(
        self, answers: Sequence[Answer], request: Request, *, shared: bool
    ) -> None:
        """Store the look-ups of a shared card, and that it was shared if so."""
        await self._keep(answers, request)
        if shared:
            ids = [answer.message_id for answer in answers]
            await self._records.shared(request.asked, ids)


def shared_note(remarks: Sequence[str], notes: Notes) -> Message:
    """The note to the asker that the card was shared, with their remarks."""
    return note("\n".join((notes.say("working.shared"), *remarks)))


def _may_change(answers: Sequence[Answer]) -> bool:
    """Whether one of the calls may still get a status."""
    return any(why_not_watchable(answer.finding) is None for answer in answers)
