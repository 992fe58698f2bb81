"""One path for every question, whatever door it came in by: allow, ask, show.

The doors are the listeners; they say who asks, from where, and how the answer travels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.access import Asker
from bot.domain.catalog import Catalog
from bot.domain.dictionary import Found, find
from bot.domain.message_id import MessageId
from bot.domain.query import Command, DidYouMean, LookUp, Nothing, Query, Run, TooMany
from bot.services.answers import Answer
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.services.surfaces import Surface
from bot.slack.block_kit import Message
from bot.slack.buttons import PRIVATE, PUBLIC, buttons
from bot.slack.card_extras import customer_texts, details
from bot.slack.cards import card
from bot.slack.notes import Notes
from bot.slack.replies import Place, Replies, Reply, View
from bot.slack.style import CardStyle, Styles

# After this long without an answer the person is told that work is going on.
PATIENCE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who asks, from where, and how the answer travels.

    Attributes:
        name: the asker's name, for a card that others see; empty where Slack gave none.
        reply: where the answer goes.
        notes: every text, in the language and style of those who will read it.
        aside: the same for what only the asker should read.
        late: the question is hours old, which is said.
    """

    asker: Asker
    surface: Surface
    place: Place
    name: str
    reply: Reply
    notes: Notes
    aside: Notes
    late: bool = False

    @property
    def public(self) -> bool:
        """Whether others read the answer."""
        return self.notes.style.public


