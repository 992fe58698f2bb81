"""Questions as values: who asks, from where, how the answer travels, in whose language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bot.domain.access import Asker
from bot.domain.jobs.watch import Destination
from bot.services.records import Asked, Surface
from bot.slack.api.payload import first_word, part
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.style import Audience, AudienceStyles, CardStyle
from bot.slack.cards.modals import Origin
from bot.slack.cards.notes import Notes
from bot.slack.replies.channels import OpenModal, ReplyTarget
from bot.slack.replies.reply import Hints, Replies, Reply

Ack = Callable[..., Awaitable[object]]


class Click(Enum):
    """How a click on a card is answered: in the place of that card, or beside it."""

    IN_PLACE = "in_place"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, from where, and how the answer travels.

    Attributes:
        audience: who reads what stands where it was asked.
        name: the asker's name, for a card that others see; empty where Slack gave none.
        reply: where the answer goes.
        replies: makes further ones.
        notes: every text, in the language and style of those who will read it.
        private_notes: the same for what only the asker should read.
        late: the question is hours old, which is said.
        quiet: no word of the work that goes on, because it could not be taken back.
        trigger_id: opens one form, within three seconds; empty where Slack gave none.
    """

    asker: Asker
    surface: Surface
    place: ReplyTarget
    audience: Audience
    name: str
    reply: Reply
    replies: Replies
    notes: Notes
    private_notes: Notes
    late: bool = False
    quiet: bool = False
    trigger_id: str = ""

    @property
    def asked(self) -> Asked:
        """What is kept of it."""
        return Asked(asker=self.asker, surface=self.surface)

    @property
    def here(self) -> ReplyTarget:
        """The place as it is now: without its thread, where that turned out to be gone."""
        return replace(self.place, thread_ts="") if self.reply.thread_gone else self.place

    @property
    def destination(self) -> Destination:
        """Where the answer goes that comes later: the thread of all who read, else the person."""
        place, team = self.here, self.asker.team
        if place.thread_ts and self.audience in {Audience.PUBLIC, Audience.DIRECT}:
            return Destination(team=team, channel=place.channel, thread=place.thread_ts)
        return Destination(team=team, channel=self.asker.user)

    @property
    def for_asker(self) -> Reply:
        """Where nobody else reads it and no card is replaced: often by a reply of its own."""
        if self.audience is Audience.MODAL:
            return self.reply
        apart = self.surface is Surface.BUTTON or self.audience is Audience.PUBLIC
        return self.replies.privately(self.place) if apart else self.reply

    @property
    def aside(self) -> Reply:
        """Beside the card, for the asker alone; in the place of it where there is one place."""
        if self.audience is Audience.MODAL:
            return self.reply
        if self.audience is Audience.DIRECT and self.surface is not Surface.BUTTON:
            return self.replies.in_thread(self.place)
        # By now the card has begun the thread, if nothing had before.
        return self.replies.beside(replace(self.here, begins=False))

    @property
    def origin(self) -> Origin:
        """The same for a modal that is opened from here."""
        return Origin(
            surface=self.surface,
            channel=self.place.channel,
            thread_ts=self.place.thread_ts,
            begins=self.place.begins,
        )

    def dated(self, message: Message, notes: Notes) -> Message:
        """The message, with a remark in the language of these notes where the question is old."""
        return message.and_then(notes.hint("hint.late")) if self.late else message

    def to_channel(self) -> Reply:
        """For all in its channel or thread, although it was asked privately."""
        return self.replies.to_channel(self.place, hints(self.private_notes))


