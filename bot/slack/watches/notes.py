"""What a person is told about their watches: begun, already there, no room, given up; the list.

For that person alone, so ids stand in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.jobs.watch import Watch
from bot.domain.jobs.watchable import NotWatchable, why_not_watchable
from bot.services.answers import Answer
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import Block, Message, code_span, context, note, section
from bot.slack.blocks.readers import is_direct
from bot.slack.blocks.style import CardStyle
from bot.slack.watches.buttons import CANCEL_ACTION, cancel_button, controls

# A message holds 50 blocks; who has more watches than these cancels some, and sees the next.
_MOST_LISTED: Final = 20


class WatchNotes:
    """The notes in one language, for one command name (as mrkdwn)."""

    def __init__(self, style: CardStyle, command: str) -> None:
        self._style = style
        self._catalog = style.catalog
        self._command = command

    def started(
        self,
        outcomes: Sequence[StartOutcome],
        user: str,
        hindered: Sequence[Answer] = (),
        *,
        limit: timedelta | None = None,
    ) -> Message:
        """What became of each call that was to be watched.

        Args:
            outcomes: of those that may get a status yet.
            user: who reads it.
            hindered: the others.
            limit: what the person has just chosen, so that it is not offered again.
        """
        begun = [one.watch for one in outcomes if isinstance(one, Started)]
        lines = [*(self._outcome(one, user) for one in outcomes), *self.hindrances(hindered)]
        told = note(self._title(outcomes, len(begun)), "\n".join(lines))
        if not begun:
            return told
        small = context([self._say("watch.limit_is_told")])
        buttons = controls(begun, self._catalog, limit)
        return Message(text=told.text, blocks=(*told.blocks, buttons, small))

    def hindrances(self, answers: Sequence[Answer]) -> Iterator[str]:
        """Why some calls are not watched; lines of mrkdwn."""
        for answer in answers:
            why = why_not_watchable(answer.finding)
            if why is not None:
                idmsg = code_span(answer.message_id.value)
                yield self._say(f"watch.hindered.{why.value}", idmsg=idmsg)

    def remarks(self, answers: Sequence[Answer]) -> Iterator[str]:
        """Why none of them is watched; lines of mrkdwn for the card that shows them."""
        reasons = {why_not_watchable(answer.finding) for answer in answers}
        for why in NotWatchable:
            if why in reasons:
                yield self._say(f"watch.needless.{why.value}")

    def stopped(self, given_up: Sequence[Watch]) -> Message:
        """They will not be told; or all of them were over before."""
        if not given_up:
            return note(self._say("watch.over_title"), self._say("watch.over"))
        ids = ", ".join(f"`{code_span(watch.message_id.value)}`" for watch in given_up)
        return note(
            self._say("watch.stopped_title", count=len(given_up)),
            self._say("watch.stopped", ids=ids),
        )

    def not_kept(self) -> Message:
        """The database is away."""
        return note(self._say("watch.not_kept_title"), self._say("watch.not_kept"))

    def listed(self, watches: Sequence[Watch], told: Message | None = None) -> Message:
        """All that a person waits for, each with a button to give it up.

        Args:
            watches: the oldest first.
            told: what has just become of one of them.
        """
        before = told.blocks if told is not None else ()
        if not watches:
            shown = note(self._say("watches.none_title"), self._say("watches.none"))
        else:
            title = note(self._say("watches.title"))
            rows = self.rows(watches[:_MOST_LISTED], CANCEL_ACTION)
            shown = Message(
                text=title.text, blocks=(*title.blocks, *rows, *self.more(watches, _MOST_LISTED))
            )
        return Message(text=told.text if told else shown.text, blocks=(*before, *shown.blocks))

    def rows(self, watches: Sequence[Watch], action: str) -> Iterator[Block]:
        """One section for each watch, with its button."""
        for watch in watches:
            button = cancel_button(watch, self._catalog, action)
            yield section(self._line(watch)) | {"accessory": button}

    def more(self, watches: Sequence[Watch], shown: int) -> Iterator[Block]:
        """How many are not shown."""
        if len(watches) > shown:
            yield context([self._say("watches.more", count=len(watches) - shown)])

    def _line(self, watch: Watch) -> str:
        place = watch.destination
        if is_direct(place.channel):
            where = self._say("watches.to_you")
        else:
            where = self._say("watches.to_thread", channel=place.channel)
        return self._say(
            "watches.line",
            idmsg=code_span(watch.message_id.value),
            since=self._style.moment(watch.started_at),
            until=self._style.moment(watch.expires_at),
            where=where,
        )

    def _title(self, outcomes: Sequence[StartOutcome], begun: int) -> str:
        if begun:
            return self._say("watch.title", count=begun)
        if any(isinstance(one, AlreadyWatched) for one in outcomes):
            return self._say("watch.already_title")
        return self._say("watch.no_room_title")

    def _outcome(self, outcome: StartOutcome, user: str) -> str:
        if isinstance(outcome, NoRoom):
            idmsg = code_span(outcome.message_id.value)
            name = f"watch.no_room.{outcome.bound.value}"
            return self._say(name, idmsg=idmsg, most=outcome.most)
        watch = outcome.watch
        in_thread = watch.destination.thread is not None
        values = {
            "idmsg": code_span(watch.message_id.value),
            "where": self._say("watch.in_thread" if in_thread else "watch.directly"),
            "until": self._style.moment(watch.expires_at),
        }
        if isinstance(outcome, Started):
            return self._say("watch.started", **values)
        return self._say("watch.yours" if watch.user == user else "watch.anothers", **values)

    def _say(self, name: str, **values: object) -> str:
        return self._catalog.say(name, command=self._command, **values)
