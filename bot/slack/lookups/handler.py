"""Every question takes the same path: check access, ask the gateway, show the answer.

The listeners make the request: who asks, where, and where the answer is posted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.access import Circle
from bot.domain.call_status import Answer
from bot.domain.input.commands import Command
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import DidYouMean, LookUp, Nothing, Query, Run
from bot.domain.jobs.job import PostedCard
from bot.domain.texts.intents import understood
from bot.domain.timing import Timing
from bot.services.claiming import AdminAlerter
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.services.records import Records
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience, CardStyle
from bot.slack.bulk.handler import BulkHandler
from bot.slack.cards.status_card import card
from bot.slack.inbound.app_connections import AppConnections
from bot.slack.lookups import messages
from bot.slack.replies.requests import Request, closing
from bot.slack.replies.routes import Route
from bot.slack.watches.handler import WatchHandler
from bot.slack.watches.notes import needless
from bot.storage.preferences import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryHandler:
    """Answers questions from all surfaces."""

    lookups: LookupService
    languages: Languages
    styles: AudienceStyles
    records: Records
    alarm: AdminAlerter
    watches: WatchHandler
    bulks: BulkHandler
    connections: AppConnections
    timing: Timing = Timing()

    async def answer(self, request: Request, query: Query) -> None:
        """Answer one question with the request's reply."""
        if isinstance(query, Nothing | DidYouMean):
            query = understood(query, self.languages.all())
        if not await self.admitted(request, _circle_of(query)):
            return
        match query:
            case LookUp():
                await self._look_up(query, request)
                return
            case Run(command=Command.BULK):
                await self.bulks.ask(request, query.argument)
                return
            case Run(command=Command.WATCHES):
                await self.watches.show_list(request)
                return
        if self.lookups.refusal(request.asker) is not None:
            # The channel does not read what the bot says to somebody without access.
            request = replace(request, reply=request.for_asker, notes=request.private_notes)
        if isinstance(query, Run):
            message = await self._run(query, request)
        else:
            message = messages.reply_to(query, request.notes, request.asker.user)
        await request.reply.show(request.dated(message, request.notes))

    async def _run(self, run: Run, request: Request) -> Message:
        asker, notes = request.asker, request.notes
        match run.command:
            case Command.EXPLAIN:
                return messages.definition_note(run, notes, self.languages.all())
            case Command.LANGUAGE:
                return await self._choose_language(run.argument, request)
            case Command.WHOAMI:
                reason, admin = self.lookups.refusal(asker), self.lookups.is_admin(asker)
                return messages.whoami_note(asker, reason, notes, admin=admin)
            case Command.HEALTH:
                known, others = self.connections.open, self.connections.others
                return messages.health_note(
                    self.lookups.health, notes.style, connections=known, others=others
                )
            case _:
                return messages.help_note(notes, asker.user)

    async def _choose_language(self, wanted: str, request: Request) -> Message:
        asker, notes, languages = request.asker, request.notes, self.languages
        first, *words = wanted.split() or [""]
        if first.lower() not in {"channel", "canal"}:
            chosen = await languages.choose(asker.team, asker.user, wanted)
            return messages.language_note(chosen, wanted, notes)
        if not self.lookups.is_admin(asker):
            return messages.admins_only(notes)
        wanted = " ".join(words)
        chosen = await languages.choose(asker.team, asker.channel, wanted, Scope.CHANNEL)
        self.records.acted(request.asked, "language")
        # "?" because the note without a language would describe the user's own.
        return messages.language_note(chosen, wanted or "?", notes, for_channel=True)

    async def admitted(self, request: Request, circle: Circle = Circle.USERS) -> bool:
        """Check whether the asker is of this circle; if not, show a refusal to them only."""
        refused = self.lookups.refusal(request.asker, circle)
        if refused is not None:
            self.records.refused(request.asked, refused)
            await request.for_asker.show(request.private_notes.refused(refused))
        return refused is None

    async def _look_up(self, query: LookUp, request: Request) -> None:
        notes = request.notes
        if not query.ids:
            await request.reply.show(request.dated(notes.nothing_valid(query), notes))
            return
        answers = await self.look_up(query.ids, request)
        remarks = [notes.say("hint.late")] * request.late + notes.bad_words(query)
        waits = query.watch and messages.may_change(answers)
        if query.watch and not waits:
            remarks += needless(answers, notes)
        apart = query.share and request.audience is Audience.PRIVATE
        if apart:
            if remarks or request.reply.in_use:
                # First: a post to the response URL may replace the previous one, even the card.
                await request.reply.show(messages.shared_note(remarks, notes))
            await self.share(answers, request)
        else:
            await self.show_card(answers, request, remarks)
        if waits:
            posted = request.reply.posted
            await self._watch(answers, request, posted, None if apart else remarks)

    async def watch(
        self, answers: Sequence[Answer], request: Request, clicked_on: PostedCard | None
    ) -> None:
        """Show the card, and watch the calls that may still get a status."""
        await self.show_card(answers, request)
        if messages.may_change(answers):
            await self._watch(answers, request, clicked_on, ())

    async def _watch(
        self,
        answers: Sequence[Answer],
        request: Request,
        posted: PostedCard | None,
        remarks: Sequence[str] | None,
    ) -> None:
        """Watch the calls, and say so on the card of one if the asker alone reads it, else beside.

        The card is replaced when the watch ends, so nothing is left that says it goes on.
        """
        note = await self.watches.begin(answers, request, posted)
        if remarks is None or request.audience is Audience.PUBLIC or len(answers) > 1:
            await request.aside.show(note)
        else:
            style = self._style(answers, request.notes.style)
            shown = card(answers, style, remarks, request.asker.user, watched=True)
            await request.reply.show(shown.followed_by(*note.blocks))

    async def show_card(
        self, answers: Sequence[Answer], request: Request, remarks: Sequence[str] = ()
    ) -> None:
        """Show the card with its buttons."""
        style = self._style(answers, request.notes.style)
        shown = card(answers, style, remarks, request.asker.user)
        await self.deliver(shown, answers, request)

    async def deliver(self, message: Message, answers: Sequence[Answer], request: Request) -> None:
        """Show a message, store its look-ups, and report them to the alerter."""
        self.records.looked_up(request.asked, answers)
        await request.reply.show(message)
        await self.alarm.observe(answers)

    async def look_up(self, ids: Sequence[MessageId], request: Request) -> tuple[Answer, ...]:
        """Ask the gateway, and show a "working" note if that takes longer than `note_after`.

        Raises:
            asyncio.CancelledError: the bot shuts down; the user has a note that says so.
        """
        notes: list[asyncio.Task[bool]] = []
        loop = asyncio.get_running_loop()

        def note() -> None:
            going_on = request.notes.note("working.title", "working.text", count=len(ids))
            notes.append(loop.create_task(request.reply.show(going_on, passing=True)))

        # Beside a card, the answer could not replace the note.
        wanted = request.reply.route is not Route.BESIDE
        # No task unless it is slow: a task costs more than reading the answer.
        late = loop.call_later(self.timing.note_after, note) if wanted else None
        try:
            answers = await self.lookups.look_up(ids, asker=request.asker.user)
            # The answer replaces the note.
            for one in notes:
                await one
        except asyncio.CancelledError:
            for one in notes:
                one.cancel()
            await request.reply.show(closing(request.notes))
            raise
        finally:
            if late is not None:
                late.cancel()
        return answers

    def _style(self, answers: Sequence[Answer], style: CardStyle) -> CardStyle:
        """The style of their card, which says if the admins are alerted."""
        return replace(style, admins_told=True) if self.alarm.covers(answers) else style

    async def share(self, answers: Sequence[Answer], request: Request) -> bool:
        """Post the card, never the typed command; return whether the channel shows it."""
        asker = request.asker
        style = await self.styles.of(
            Audience.PUBLIC, team=asker.team, channel=asker.channel, person=asker.user
        )
        reply = request.reply.also(Route.SHARED)
        shared = replace(request, reply=reply)
        style = self._style(answers, style.shared(request.name))
        await self.deliver(card(answers, style, (), asker.user), answers, shared)
        if reply.as_wanted:
            self.records.acted(request.asked, "share", [one.message_id for one in answers])
        return reply.as_wanted


def _circle_of(query: Query) -> Circle:
    """Whom the answer to a query is for."""
    match query:
        case LookUp() | Run(command=Command.BULK):
            return Circle.USERS
        case Run(command=Command.WATCHES):
            return Circle.MEMBERS
        case Run(command=Command.WHOAMI):
            return Circle.ANYBODY
        case _:
            return Circle.COLLEAGUES
