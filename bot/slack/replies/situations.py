"""Payloads read as situations, one function for each way to ask; `None` ignores the payload."""

from __future__ import annotations

from collections.abc import Callable

from bot.services.records import Surface
from bot.slack.blocks.payload import first_action, first_word, part
from bot.slack.blocks.style import Audience, is_direct
from bot.slack.cards.buttons import audience_of
from bot.slack.cards.modals import origin_of
from bot.slack.replies.routes import Body, Route, Situation


def mention(body: Body) -> Situation | None:
    """A mention; in a direct message Slack also sends `message.im`."""
    event = part(body, "event")
    if event.get("bot_id") or is_direct(str(event.get("channel", ""))):
        return None
    return _in_thread(event, Surface.MENTION, Audience.PUBLIC)


def direct_message(body: Body) -> Situation | None:
    """A message of a user to the bot, neither an edit nor a deletion."""
    event = part(body, "event")
    is_question = event.get("subtype") in {None, "file_share"} and not event.get("bot_id")
    if event.get("channel_type") != "im" or not is_question:
        return None
    return _in_thread(event, Surface.DIRECT_MESSAGE, Audience.DIRECT)


def about_message(body: Body) -> Situation:
    """The shortcut on a message."""
    return _in_thread(part(body, "message"), Surface.MESSAGE_SHORTCUT, Audience.PUBLIC)


def _in_thread(message: Body, surface: Surface, audience: Audience) -> Situation:
    """Answer a message in its thread, or start one."""
    return Situation(
        surface=surface,
        audience=audience,
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
    """A button on a card, answered as `how` says; in a modal the answer replaces the content."""
    container = part(body, "container")
    if container.get("type") == "view":
        return Situation(surface=Surface.BUTTON, audience=Audience.MODAL)
    audience, shared_by = audience_of(first_action(body).get("block_id"))
    if audience is not Audience.DIRECT:
        # A card counts as public unless it is certain that one user alone sees it.
        private = bool(container.get("is_ephemeral")) or audience is Audience.PRIVATE
        audience = Audience.PRIVATE if private else Audience.PUBLIC
    return Situation(surface=Surface.BUTTON, audience=audience, click=how, shared_by=shared_by)


def by(surface: Surface) -> Callable[[Body], Situation]:
    """Read any payload as a question whose answer is for the asker only."""
    return lambda _: Situation(surface=surface)


def home_opened(body: Body) -> Situation | None:
    """The App Home; Slack sends the same event for the messages tab."""
    is_home = part(body, "event").get("tab", "home") == "home"
    return Situation(surface=Surface.HOME) if is_home else None


def value_on(body: Body) -> object:
    """The value of the button that was clicked."""
    return first_action(body).get("value")