class Reception:
    """Answers questions from all surfaces."""

    def __init__(
        self, *, lookups: LookupService, languages: Languages, styles: Styles, replies: Replies
    ) -> None:
        self._lookups = lookups
        self._languages = languages
        self._styles = styles
        self._replies = replies

    async def private_question(
        self, asker: Asker, surface: Surface, place: Place, *, command: str, name: str = ""
    ) -> Question:
        """A question that only the asker sees answered, in their own language."""
        notes = Notes(await self.personal_style(asker), command)
        return Question(
            asker=asker,
            surface=surface,
            place=place,
            name=name,
            reply=self._replies.privately(place),
            notes=notes,
            aside=notes,
        )

    async def thread_question(
        self, asker: Asker, surface: Surface, place: Place, *, command: str, late: bool = False
    ) -> Question:
        """A question that is answered in its thread, for all to see, in the channel's language."""
        aside = Notes(await self.personal_style(asker), command)
        notes = Notes(await self._public_style(asker), command)
        return Question(
            asker=asker,
            surface=surface,
            place=place,
            name="",
            reply=self._replies.in_thread(place, hint=aside.invite_me()),
            notes=notes,
            aside=aside,
            late=late,
        )

    async def direct_question(
        self, asker: Asker, place: Place, *, command: str, late: bool = False
    ) -> Question:
        """A question in the conversation with the bot: in a thread, but nobody else reads it."""
        notes = Notes(await self.personal_style(asker), command)
        return Question(
            asker=asker,
            surface=Surface.DIRECT_MESSAGE,
            place=place,
            name="",
            reply=self._replies.in_thread(place),
            notes=notes,
            aside=notes,
            late=late,
        )

    async def clicked_question(
        self,
        asker: Asker,
        place: Place,
        *,
        command: str,
        name: str,
        on_public: bool,
        in_place: bool,
    ) -> Question:
        """A click on a card: answered in the card's place, or to the one who clicked."""
        aside = Notes(await self.personal_style(asker), command)
        notes = Notes(await self._public_style(asker), command) if on_public else aside
        reply = self._replies.in_place_of(place) if in_place else self._replies.privately(place)
        return Question(
            asker=asker,
            surface=Surface.BUTTON,
            place=place,
            name=name,
            reply=reply,
            notes=notes,
            aside=aside,
        )

    async def modal_question(
        self,
        asker: Asker,
        place: Place,
        *,
        notes: Notes,
        view_id: str,
        draw: Callable[[Message], View],
    ) -> Question:
        """A question that is answered in the open modal."""
        return Question(
            asker=asker,
            surface=Surface.GLOBAL_SHORTCUT,
            place=place,
            name="",
            reply=self._replies.in_modal(place, view_id, draw),
            notes=notes,
            aside=notes,
        )

    async def personal_style(self, asker: Asker) -> CardStyle:
        """For what this person alone reads."""
        return self._styles.private(await self._languages.of_person(asker.team, asker.user))

    async def _public_style(self, asker: Asker) -> CardStyle:
        catalog = await self._languages.of_channel(asker.team, asker.channel)
        return self._styles.private(catalog).shared("")

    async def answer(self, question: Question, query: Query) -> None:
        """Answer one question; the answer goes by the question's reply."""
        if isinstance(query, LookUp):
            await self._look_up(query, question)
        else:
            await question.reply.show(await self._tell(query, question))

    async def _tell(
        self, query: TooMany | DidYouMean | Run | Nothing, question: Question
    ) -> Message:
        notes = question.notes
        match query:
            case TooMany():
                return notes.too_many(query)
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
                return notes.definitions(_find(run.argument, notes.style.catalog))
            case Command.LANGUAGE:
                return await self._language(run.argument, question)
            case Command.WHOAMI:
                reason = self._lookups.refusal(question.asker)
                admin = self._lookups.is_admin(question.asker)
                return notes.whoami(question.asker, reason, admin=admin)
            case Command.HEALTH:
                return notes.health(self._lookups.health)
            case Command.WATCHES:
                return notes.cannot_watch()
            case _:
                return notes.help()

    async def _language(self, argument: str, question: Question) -> Message:
        words = argument.split()
        if words and words[0].lower() in {"channel", "canal"}:
            return await self._channel_language(" ".join(words[1:]), question)
        asker = question.asker
        chosen = await self._languages.choose(asker.team, asker.user, argument)
        if chosen is None:
            return question.notes.language_help(argument)
        return question.notes.speaking(self._styles.private(chosen)).language_chosen()

    async def _channel_language(self, wanted: str, question: Question) -> Message:
        asker = question.asker
        if not self._lookups.is_admin(asker):
            return question.notes.admins_only()
        chosen = await self._languages.choose_for_channel(asker.team, asker.channel, wanted)
        if chosen is None:
            return question.notes.language_help(wanted or "?")
        return question.notes.channel_language_chosen(chosen)

    async def admitted(self, question: Question) -> bool:
        """Whether the asker may look calls up; if not, they are told, and nobody else is."""
        refused = await self._lookups.admit(question.asker, question.surface)
        if refused is not None:
            await self._replies.privately(question.place).show(question.aside.refused(refused))
        return refused is None

    async def _look_up(self, query: LookUp, question: Question) -> None:
        if not await self.admitted(question):
            return
        if query.ids:
            await self._ask_and_show(query, question)
        else:
            await question.reply.show(question.notes.nothing_valid(query))

    async def _ask_and_show(self, query: LookUp, question: Question) -> None:
        answers = await self.look_up(query.ids, question)
        remarks = question.notes.bad_words(query)
        if query.watch:
            remarks.append(question.notes.watch_remark())
        if query.share and not question.public:
            await self.share(answers, question)
            await question.reply.show(question.notes.shared(remarks))
        else:
            await question.reply.show(self.card(answers, question, remarks))

    async def look_up(self, ids: Sequence[MessageId], question: Question) -> tuple[Answer, ...]:
        """Ask the gateway; after a second the person sees that work is going on.

        Raises:
            asyncio.CancelledError: the bot ends; the person was told.
        """
        lookup = asyncio.ensure_future(
            self._lookups.look_up(ids, question.asker, question.surface)
        )
        try:
            done, _ = await asyncio.wait({lookup}, timeout=PATIENCE_SECONDS)
            if not done:
                await question.reply.show(question.notes.working(len(ids)))
            return await lookup
        except asyncio.CancelledError:
            lookup.cancel()
            await question.reply.show(question.notes.closing())
            raise

    def card(
        self, answers: Sequence[Answer], question: Question, remarks: Sequence[str] = ()
    ) -> Message:
        """The card for this question's readers, with its buttons."""
        style = question.notes.style
        ids = [answer.message_id for answer in answers]
        lines = [question.notes.late_remark(), *remarks] if question.late else list(remarks)
        if question.public:
            row = buttons(ids, PUBLIC, style.catalog, only_for=question.asker.user)
        else:
            row = buttons(ids, PRIVATE, style.catalog)
        return card(answers, style, lines, row)

    def customer_texts(self, answers: Sequence[Answer], question: Question) -> Message:
        """What can be sent to the customer, in every language, the reader's own first."""
        own = question.notes.style.catalog
        catalogs = sorted(self._languages.all(), key=lambda catalog: catalog is not own)
        return customer_texts(answers, question.notes.style, catalogs)

    def details(self, answers: Sequence[Answer], question: Question) -> Message:
        """What an engineer wants to know."""
        return details(answers, question.notes.style)

    async def share(self, answers: Sequence[Answer], question: Question) -> bool:
        """Show the card, never the typed command, to the channel or thread; whether it got there."""
        asker = question.asker
        style = (await self._public_style(asker)).shared(question.name)
        ids = [answer.message_id for answer in answers]
        row = buttons(ids, PUBLIC, style.catalog, only_for=asker.user)
        reply = self._replies.to_channel(question.place, hint=question.aside.invite_me())
        shown = await reply.show(card(answers, style, (), row))
        await self._lookups.shared(ids, asker, question.surface)
        return shown


def _find(term: str, catalog: Catalog) -> Found:
    return find(term, catalog) if term else Found(term="")
