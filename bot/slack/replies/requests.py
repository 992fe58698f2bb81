"""A question as a value: who asks, where, where the answer is posted, in which language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.domain.access import Asker
from bot.domain.jobs.job import Destination
from bot.services.records import Asked, Surface
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.payload import first_word, part
from bot.slack.blocks.style import Audience
from bot.slack.cards.modals import Origin, origin_of
from bot.slack.cards.notes import Notes
from bot.slack.replies.reply import Reply
from bot.slack.replies.routes import Body, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, where, and where the answer is posted.

    Attributes:
        audience: who reads messages in the place where it was asked.
        body: Slack's payload; it has secrets.
        reply: delivers the answer.
        notes: texts in the language and style of the readers of the answer.
        private_notes: texts in the language and style of the asker.
        late: the question is hours old, and the answer says so.
    """

    asker: Asker
    surface: Surface
    audience: Audience
    body: Body = field(repr=False)
    reply: Reply
    notes: Notes
    private_notes: Notes
    late: bool = False

    @property
    def asked(self) -> Asked:
        """What the records store about it."""
        return Asked(asker=self.asker, surface=self.surface)

    @property
    def name(self) -> str:
        """The asker's name, for a card that others see; empty if Slack sent none."""
        user = part(self.body, "user")
        return first_word(self.body.get("user_name"), user.get("name"), user.get("username"))

    @property
    def destination(self) -> Destination:
        """Where a later answer is posted: a thread that all readers see, else directly."""
        place, team = self.reply.here, self.asker.team
        # Not for a private question: everyone reads what is posted in a thread.
        if place.thread_ts and self.audience in {Audience.PUBLIC, Audience.DIRECT}:
            return Destination(team=team, channel=place.channel, thread=place.thread_ts)
        return Destination(team=team, channel=self.asker.user)

    @property
    def for_asker(self) -> Reply:
        """A reply that only the asker reads, and that replaces no card."""
        clicked = self.surface is Surface.BUTTON and self.audience is not Audience.MODAL
        apart = clicked or self.audience is Audience.PUBLIC
        return self.reply.also(Route.PRIVATE) if apart else self.reply

    @property
    def aside(self) -> Reply:
        """A reply to the asker beside the card; in a modal it replaces the content."""
        if self.audience is Audience.MODAL:
            return self.reply
        if self.audience is Audience.DIRECT and self.surface is not Surface.BUTTON:
            return self.reply.also(Route.CONVERSATION)
        # The card was the first reply, so the thread exists now.
        return self.reply.also(Route.BESIDE, replace(self.reply.here, begins=False))

    @property
    def origin(self) -> Origin:
        """Where a modal that this request opens comes from: as the modal that was used does."""
        view = part(self.body, "view")
        if view.get("type") == "modal":
            return origin_of(view)
        place = self.reply.target
        return Origin(
            surface=self.surface,
            channel=place.channel,
            thread_ts=place.thread_ts,
            begins=place.begins,
        )

    def dated(self, message: Message, notes: Notes) -> Message:
        """Add a remark to the message if the question is hours old."""
        return message.and_then(notes.hint("hint.late")) if self.late else message


def broken(reference: str, notes: Notes) -> Message:
    """The note for an internal error."""
    return notes.note("broken.title", "broken.body", reference=reference)


def closing(notes: Notes) -> Message:
    """The note that the bot shuts down before it could answer."""
    return notes.note("broken.title", "broken.closing")
