"""One path for every question, whatever door it came in by: allow, ask, show.

The doors are the listeners; they say who asks, from where, and how the answer travels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.input.message_id import MessageId
from bot.domain.input.query import Command, DidYouMean, LookUp, Nothing, Query, Run, TooMany
from bot.domain.jobs.watch import PostedCard
from bot.domain.jobs.watchable import invites_watch, why_not_watchable
from bot.domain.texts.dictionary import Found, find
from bot.domain.timing import Timing
from bot.services.alarm import AdminAlerter
from bot.services.answers import Answer
from bot.services.languages import Languages, NotChosen
from bot.services.lookup import LookupService
from bot.services.records import Records, Surface
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Styles
from bot.slack.bulk.handler import BulkHandler
from bot.slack.cards.buttons import Row, buttons
from bot.slack.cards.gateway_notes import health_note
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.lookups.card_details import customer_texts, details
from bot.slack.replies.reply import Replies
from bot.slack.replies.requests import Request, RequestFactory
from bot.slack.watches.handler import WatchHandler
from bot.slack.watches.notes import WatchNotes


class QueryHandler:
    """Answers questions from all surfaces."""

    def __init__(
        self,
        *,
        lookups: LookupService,
        languages: Languages,
        styles: Styles,
        requests: RequestFactory,
        replies: Replies,
        records: Records,
        alarm: AdminAlerter,
        watches: WatchHandler,
        bulks: BulkHandler,
        timing: Timing = Timing(),
    ) -> None:
        self._lookups = lookups
        self._bulks = bulks
        self._watches = watches
        self._records = records
        self._alarm = alarm
        self._languages = languages
        self._styles = styles
        self._requests = requests
        self._replies = replies
        self._note_after = timing.note_after

    async def answer(self, request: Request, query: Query) -> None:
        """Answer one question; the answer goes by the question's reply."""
        if isinstance(query, LookUp):
            await self._look_up(query, request)
        elif isinstance(query, Run) and query.command is Command.WATCHES:
            await self._watches.show_list(request)
        elif isinstance(query, Run) and query.command is Command.BULK:
            if await self.admitted(request):
                await self._bulks.ask(request, query.argument)
        else:
            told = await self._tell(query, request)
            await request.reply.show(request.notes.marked_late(told) if request.late else told)

    async def _tell(self, query: TooMany | DidYouMean | Run | Nothing, request: Request) -> Message:
        notes = request.notes
        match query:
            case TooMany():
                return self._bulks.too_many(query, request)
            case DidYouMean():
                return notes.did_you_mean(query)
            case Nothing():
                return notes.usage()
            case Run():
                return await self._run(query, request)

    async def _run(self, run: Run, request: Request) -> Message:
        notes = request.notes
        match run.command:
            case Command.EXPLAIN:
                return notes.definitions(self._find(run, notes), assumed=run.assumed)
            case Command.LANGUAGE:
                return await self._language(run.argument, request)
            case Command.WHOAMI:
                reason = self._lookups.refusal(request.asker)
                admin = self._lookups.is_admin(request.asker)
                return notes.whoami(request.asker, reason, admin=admin)
            case Command.HEALTH:
                return health_note(self._lookups.health, notes.style)
            case _:
                return notes.help()

    def _find(self, run: Run, notes: Notes) -> Found:
        if not run.argument:
            return Found(term="")
        return find(run.argument, notes.style.catalog, self._languages.all())

    async def _language(self, argument: str, request: Request) -> Message:
        words = argument.split()
        if words and words[0].lower() in {"channel", "canal"}:
            return await self._channel_language(" ".join(words[1:]), request)
        asker = request.asker
        chosen = await self._languages.choose(asker.team, asker.user, argument)
        if chosen is NotChosen.UNKNOWN:
            return request.notes.language_help(argument)
        if chosen is NotChosen.NOT_KEPT:
            return request.notes.choice_not_kept()
        return request.notes.speaking(self._styles.private(chosen)).language_chosen()

    async def _channel_language(self, wanted: str, request: Request) -> Message:
        asker = request.asker
        if not self._lookups.is_admin(asker):
            return request.notes.admins_only()
        chosen = await self._languages.choose_for_channel(asker.team, asker.channel, wanted)
        if chosen is NotChosen.UNKNOWN:
            return request.notes.language_help(wanted or "?")
        if chosen is NotChosen.NOT_KEPT:
            return request.notes.choice_not_kept()
        return request.notes.channel_language_chosen(chosen)

    async def admitted(self, request: Request) -> bool:
        """Whether the asker may look calls up; if not, they are told, and nobody else is."""
        refused = self._lookups.refusal(request.asker)
        if refused is not None:
            # Where nobody else reads the answer, it is the place for the refusal as well.
            alone = request.row is Row.MODAL or (
                request.row is Row.DIRECT and request.surface is not Surface.BUTTON
            )
            reply = request.reply if alone else self._replies.privately(request.place)
            told = reply.show(request.private_notes.refused(refused))
            await asyncio.gather(told, self._records.refused(request.asked, refused))
        return refused is None

    async def _look_up(self, query: LookUp, request: Request) -> None:
        if not await self.admitted(request):
            return
        if query.ids:
            await self._ask_and_show(query, request)
        else:
            told = request.notes.nothing_valid(query)
            await request.reply.show(request.notes.marked_late(told) if request.late else told)

    async def _ask_and_show(self, query: LookUp, request: Request) -> None:
        answers = await self.look_up(query.ids, request)
        remarks = request.notes.bad_words(query)
        waits = query.watch and _may_change(answers)
        if query.watch and not waits:
            remarks += WatchNotes(request.notes.style, request.notes.command).remarks(answers)
        if query.share and request.row is Row.PRIVATE:
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
        if waits and request.row is Row.MODAL:
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
            await request.reply.show(request.notes.shared(remarks))
        shared = await self.share(answers, request)
        await self.keep_shared(answers, request, shared=shared)

    async def show_card(
        self, answers: Sequence[Answer], request: Request, remarks: Sequence[str] = ()
    ) -> None:
        """Show the card with its buttons."""
        await self.deliver(self._card(answers, request, remarks), answers, request)

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
                await request.reply.show(request.notes.working(len(ids)), passing=True)
            return await lookup
        except asyncio.CancelledError:
            lookup.cancel()
            await request.reply.show(request.notes.closing())
            raise

    def _card(self, answers: Sequence[Answer], request: Request, remarks: Sequence[str]) -> Message:
        """The card for this question's readers, with its buttons."""
        style = replace(request.notes.style, admins_told=self._alarm.covers(answers))
        ids = [answer.message_id for answer in answers]
        lines = [request.notes.late_remark(), *remarks] if request.late else list(remarks)
        reader = request.asker.user if request.row is Row.PUBLIC else ""
        row = buttons(
            ids,
            request.row,
            style.catalog,
            only_for=reader,
            watching=any(invites_watch(answer.finding) for answer in answers),
            shared_by=style.shared_by,
        )
        return card(answers, style, lines, row)

    async def show_customer_texts(self, answers: Sequence[Answer], request: Request) -> None:
        """What can be sent to the customer, in every language, the reader's own first."""
        own = request.notes.style.catalog
        catalogs = sorted(self._languages.all(), key=lambda catalog: catalog is not own)
        message = customer_texts(answers, request.notes.style, catalogs)
        await self.deliver(message, answers, request)

    async def show_details(self, answers: Sequence[Answer], request: Request) -> None:
        """What an engineer wants to know."""
        await self.deliver(details(answers, request.notes.style), answers, request)

    async def share(self, answers: Sequence[Answer], request: Request) -> bool:
        """Show the card, never the typed command, to channel or thread; whether it got there."""
        asker = request.asker
        style = (await self._requests.public_style(asker)).shared(request.name)
        style = replace(style, admins_told=self._alarm.covers(answers))
        ids = [answer.message_id for answer in answers]
        row = buttons(
            ids,
            Row.PUBLIC,
            style.catalog,
            only_for=asker.user,
            watching=any(invites_watch(answer.finding) for answer in answers),
            shared_by=request.name,
        )
        private_notes = request.private_notes
        reply = self._replies.to_channel(
            request.place, hint=private_notes.invite_me(), gone=private_notes.thread_gone()
        )
        await reply.show(card(answers, style, (), row))
        return reply.as_wanted

    async def keep_shared(
        self, answers: Sequence[Answer], request: Request, *, shared: bool
    ) -> None:
        """Keep what was looked up for a card to be shared, and that it was shared if it was."""
        await self._keep(answers, request)
        if shared:
            ids = [answer.message_id for answer in answers]
            await self._records.shared(request.asked, ids)


def _may_change(answers: Sequence[Answer]) -> bool:
    """Whether there is something to wait for."""
    return any(why_not_watchable(answer.finding) is None for answer in answers)
