"""Questions as values: who asks, from where, how the answer travels, in whose language."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.access import Asker
from bot.domain.jobs.watch import Destination
from bot.services.languages import Languages
from bot.services.records import Asked, Surface
from bot.slack.blocks.style import CardStyle, Styles
from bot.slack.cards.buttons import Row
from bot.slack.cards.notes import Notes
from bot.slack.replies.channels import OpenModal, OpenView, ReplyTarget
from bot.slack.replies.reply import Replies, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, from where, and how the answer travels.

    Attributes:
        name: the asker's name, for a card that others see; empty where Slack gave none.
        reply: where the answer goes.
        notes: every text, in the language and style of those who will read it.
        private_notes: the same for what only the asker should read.
        late: the question is hours old, which is said.
        row: the buttons of the answer, by who reads it.
        quiet: no word of the work that goes on, because it could not be taken back.
        trigger_id: opens one form, within three seconds; empty where Slack gave none.
    """

    asker: Asker
    surface: Surface
    place: ReplyTarget
    name: str
    reply: Reply
    notes: Notes
    private_notes: Notes
    late: bool = False
    row: Row = Row.PRIVATE
    quiet: bool = False
    trigger_id: str = ""

    @property
    def asked(self) -> Asked:
        """What is kept of it."""
        return Asked(asker=self.asker, surface=self.surface)

    @property
    def public(self) -> bool:
        """Whether others read the answer."""
        return self.notes.style.public

    @property
    def here(self) -> ReplyTarget:
        """The place as it is now: without its thread, where that turned out to be gone."""
        return replace(self.place, thread_ts="") if self.reply.thread_gone else self.place

    @property
    def destination(self) -> Destination:
        """Where the answer goes that comes later: the thread of all who read, else the person."""
        place, team = self.here, self.asker.team
        if place.thread_ts and self.row in {Row.PUBLIC, Row.DIRECT}:
            return Destination(team=team, channel=place.channel, thread=place.thread_ts)
        return Destination(team=team, channel=self.asker.user)


class RequestFactory:
    """Makes the question of each way in."""

    def __init__(self, *, languages: Languages, styles: Styles, replies: Replies) -> None:
        self._languages = languages
        self._styles = styles
        self._replies = replies

    async def private(
        self,
        asker: Asker,
        surface: Surface,
        place: ReplyTarget,
        *,
        command: str,
        name: str = "",
        trigger_id: str = "",
    ) -> Request:
        """A question that only the asker sees answered, in their own language."""
        notes = Notes(await self.personal_style(asker), command)
        return Request(
            asker=asker,
            surface=surface,
            place=place,
            name=name,
            reply=self._replies.privately(place),
            notes=notes,
            private_notes=notes,
            trigger_id=trigger_id,
        )

    async def in_thread(
        self,
        asker: Asker,
        surface: Surface,
        place: ReplyTarget,
        *,
        command: str,
        late: bool = False,
        trigger_id: str = "",
    ) -> Request:
        """A question that is answered in its thread, for all to see, in the channel's language."""
        private_notes = Notes(await self.personal_style(asker), command)
        notes = Notes(await self.public_style(asker), command)
        return Request(
            asker=asker,
            surface=surface,
            place=place,
            name="",
            reply=self._replies.in_thread(
                place, hint=private_notes.invite_me(), gone=private_notes.thread_gone()
            ),
            notes=notes,
            private_notes=private_notes,
            late=late,
            row=Row.PUBLIC,
            trigger_id=trigger_id,
        )

    async def direct(
        self, asker: Asker, place: ReplyTarget, *, command: str, late: bool = False
    ) -> Request:
        """A question in the conversation with the bot: in a thread, but nobody else reads it."""
        notes = Notes(await self.personal_style(asker), command)
        return Request(
            asker=asker,
            surface=Surface.DIRECT_MESSAGE,
            place=place,
            name="",
            reply=self._replies.in_thread(place),
            notes=notes,
            private_notes=notes,
            late=late,
            row=Row.DIRECT,
        )

    async def clicked(
        self,
        asker: Asker,
        place: ReplyTarget,
        *,
        command: str,
        name: str,
        row: Row,
        in_place: bool,
        shared_by: str = "",
    ) -> Request:
        """A click on a card: answered in the card's place, or to the one who clicked.

        `row` are the buttons of that card; they tell who reads it. `shared_by` is the name of who
        shared it, which the card that replaces it says again.
        """
        private_notes = Notes(await self.personal_style(asker), command)
        on_public = in_place and row is Row.PUBLIC
        notes = private_notes
        if on_public:
            style = await self.public_style(asker)
            notes = Notes(style.shared(shared_by), command)
        reply = self._replies.in_place_of(place) if in_place else self._replies.beside(place)
        return Request(
            asker=asker,
            surface=Surface.BUTTON,
            place=place,
            name=name,
            reply=reply,
            notes=notes,
            private_notes=private_notes,
            row=row,
            quiet=not in_place,
        )

    async def in_modal(
        self,
        asker: Asker,
        surface: Surface,
        place: ReplyTarget,
        *,
        notes: Notes,
        modal: OpenModal,
    ) -> Request:
        """A question that is answered in the open modal."""
        return Request(
            asker=asker,
            surface=surface,
            place=place,
            name="",
            reply=self._replies.in_modal(place, modal),
            notes=notes,
            private_notes=notes,
            row=Row.MODAL,
        )

    async def clicked_in_view(
        self, asker: Asker, place: ReplyTarget, *, command: str, name: str, view: OpenView
    ) -> Request:
        """A click on a card in a modal: answered there."""
        notes = Notes(await self.personal_style(asker), command)
        return Request(
            asker=asker,
            surface=Surface.BUTTON,
            place=place,
            name=name,
            reply=self._replies.in_view(place, view),
            notes=notes,
            private_notes=notes,
            row=Row.MODAL,
        )

    async def personal_style(self, asker: Asker) -> CardStyle:
        """For what this person alone reads."""
        return self._styles.private(await self._languages.of_person(asker.team, asker.user))

    async def public_style(self, asker: Asker) -> CardStyle:
        """For what everybody in the channel reads."""
        catalog = await self._languages.of_channel(asker.team, asker.channel)
        return self._styles.private(catalog).shared("")
