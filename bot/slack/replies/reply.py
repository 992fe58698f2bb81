"""One answer, and the attempts that deliver it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Any

import structlog

from bot.domain.jobs.job import PostedCard
from bot.slack.api.calls import GoneError, SlackError
from bot.slack.api.posted import card_of
from bot.slack.api.web_client import SlackClient, Tries
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.payload import first_word, part
from bot.slack.cards.controls import answer
from bot.slack.cards.notes import Notes
from bot.slack.replies.routes import (
    ATTEMPTS,
    Attempt,
    ReplyTarget,
    Route,
    ephemeral_arguments,
    hint_after,
    last_resort,
    post_arguments,
    url_body,
)

_log = structlog.get_logger(__name__)


class Reply:
    """One answer; each message that it shows replaces the previous one.

    Args:
        slack: the Web API client.
        route: whom it is for.
        target: what Slack sent to answer with.
        notes: texts for the asker: the title of a modal, and the hint on a public answer that only
            the asker can be shown.
    """

    def __init__(self, slack: SlackClient, route: Route, target: ReplyTarget, notes: Notes) -> None:
        self.route = route
        self.target = target
        self._slack = slack
        self._notes = notes
        self._used: Attempt | None = None
        self._posted: PostedCard | None = None
        self._thread_gone = False
        self._tries = Tries()
        # Why the bot could not post it for all to see.
        self._refusal: SlackError | None = None
        # On the monotonic clock; 0.0 before the acknowledgement.
        self._acknowledged_at = 0.0
        self._lost = False

    @property
    def as_wanted(self) -> bool:
        """Whether the last message reached its intended readers, not only the asker."""
        return self._used is not None and not last_resort(self.route, self._used)

    @property
    def in_use(self) -> bool:
        """Whether a message was shown already."""
        return self._used is not None

    @property
    def here(self) -> ReplyTarget:
        """The target, without its thread if that was found to be deleted."""
        return replace(self.target, thread_ts="") if self._thread_gone else self.target

    @property
    def posted(self) -> PostedCard | None:
        """The last message, if the bot posted it, so that it can update it at any time."""
        return self._posted if self._used in {Attempt.POST, Attempt.DIRECT} else None

    def also(self, route: Route, target: ReplyTarget | None = None) -> Reply:
        """Make another reply to the same question."""
        return Reply(self._slack, route, target or self.target, self._notes)

    async def open_modal(self, view: View, method: str = "views.open") -> str | None:
        """Open a modal, or push it over another one with `views.push`.

        Returns its id, or `None` if there is no `trigger_id` or it has expired.
        """
        trigger_id = self.target.trigger_id
        if not trigger_id:
            return None
        view = self._slack.seal.on_view(view)
        opened = await self._slack.call(method, trigger_id=trigger_id, view=view)
        return None if opened is None else first_word(part(opened, "view").get("id"))

    async def update_modal(self, view: View, view_id: str = "") -> bool:
        """Replace a modal, or the one that was used; return whether Slack accepted it."""
        view_id, view = view_id or self.target.view_id, self._slack.seal.on_view(view)
        return await self._slack.call("views.update", view_id=view_id, view=view) is not None

    async def acknowledge(self, **response: Any) -> bool:
        """Acknowledge the submission of a modal; return whether that was still due."""
        if self.target.ack is None or self._acknowledged_at:
            return False
        if "view" in response:
            response["view"] = self._slack.seal.on_view(response["view"])
        await self.target.ack(**response)
        self._acknowledged_at = monotonic()
        return True

    async def show(self, message: Message, *, passing: bool = False) -> bool:
        """Show the message with the first attempt that Slack accepts; return whether one was.

        If all of them are refused and one only temporarily, they are retried, unless the message is
        `passing`, because the answer replaces it soon. A passing message also ends the attempts if
        the first one timed out: it may have arrived, and would show twice.
        """
        message = self._slack.seal.on_message(message)
        shown = await self._shown(message, passing=passing)
        if passing or shown:
            return shown
        if await self._slack.reopened() and await self._shown(message):
            return True
        # Once for one answer, however often its messages are lost.
        if not self._lost:
            _log.error("an answer was lost: every attempt failed")
            self._slack.undelivered("answer")
        self._lost = True
        return False

    async def _shown(self, message: Message, *, passing: bool = False) -> bool:
        # First the attempt that delivered the previous message, because only it can replace that.
        if self._used is not None and await self._by(self._used, message, first=False):
            return True
        for attempt in ATTEMPTS[self.route]:
            began = monotonic()
            if await self._by(attempt, message, first=True):
                self._used = attempt
                return True
            if passing and monotonic() - began >= self._slack.timing.doubtful:
                return False
        return False

    async def _by(self, attempt: Attempt, message: Message, *, first: bool) -> bool:
        if last_resort(self.route, attempt):
            why = "hint.thread_gone" if self._thread_gone else hint_after(self._refusal)
            message = message.and_then(self._notes.hint(why))
        replaces = not (first or self.route is Route.BESIDE)
        match attempt:
            case Attempt.MODAL:
                return await self._in_modal(message, first=first)
            case Attempt.PUSH:
                return await self._over_modal(message)
            case Attempt.EPHEMERAL:
                return await self._ephemeral(message)
            case Attempt.POST | Attempt.DIRECT if replaces:
                return await self._update(message)
            case Attempt.POST | Attempt.DIRECT:
                return await self._post(attempt, message)
            case _:
                return await self._by_url(attempt, message, replaces=replaces)

    async def _by_url(self, attempt: Attempt, message: Message, *, replaces: bool) -> bool:
        url = self.target.response_url
        if not url or (attempt is Attempt.URL_IN_CHANNEL and not await self._has_thread()):
            return False
        replaces = replaces or attempt is Attempt.URL_ORIGINAL
        body = url_body(attempt, self.here, message, replaces=replaces)
        return await self._slack.post(url, body, self._tries)

    async def _has_thread(self) -> bool:
        """Whether the thread for a public message still exists.

        Slack answers a post to a response URL only with `ok`, so the thread is checked first.
        """
        if not self._thread_gone:
            channel, thread_ts = self.target.channel, self.target.thread_ts
            self._thread_gone = not await self._slack.threads.exists(channel, thread_ts)
        return not self._thread_gone

    async def _ephemeral(self, message: Message) -> bool:
        """Post anew: the Web API has no method to update an ephemeral message."""
        if not self.target.channel:
            return False
        arguments = ephemeral_arguments(self.here, message)
        return await self._slack.call("chat.postEphemeral", self._tries, **arguments) is not None

    async def _update(self, message: Message) -> bool:
        card = self._posted
        if card is None:
            return False
        where = {"channel": card.channel, "ts": card.ts}
        return (
            await self._slack.call("chat.update", self._tries, **where, **message.body) is not None
        )

    async def _post(self, attempt: Attempt, message: Message) -> bool:
        if attempt is Attempt.POST and self._thread_gone:
            # Slack would post it into the channel itself, for everyone to read.
            return False
        arguments = post_arguments(attempt, self.target, message)
        sent = await self._slack.call("chat.postMessage", self._tries, **arguments)
        if sent is None:
            self._refusal = self._tries.refusal
            self._thread_gone |= isinstance(self._refusal, GoneError)
            return False
        if not await self._slack.threads.landed(arguments, sent):
            self._thread_gone = True
            return False
        self._posted = card_of(sent)
        return True

    async def _over_modal(self, message: Message) -> bool:
        """Push it over the modal that was clicked in; in its place if Slack refuses that."""
        if not self.target.view_id:
            return False
        view = answer(self._notes.style.catalog, message)
        return await self.open_modal(view, "views.push") is not None or await self.update_modal(
            view
        )

    async def _in_modal(self, message: Message, *, first: bool) -> bool:
        """Show it in the acknowledgement if one is due, then by views.update.

        If an update reached Slack before the acknowledgement, the acknowledgement would overwrite
        it. https://docs.slack.dev/surfaces/modals
        """
        view = answer(self._notes.style.catalog, message)
        if self.target.ack is not None and first:
            return await self.acknowledge(response_action="update", view=view)
        await asyncio.sleep(self._acknowledged_at + self._slack.timing.modal_ack - monotonic())
        return await self.update_modal(view)


async def close_or_show(reply: Reply, message: Message) -> bool:
    """Close the form that was submitted, unless it is closed; without one, show the message.

    Slack closes a form only in the acknowledgement of its submission.
    """
    if reply.target.ack is None:
        return await reply.show(message)
    return await reply.acknowledge(response_action="clear")
