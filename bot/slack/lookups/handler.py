"""One path for every question, whatever door it came in by: allow, ask, show.

The doors are the listeners; they say who asks, from where, and how the answer travels.
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
        """Answer one question; the answer goes by the question's reply."""
        match query:
            case LookUp():
                await self._look_up(query, request)
            case Run(command=Command.WATCHES):
                await self._watches.show_list(request)
            case Run(command=Command.BULK):
                if await self.admitted(request):
                    await self._bulks.ask(request, query.argument)
            case _:
                told = await self._tell(query, request)
                await request.reply.show(request.dated(told, request.notes))

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
        """Whether the asker may look calls up; if not, they are told, and nobody else is."""
        refused = self._lookups.refusal(request.asker)
        if refused is not None:
            told = request.for_asker.show(request.private_notes.refused(refused))
            await asyncio.gather(told, self._records.refused(request.asked, refused))
        return refused is None

    async def _look_up(self, query: LookUp, request: Request) -> None:
        if not await self.admitted(request):
            return
        if query.ids:
            await self._ask_and_show(query, request)
        else:
            told = request.notes.nothing_valid(query)
            await request.reply.show(request.dated(told, request.notes))

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
        """Show what is known, and watch what may get a status yet."""
        waits = _may_change(answers)
        if waits and request.audience is Audience.MODAL:
            # There is one place, and what is known stands in it.
            await self._keep(answers, request)
        else:
            await self.show_card(answers, request)
        if waits:
            await self._watches.begin(answers, request, clicked_on)

    async def _share_as_asked(
        self, answers: Sequence[Answer], request: Request, remarks: Sequence[str]
    ) -> None:
        """The word `share`: the card for all; the asker hears what is for them alone."""
        if remarks or request.reply.in_use:
            # First, because it may take the place of this URL's last message, whichever that is.
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
        """Show a message, and keep what was looked up for it, at the same time."""
        await asyncio.gather(request.reply.show(message), self._keep(answers, request))

    async def _keep(self, answers: Sequence[Answer], request: Request) -> None:
        """Whatever is done with answers beside showing them."""
        await asyncio.gather(
            self._records.looked_up(request.asked, answers), self._alarm.observe(answers)
        )

    async def look_up(self, ids: Sequence[MessageId], request: Request) -> tuple[Answer, ...]:
        """Ask the gateway; after a second the person sees that work is going on.

        Raises:
            asyncio.CancelledError: the bot ends; the person was told.
        """
        lookup = asyncio.ensure_future(self._lookups.look_up(ids))
        try:
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
        """The card for readers of this style, with its buttons."""
        row = buttons(
            [answer.message_id for answer in answers],
            style,
            request.asker.user,
            watching=any(invites_watch(answer.finding) for answer in answers),
        )
        told = replace(style, admins_told=self._alarm.covers(answers))
        return card(answers, told, remarks, row)

    async def share(self, answers: Sequence[Answer], request: Request) -> bool:
        """Show the card, never the typed command, to channel or thread; whether it got there."""
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
        """Keep what was looked up for a card to be shared, and that it was shared if it was."""
        await self._keep(answers, request)
        if shared:
            ids = [answer.message_id for answer in answers]
            await self._records.shared(request.asked, ids)


def shared_note(remarks: Sequence[str], notes: Notes) -> Message:
    """The answer went to the channel; what only the asker should read comes with it."""
    return note("\n".join((notes.say("working.shared"), *remarks)))


def _may_change(answers: Sequence[Answer]) -> bool:
    """Whether there is something to wait for."""
    return any(why_not_watchable(answer.finding) is None for answer in answers)