class RequestFactory:
    """Makes requests of what Slack sent.

    Args:
        command: the slash command's name, for texts on surfaces where Slack does not give it.
    """

    def __init__(self, *, styles: AudienceStyles, replies: Replies, command: str) -> None:
        self._styles = styles
        self._replies = replies
        self._command = command

    async def make(
        self,
        asker: Asker,
        body: Mapping[str, Any],
        surface: Surface,
        audience: Audience = Audience.PRIVATE,
        *,
        thread_ts: str = "",
        begins: bool = False,
        ack: Ack | None = None,
        click: Click | None = None,
        shared_by: str = "",
    ) -> Request:
        """A request, with the way of its answer.

        Args:
            asker: who asks.
            body: what Slack sent.
            surface: where it was asked.
            audience: who reads the answer; in a modal that is open, or the card that was clicked.
            thread_ts: the thread of the answer, where Slack does not name it.
            begins: that thread has no replies yet.
            ack: acknowledges the submission of the modal.
            click: how a click is answered.
            shared_by: who shared the card that was clicked, which the next card says again.
        """
        place = place_of(asker, body, thread_ts=thread_ts, begins=begins)
        private = await self.private_notes(asker, body, audience)
        public = audience is Audience.PUBLIC and click is not Click.BESIDE
        notes = await self._shared(asker, private, shared_by) if public else private
        modal = OpenModal(id=view_id(body), catalog=private.style.catalog, ack=ack)
        return Request(
            asker=asker,
            surface=surface,
            place=place,
            audience=audience,
            name=name_of(body),
            reply=self._reply(place, audience, click, private, modal),
            replies=self._replies,
            notes=notes,
            private_notes=private,
            quiet=click is Click.BESIDE,
            trigger_id=first_word(body.get("trigger_id")),
        )

    async def apologise(self, asker: Asker, body: Mapping[str, Any], reference: str) -> None:
        """Say that a listener broke, and a number that is in the log beside the traceback."""
        place = place_of(asker, body)
        if not asker.user or ("command" in body and not place.response_url):
            # Slack gives every command a response URL; who sent one without is not known.
            return
        notes = await self.private_notes(asker, body)
        await self._replies.privately(place).show(broken(reference, notes))

    async def private_notes(
        self, asker: Asker, body: Mapping[str, Any], audience: Audience = Audience.PRIVATE
    ) -> Notes:
        """What only the asker should read."""
        personal = Audience.PRIVATE if audience is Audience.PUBLIC else audience
        command = first_word(body.get("command"), self._command)
        return Notes(await self._style(asker, personal), command)

    async def _shared(self, asker: Asker, private: Notes, shared_by: str) -> Notes:
        style = await self._style(asker, Audience.PUBLIC)
        return Notes(style.shared(shared_by), private.command)

    async def _style(self, asker: Asker, audience: Audience) -> CardStyle:
        """For these readers of what is said to the asker."""
        return await self._styles.of(
            audience, team=asker.team, channel=asker.channel, person=asker.user
        )

    def _reply(
        self,
        place: ReplyTarget,
        audience: Audience,
        click: Click | None,
        private: Notes,
        modal: OpenModal,
    ) -> Reply:
        if audience is Audience.MODAL:
            return self._replies.in_modal(place, modal)
        if click is Click.IN_PLACE:
            return self._replies.in_place_of(place)
        if click is Click.BESIDE:
            return self._replies.beside(place)
        if audience is Audience.PRIVATE:
            return self._replies.privately(place)
        public = audience is Audience.PUBLIC
        return self._replies.in_thread(place, hints(private) if public else None)


def broken(reference: str, notes: Notes) -> Message:
    """A fault of this bot's own."""
    return notes.note("broken.title", "broken.body", reference=reference)


def closing(notes: Notes) -> Message:
    """The bot ends before it could answer."""
    return notes.note("broken.title", "broken.closing")


def hints(notes: Notes) -> Hints:
    """What goes with an answer for others that only the asker can be shown."""
    return Hints(alone=notes.hint("hint.invite"), thread_gone=notes.hint("hint.thread_gone"))


def name_of(body: Mapping[str, Any]) -> str:
    """The asker's name; empty where Slack gave none."""
    user = part(body, "user")
    return first_word(body.get("user_name"), user.get("name"), user.get("username"))


def view_id(body: Mapping[str, Any]) -> str:
    """The modal that was submitted, or in which a button was pressed."""
    return first_word(part(body, "view").get("id"), part(body, "container").get("view_id"))


def place_of(
    asker: Asker, body: Mapping[str, Any], *, thread_ts: str = "", begins: bool = False
) -> ReplyTarget:
    """Where something was asked."""
    named = (part(body, "event").get("thread_ts"), part(body, "container").get("thread_ts"))
    return ReplyTarget(
        channel=asker.channel,
        user=asker.user,
        response_url=first_word(body.get("response_url")),
        thread_ts=first_word(thread_ts, *named),
        begins=begins,
    )


async def open_modal(slack: SlackClient, request: Request, view: View) -> str | None:
    """Open a modal; its id, or `None` where Slack opened none within its three seconds."""
    opened = await slack.call("views.open", trigger_id=request.trigger_id, view=view)
    return None if opened is None else first_word(part(opened, "view").get("id"))
