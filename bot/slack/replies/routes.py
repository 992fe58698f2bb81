"""The route of an answer: where it is posted, and what is tried next if Slack refuses it there.

A `response_url` is trusted because Slack signed the request that contained it. It takes five posts
within 30 minutes, and works in channels that the bot is not a member of.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bot.domain.access import Asker
from bot.services.records import Surface
from bot.slack.api.calls import NotMemberError, PlaceRefusedError, SlackError
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message
from bot.slack.blocks.payload import first_word, part
from bot.slack.blocks.style import Audience

Body = Mapping[str, Any]
Ack = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReplyTarget:
    """What Slack sent to answer with. No repr, because the response URL is a secret.

    Attributes:
        response_url: empty if Slack sent none.
        thread_ts: the thread, or the message that would start one; empty outside of threads.
        begins: that message has no replies yet. Slack shows an ephemeral message in a thread only
            if the thread exists.
        trigger_id: opens one modal within three seconds; empty if Slack sent none.
        view_id: the modal that was submitted or clicked in.
        ack: acknowledges its submission; unused if nothing was submitted.
    """

    channel: str
    user: str
    response_url: str = ""
    thread_ts: str = ""
    begins: bool = False
    trigger_id: str = ""
    view_id: str = ""
    ack: Ack | None = None

    @property
    def seen_thread_ts(self) -> str:
        """The thread that can show an ephemeral message; empty if it does not exist yet."""
        return "" if self.begins else self.thread_ts


class Attempt(Enum):
    """One way to deliver a message."""

    # By response URL; these two values are its `response_type`.
    URL = "ephemeral"
    URL_IN_CHANNEL = "in_channel"
    URL_ORIGINAL = "in place of the message whose button was clicked"
    EPHEMERAL = "a message that only one member of the channel sees"
    POST = "a message of the bot in the channel or thread"
    DIRECT = "a message of the bot to the user"
    MODAL = "in the open modal"
    PUSH = "in a modal over the one that was clicked in"


class Route(Enum):
    """Whom an answer is for."""

    PRIVATE = "the asker only"
    # `replace_original` would replace the card, because it means the message with the button.
    BESIDE = "the user who clicked, without replacing the card"
    IN_PLACE = "the readers of the card that was clicked, in place of it"
    SHARED = "the channel or thread of a private question"
    THREAD = "the thread"
    CONVERSATION = "the direct messages of one user, or the thread there in which they asked"
    DIRECT = "one user, in a direct message"
    MODAL = "the user with the open modal"


_TO_ASKER: Final = (Attempt.URL, Attempt.EPHEMERAL, Attempt.DIRECT)
_TO_THREAD: Final = (Attempt.POST, Attempt.URL_IN_CHANNEL, *_TO_ASKER)
ATTEMPTS: Final = {
    Route.PRIVATE: _TO_ASKER,
    Route.BESIDE: (Attempt.PUSH, *_TO_ASKER),
    Route.IN_PLACE: (Attempt.URL_ORIGINAL, *_TO_ASKER),
    # Without `_TO_ASKER`: the response URL and the channel have just refused the card.
    Route.SHARED: (Attempt.URL_IN_CHANNEL, Attempt.POST, Attempt.DIRECT),
    Route.THREAD: _TO_THREAD,
    Route.CONVERSATION: _TO_THREAD,
    Route.DIRECT: (Attempt.DIRECT,),
    # The user may have closed the modal.
    Route.MODAL: (Attempt.MODAL, Attempt.DIRECT),
}
_ROUTES: Final = {
    Audience.PRIVATE: Route.PRIVATE,
    Audience.DIRECT: Route.CONVERSATION,
    Audience.PUBLIC: Route.THREAD,
    Audience.MODAL: Route.MODAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How something was asked, as read from a payload.

    Attributes:
        audience: who reads the answer, or the card that was clicked.
        click: where the answer to a click on a card is posted; `None` for anything else.
        thread_ts: the thread of the answer, if the payload does not name it.
        begins: that thread has no replies yet.
        shared_by: who shared the card that was clicked; the new card repeats it.
    """

    surface: Surface
    audience: Audience = Audience.PRIVATE
    click: Route | None = None
    thread_ts: str = ""
    begins: bool = False
    shared_by: str = ""

    @property
    def route(self) -> Route:
        """Where the answer goes."""
        return self.click or _ROUTES[self.audience]


def target_of(
    asker: Asker, body: Body, situation: Situation | None = None, ack: Ack | None = None
) -> ReplyTarget:
    """Read where a payload can be answered."""
    container = part(body, "container")
    named = (part(body, "event").get("thread_ts"), container.get("thread_ts"))
    return ReplyTarget(
        # An offer may be clicked elsewhere than where its list was found.
        channel=first_word(container.get("channel_id"), asker.channel),
        user=asker.user,
        response_url=first_word(body.get("response_url")),
        thread_ts=first_word(situation and situation.thread_ts, *named),
        begins=situation is not None and situation.begins,
        trigger_id=first_word(body.get("trigger_id")),
        view_id=first_word(part(body, "view").get("id"), container.get("view_id")),
        ack=ack,
    )


def last_resort(route: Route, attempt: Attempt) -> bool:
    """Whether it reaches only the asker, although others should read the answer."""
    return route in {Route.SHARED, Route.THREAD} and attempt in _TO_ASKER


def hint_after(refusal: SlackError | None) -> str:
    """The phrase that hints why an answer for others reaches only the asker, by Slack's word."""
    if isinstance(refusal, NotMemberError):
        return "hint.invite"
    if isinstance(refusal, PlaceRefusedError):
        archived = refusal.reason.endswith("is_archived")
        return "hint.archived" if archived else "hint.closed"
    limited = refusal is not None and refusal.retry_after is not None
    return "hint.busy" if limited else "hint.not_taken"


def url_body(
    attempt: Attempt, target: ReplyTarget, message: Message, *, replaces: bool
) -> dict[str, Any]:
    """The body of a post to the response URL."""
    # The message is ephemeral if it is for the asker only.
    thread_ts = target.seen_thread_ts if attempt is Attempt.URL else target.thread_ts
    body = message.body | _in_thread(thread_ts)
    if attempt is not Attempt.URL_ORIGINAL:
        body["response_type"] = attempt.value
    if replaces or attempt is Attempt.URL_IN_CHANNEL:
        body["replace_original"] = replaces
    return body


def ephemeral_arguments(target: ReplyTarget, message: Message) -> dict[str, Any]:
    """The arguments of chat.postEphemeral."""
    where = {"channel": target.channel, "user": target.user}
    return where | _in_thread(target.seen_thread_ts) | message.body


def post_arguments(attempt: Attempt, target: ReplyTarget, message: Message) -> dict[str, Any]:
    """The arguments of chat.postMessage, for the channel or thread, or for the user."""
    where = {"channel": target.user}
    if attempt is Attempt.POST:
        where = {"channel": target.channel} | _in_thread(target.thread_ts)
    return where | message.body | NO_PREVIEWS


def _in_thread(thread_ts: str) -> dict[str, str]:
    return {"thread_ts": thread_ts} if thread_ts else {}
