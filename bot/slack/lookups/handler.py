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
from bot.domain.jobs.watchable import hindrance, invites_watch
from bot.domain.texts.dictionary import Found, find
from bot.domain.timing import Timing
from bot.services.alarm import Alarm
from bot.services.answers import Answer
from bot.services.languages import Languages, NotChosen
from bot.services.lookup import LookupService
from bot.services.records import Records, Surface
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Styles
from bot.slack.bulk.handler import BulkReception
from bot.slack.cards.buttons import Row, buttons
from bot.slack.cards.gateway_notes import health_note
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.lookups.card_details import customer_texts, details
from bot.slack.replies.reply import Replies
from bot.slack.replies.requests import Question, Questions
from bot.slack.watches.handler import WatchReception
from bot.slack.watches.notes import WatchNotes


class Reception:
    """Answers questions from all surfaces."""

    def __init__(
        self,
        *,
        lookups: LookupService,
        languages: Languages,
        styles: Styles,
        questions: Questions,
        replies: Replies,
        records: Records,
        alarm: Alarm,
        watches: WatchReception,
        bulks: BulkReception,
        timing: Timing = Timing(),
    ) -> None:
        self._lookups = lookups
        self._bulks = bulks
        self._watches = watches
        self._records = records
        self._alarm = alarm
        self._languages = languages
        self._styles = styles
        self._questions = questions
        self._replies = replies
        self._note_after = timing.note_after

    async def answer(self, question: Question, query: Query) -> None:
        """Answer one question; the answer goes by the question's reply."""
        if isinstance(query, LookUp):
            await self._look_up(query, question)
        elif isinstance(query, Run) and query.command is Command.WATCHES:
            await self._watches.show_list(question)
        elif isinstance(query, Run) and query.command is Command.BULK:
            if await self.admitted(question):
                await self._bulks.ask(question, query.argument)
        else:
            told = await self._tell(query, question)
            await question.reply.show(question.notes.marked_late(told) if question.late else told)

    async def _tell(
        self, query: TooMany | DidYouMean | Run | Nothing, question: Question
    ) -> Message:
        notes = question.notes
        match query:
            case TooMany():
                return self._bulks.too_many(query, question)
            case DidYouMean():
                return notes.did_you_mean(query)
            case Nothing():
                return notes.usage()
            case Run():
                return await self._run(query, question)

    async def _run(self, run: Run, question: Question) -> Message:
        notes = question.notes
        match run.command:
            case Command.EXPLAIN:
                return notes.definitions(self._find(run, notes), assumed=run.assumed)
            case Command.LANGUAGE:
                return await self._language(run.argument, question)
            case Command.WHOAMI:
                reason = self._lookups.refusal(question.asker)
                admin = self._lookups.is_admin(question.asker)
                return notes.whoami(question.asker, reason, admin=admin)
            case Command.HEALTH:
                return health_note(self._lookups.health, notes.style)
            case _:
                return notes.help()

    def _find(self, run: Run, notes: Notes) -> Found:
        if not run.argument:
            return Found(term="")
        return find(run.argument, notes.style.catalog, self._languages.all())

    async def _language(self, argument: str, question: Question) -> Message:
        words = argument.split()
        if words and words[0].lower() in {"channel", "canal"}:
            return await self._channel_language(" ".join(words[1:]), question)
        asker = question.asker
        chosen = await self._languages.choose(asker.team, asker.user, argument)
        if chosen is NotChosen.UNKNOWN:
            return question.notes.language_help(argument)
        if chosen is NotChosen.NOT_KEPT:
            return question.notes.choice_not_kept()
        return question.notes.speaking(self._styles.private(chosen)).language_chosen()

    async def _channel_language(self, wanted: str, question: Question) -> Message:
        asker = question.asker
        if not self._lookups.is_admin(asker):
            return question.notes.admins_only()
        chosen = await self._languages.choose_for_channel(asker.team, asker.channel, wanted)
        if chosen is NotChosen.UNKNOWN:
            return question.notes.language_help(wanted or "?")
        if chosen is NotChosen.NOT_KEPT:
            return question.notes.choice_not_kept()
        return question.notes.channel_language_chosen(chosen)

    async def admitted(self, question: Question) -> bool:
        """Whether the asker may look calls up; if not, they are told, and nobody else is."""
        refused = self._lookups.refusal(question.asker)
        if refused is not None:
            # Where nobody else reads the answer, it is the place for the refusal as well.
            alone = question.row is Row.MODAL or (
                question.row is Row.DIRECT and question.surface is not Surface.BUTTON
            )
            reply = question.reply if alone else self._replies.privately(question.place)
            told = reply.show(question.aside.refused(refused))
            await asyncio.gather(told, self._records.refused(question.asked, refused))
        return refused is None

    async def _look_up(self, query: LookUp, question: Question) -> None:
        if not await self.admitted(question):
            return
        if query.ids:
            await self._ask_and_show(query, question)
        else:
            told = question.notes.nothing_valid(query)
            await question.reply.show(question.notes.marked_late(told) if question.late else told)

    async def _ask_and_show(self, query: LookUp, question: Question) -> None:
        answers = await self.look_up(query.ids, question)
        remarks = question.notes.bad_words(query)
        waits = query.watch and _may_change(answers)
        if query.watch and not waits:
            remarks += WatchNotes(question.notes.style, question.notes.command).remarks(answers)
        if query.share and question.row is Row.PRIVATE:
            await self._share_as_asked(answers, question, remarks)
        else:
            await self.show_card(answers, question, remarks)
        if waits:
            await self._watches.begin(answers, question, question.reply.posted)

    async def watch(
        self, answers: Sequence[Answer], question: Question, clicked_on: PostedCard | None
    ) -> None:
        """Show what is known, and watch what may get a status yet."""
        waits = _may_change(answers)
        if waits and question.row is Row.MODAL:
            # There is one place, and what is known stands in it.
            await self._keep(answers, question)
        else:
            await self.show_card(answers, question)
        if waits:
            await self._watches.begin(answers, question, clicked_on)

    async def _share_as_asked(
        self, answers: Sequence[Answer], question: Question, remarks: Sequence[str]
    ) -> None:
        """The word `share`: the card for all; the asker hears what is for them alone."""
        if remarks or question.reply.in_use:
            # First, because it may take the place of this URL's last message, whichever that is.
            await question.reply.show(question.notes.shared(remarks))
        shared = await self.share(answers, question)
        await self.keep_shared(answers, question, shared=shared)

    async def show_card(
        self, answers: Sequence[Answer], question: Question, remarks: Sequence[str] = ()
    ) -> None:
        """Show the card with its buttons."""
        await self.deliver(self._card(answers, question, remarks), answers, question)

    async def deliver(
        self, message: Message, answers: Sequence[Answer], question: Question
    ) -> None:
        """Show a message, and keep what was looked up for it, at the same time."""
        await asyncio.gather(question.reply.show(message), self._keep(answers, question))

    async def _keep(self, answers: Sequence[Answer], question: Question) -> None:
        """Whatever is done with answers beside showing them."""
        await asyncio.gather(
            self._records.looked_up(question.asked, answers), self._alarm.heard(answers)
        )

    async def look_up(self, ids: Sequence[MessageId], question: Question) -> tuple[Answer, ...]:
        """Ask the gateway; after a second the person sees that work is going on.

        Raises:
            asyncio.CancelledError: the bot ends; the person was told.
        """
        lookup = asyncio.ensure_future(self._lookups.look_up(ids))
        try:
            done, _ = await asyncio.wait({lookup}, timeout=self._note_after)
            if not done and not question.quiet:
                await question.reply.show(question.notes.working(len(ids)), passing=True)
            return await lookup
        except asyncio.CancelledError:
            lookup.cancel()
            await question.reply.show(question.notes.closing())
            raise

    def _card(
        self, answers: Sequence[Answer], question: Question, remarks: Sequence[str]
    ) -> Message:
        """The card for this question's readers, with its buttons."""
        style = replace(question.notes.style, admins_told=self._alarm.covers(answers))
        ids = [answer.message_id for answer in answers]
        lines = [question.notes.late_remark(), *remarks] if question.late else list(remarks)
        reader = question.asker.user if question.row is Row.PUBLIC else ""
        row = buttons(
            ids,
            question.row,
            style.catalog,
            only_for=reader,
            watching=any(invites_watch(answer.finding) for answer in answers),
            shared_by=style.shared_by,
        )
        return card(answers, style, lines, row)

    async def show_customer_texts(self, answers: Sequence[Answer], question: Question) -> None:
        """What can be sent to the customer, in every language, the reader's own first."""
        own = question.notes.style.catalog
        catalogs = sorted(self._languages.all(), key=lambda catalog: catalog is not own)
        message = customer_texts(answers, question.notes.style, catalogs)
        await self.deliver(message, answers, question)

    async def show_details(self, answers: Sequence[Answer], question: Question) -> None:
        """What an engineer wants to know."""
        await self.deliver(details(answers, question.notes.style), answers, question)

    async def share(self, answers: Sequence[Answer], question: Question) -> bool:
        """Show the card, never the typed command, to channel or thread; whether it got there."""
        asker = question.asker
        style = (await self._questions.public_style(asker)).shared(question.name)
        style = replace(style, admins_told=self._alarm.covers(answers))
        ids = [answer.message_id for answer in answers]
        row = buttons(
            ids,
            Row.PUBLIC,
            style.catalog,
            only_for=asker.user,
            watching=any(invites_watch(answer.finding) for answer in answers),
            shared_by=question.name,
        )
        aside = question.aside
        reply = self._replies.to_channel(
            question.place, hint=aside.invite_me(), gone=aside.thread_gone()
        )
        await reply.show(card(answers, style, (), row))
        return reply.as_wanted

    async def keep_shared(
        self, answers: Sequence[Answer], question: Question, *, shared: bool
    ) -> None:
        """Keep what was looked up for a card to be shared, and that it was shared if it was."""
        await self._keep(answers, question)
        if shared:
            ids = [answer.message_id for answer in answers]
            await self._records.shared(question.asked, ids)


def _may_change(answers: Sequence[Answer]) -> bool:
    """Whether there is something to wait for."""
    return any(hindrance(answer.finding) is None for answer in answers)
