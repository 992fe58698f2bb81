"""A question as a value: who asks, where, where the answer is posted, in which language.

The functions below read Slack's payloads as situations; `None` ignores the payload.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.access import Asker
from bot.domain.jobs.job import Destination
from bot.services.records import Asked, Surface
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.payload import first_action, first_word, part, parts
from bot.slack.blocks.style import Audience, is_direct
from bot.slack.cards.controls import Origin, audience_of, origin_of
from bot.slack.cards.notes import Notes
from bot.slack.inbound.posts import has_words
from bot.slack.replies.reply import Reply
from bot.slack.replies.routes import Body, Route, Situation

_log = structlog.get_logger(__name__)


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
        asker = self.asker
        return Asked(team=asker.team, user=asker.user, channel=asker.channel, surface=self.surface)

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
        # The card, if one was shown, was the first reply, so the thread exists now.
        place = self.reply.here
        begins = place.begins and not self.reply.in_use
        return self.reply.also(Route.BESIDE, replace(place, begins=begins))

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


async def refuse_foreign(request: Request) -> None:
    """Refuse a form or button of another bot, or of this one before its key changed."""
    _log.warning("a form or button was not signed by this bot", user=request.asker.user)
    notes, fields = request.private_notes, parts(part(request.body, "view"), "blocks")
    inputs = [first_word(one.get("block_id")) for one in fields if one.get("type") == "input"]
    # Below the field, so that what was typed can be copied.
    errors = {one: notes.say("outdated.field") for one in inputs[:1]}
    if not errors or not await request.reply.acknowledge(response_action="errors", errors=errors):
        await request.for_asker.show(notes.note("outdated.title", "outdated.text"))


def closing(notes: Notes) -> Message:
    """The note that the bot shuts down before it could answer."""
    return notes.note("broken.title", "broken.closing")


def mention(body: Body) -> Situation | None:
    """A mention; in a direct message Slack also sends `message.im`."""
    event = part(body, "event")
    if is_direct(str(event.get("channel", ""))) or not has_words(event):
        return None
    return _in_thread(event, Surface.MENTION)


def direct_message(body: Body) -> Situation | None:
    """A message of a user to the bot, as it is now; answered in line, or in the thread it is in."""
    event = part(body, "event")
    if event.get("channel_type") != "im" or not has_words(event):
        return None
    thread_ts = first_word(event.get("thread_ts"))
    return Situation(surface=Surface.DIRECT_MESSAGE, audience=Audience.DIRECT, thread_ts=thread_ts)


def about_message(body: Body) -> Situation:
    """The shortcut on a message."""
    return _in_thread(part(body, "message"), Surface.MESSAGE_SHORTCUT)


def _in_thread(message: Body, surface: Surface) -> Situation:
    """Answer a message in its thread, or start one."""
    return Situation(
        surface=surface,
        audience=Audience.PUBLIC,
        thread_ts=first_word(message.get("thread_ts"), message.get("ts")),
        begins=not message.get("thread_ts"),
    )


def submitted(body: Body) -> Situation:
    """The submission of a modal that shows its answer itself."""
    return Situation(surface=origin_of(part(body, "view")).surface, audience=Audience.MODAL)


def submitted_ids(body: Body) -> Situation:
    """The submission of ids, answered in the thread that the modal was opened from, if any."""
    origin = origin_of(part(body, "view"))
    return Situation(
        surface=origin.surface,
        audience=Audience.PUBLIC if origin.thread_ts else Audience.MODAL,
        thread_ts=origin.thread_ts,
        begins=origin.begins,
    )


def click(body: Body, how: Route) -> Situation:
    """A button on a card, answered as `how` says."""
    container = part(body, "container")
    if container.get("type") == "view":
        how = how if how is Route.BESIDE else Route.MODAL
        return Situation(surface=Surface.BUTTON, audience=Audience.MODAL, click=how)
    audience, shared_by = audience_of(first_action(body).get("block_id"))
    if audience is Audience.MODAL:
        # The modal was closed, so its answer was sent directly.
        audience = Audience.DIRECT
    if audience is not Audience.DIRECT:
        # A card counts as public unless it is certain that one user alone sees it.
        private = bool(container.get("is_ephemeral")) or audience is Audience.PRIVATE
        audience = Audience.PRIVATE if private else Audience.PUBLIC
    return Situation(surface=Surface.BUTTON, audience=audience, click=how, shared_by=shared_by)


def by(surface: Surface) -> Callable[[Body], Situation]:
    """Read any payload as a question whose answer is for the asker only."""
    return lambda _: Situation(surface=surface)


def opening(body: Body) -> Situation:
    """The button that opens a form, on the App Home or on a message."""
    return Situation(surface=Surface.HOME if part(body, "view") else Surface.BUTTON)


def home_opened(body: Body) -> Situation | None:
    """The App Home; Slack sends the same event for the messages tab."""
    is_home = part(body, "event").get("tab", "home") == "home"
    return Situation(surface=Surface.HOME) if is_home else None


def value_on(body: Body) -> object:
    """The value of the button that was clicked."""
    return first_action(body).get("value")
