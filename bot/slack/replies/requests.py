"""A question as a value: who asks, where, where the answer is posted, in which language."""

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
    """Whether the answer to a click replaces the card, or is posted beside it."""

    IN_PLACE = "in_place"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, where, and where the answer is posted.

    Attributes:
        audience: who reads messages in the place where it was asked.
        name: the asker's name, for a card that others see; empty if Slack sent none.
        reply: delivers the answer.
        replies: makes further replies.
        notes: texts in the language and style of the readers of the answer.
        private_notes: texts in the language and style of the asker.
        late: the question is hours old, and the answer says so.
        quiet: show no "working" note, because the answer could not replace it.
        trigger_id: opens one modal within three seconds; empty if Slack sent none.
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
        """What the records store about it."""
        return Asked(asker=self.asker, surface=self.surface)

    @property
    def here(self) -> ReplyTarget:
        """The place, without its thread if that was found to be deleted."""
        return replace(self.place, thread_ts="") if self.reply.thread_gone else self.place

    @property
    def destination(self) -> Destination:
        """Where a later answer is posted: a thread that all readers see, else directly."""
        place, team = self.here, self.asker.team
        if place.thread_ts and self.audience in {Audience.PUBLIC, Audience.DIRECT}:
            return Destination(team=team, channel=place.channel, thread=place.thread_ts)
        return Destination(team=team, channel=self.asker.user)

    @property
    def for_asker(self) -> Reply:
        """A reply that only the asker reads, and that replaces no card."""
        if self.audience is Audience.MODAL:
            return self.reply
        apart = self.surface is Surface.BUTTON or self.audience is Audience.PUBLIC
        return self.replies.privately(self.place) if apart else self.reply

    @property
    def aside(self) -> Reply:
        """A reply to the asker beside the card; in a modal it replaces the content."""
        if self.audience is Audience.MODAL:
            return self.reply
        if self.audience is Audience.DIRECT and self.surface is not Surface.BUTTON:
            return self.replies.in_thread(self.place)
        # The card was the first reply, so the thread exists now.
        return self.replies.beside(replace(self.here, begins=False))

    @property
    def origin(self) -> Origin:
        """The origin of a modal that this request opens."""
        return Origin(
            surface=self.surface,
            channel=self.place.channel,
            thread_ts=self.place.thread_ts,
            begins=self.place.begins,
        )

    def dated(self, message: Message, notes: Notes) -> Message:
        """Add a remark to the message if the question is hours old."""
        return message.and_then(notes.hint("hint.late")) if self.late else message

    def to_channel(self) -> Reply:
        """A reply to the channel or thread, for a private question."""
        return self.replies.to_channel(self.place, hints(self.private_notes))


class RequestFactory:
    """Makes requests from payloads.

    Args:
        command: the slash command's name, for texts on surfaces whose payload has none.
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
        """Make a request and its reply.

        Args:
            asker: who asks.
            body: Slack's payload.
            surface: where it was asked.
            audience: who reads the answer, or the card that was clicked.
            thread_ts: the thread of the answer, if the payload does not name it.
            begins: that thread has no replies yet.
            ack: acknowledges the submission of the modal.
            click: where the answer to a click is posted.
            shared_by: who shared the card that was clicked; the new card repeats it.
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
        """Report a failed listener to the user, with the number that the log has too."""
        place = place_of(asker, body)
        if not asker.user or ("command" in body and not place.response_url):
            # Slack sends a response URL with every command; without one, send no apology.
            return
        notes = await self.private_notes(asker, body)
        await self._replies.privately(place).show(broken(reference, notes))

    async def private_notes(
        self, asker: Asker, body: Mapping[str, Any], audience: Audience = Audience.PRIVATE
    ) -> Notes:
        """Make the texts that only the asker reads."""
        personal = Audience.PRIVATE if audience is Audience.PUBLIC else audience
        command = first_word(body.get("command"), self._command)
        return Notes(await self._style(asker, personal), command)

    async def _shared(self, asker: Asker, private: Notes, shared_by: str) -> Notes:
        style = await self._style(asker, Audience.PUBLIC)
        return Notes(style.shared(shared_by), private.command)

    async def _style(self, asker: Asker, audience: Audience) -> CardStyle:
        """The style for these readers."""
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
    """The note for an internal error."""
    return notes.note("broken.title", "broken.body", reference=reference)


def closing(notes: Notes) -> Message:
    """The note that the bot shuts down before it could answer."""
    return notes.note("broken.title", "broken.closing")


def hints(notes: Notes) -> Hints:
    """The hints on a public answer that could be shown only to the asker."""
    return Hints(alone=notes.hint("hint.invite"), thread_gone=notes.hint("hint.thread_gone"))


def name_of(body: Mapping[str, Any]) -> str:
    """The asker's name; empty if Slack sent none."""
    user = part(body, "user")
    return first_word(body.get("user_name"), user.get("name"), user.get("username"))


def view_id(body: Mapping[str, Any]) -> str:
    """The id of the modal that was submitted or clicked in."""
    return first_word(part(body, "view").get("id"), part(body, "container").get("view_id"))


def place_of(
    asker: Asker, body: Mapping[str, Any], *, thread_ts: str = "", begins: bool = False
) -> ReplyTarget:
    """Where a payload came from."""
    named = (part(body, "event").get("thread_ts"), part(body, "container").get("thread_ts"))
    return ReplyTarget(
        channel=asker.channel,
        user=asker.user,
        response_url=first_word(body.get("response_url")),
        thread_ts=first_word(thread_ts, *named),
        begins=begins,
    )


async def open_modal(slack: SlackClient, request: Request, view: View) -> str | None:
    """Open a modal; return its id, or `None` if its `trigger_id` had expired."""
    opened = await slack.call("views.open", trigger_id=request.trigger_id, view=view)
    return None if opened is None else first_word(part(opened, "view").get("id"))
