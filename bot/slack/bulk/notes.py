"""What a person is told about their lists, beside the cards; for that person alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.blocks.readers import is_direct
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.buttons import open_row


class BulkNotes:
    """The notes in one language, for one command name (as mrkdwn)."""

    def __init__(self, style: CardStyle, command: str) -> None:
        self._style = style
        self._command = command

    def ask(self) -> Message:
        """How a list is given, with the button that opens the form."""
        said = note(self._say("bulk.note.ask_title"), self._say("bulk.note.ask"))
        return self.with_button(said)

    def with_button(
        self, told: Message, ids: Sequence[MessageId] = (), *, only_for: str = ""
    ) -> Message:
        """Another note with the button that opens the form, filled in with these ids.

        Args:
            told: the other note.
            ids: what the button carries.
            only_for: the Slack id of the one person who sees the button; empty for all.
        """
        row = open_row(self._style.catalog, ids, only_for=only_for)
        return Message(text=told.text, blocks=(*told.blocks, row))

    def begun(self, bulk: Bulk) -> Message:
        """It is at work; where it will be heard of."""
        channel = bulk.destination.channel
        if is_direct(channel):
            where = self._say("bulk.note.directly")
        elif bulk.destination.thread is not None:
            where = self._say("bulk.note.in_thread", channel=code_span(channel))
        else:
            where = self._say("bulk.note.in_channel", channel=code_span(channel))
        return note(self._say("bulk.note.begun_title"), self._say("bulk.note.begun", where=where))

    def no_room(self, most: int) -> Message:
        """So many lists are open already."""
        return note(
            self._say("bulk.note.no_room_title"), self._say("bulk.note.no_room", count=most)
        )

    def no_room_for_all(self) -> Message:
        """Everybody's lists together are as many as can be open."""
        return note(self._say("bulk.note.no_room_title_all"), self._say("bulk.note.no_room_all"))

    def not_kept(self) -> Message:
        """The database is away."""
        return note(self._say("bulk.note.not_kept_title"), self._say("bulk.note.not_kept"))

    def stopping(self) -> Message:
        """What is under way ends, then comes the report."""
        return note(self._say("bulk.note.stopping_title"), self._say("bulk.note.stopping"))

    def over(self) -> Message:
        """There is nothing to stop any more."""
        return note(self._say("bulk.note.over_title"), self._say("bulk.note.over"))

    def not_yours(self) -> Message:
        """Somebody else began it, or it is gone."""
        return note(self._say("bulk.note.not_yours_title"), self._say("bulk.note.not_yours"))

    def none_pending(self) -> Message:
        """There is nothing to watch."""
        return note(self._say("bulk.note.none_pending_title"), self._say("bulk.note.none_pending"))

    def watching(self, outcomes: Sequence[StartOutcome]) -> Message:
        """How many are watched from now on, how many were before, how many are not."""
        begun = sum(isinstance(one, Started) for one in outcomes)
        if not begun and any(isinstance(one, NoRoom) for one in outcomes):
            title = self._say("bulk.note.watching_none_title")
        else:
            title = self._say("bulk.note.watching_title", count=begun)
        return note(title, "\n".join(self._watched(outcomes, begun)))

    def _watched(self, outcomes: Sequence[StartOutcome], begun: int) -> Iterator[str]:
        before = sum(isinstance(one, AlreadyWatched) for one in outcomes)
        refused = len(outcomes) - begun - before
        if begun:
            yield self._say("bulk.note.watching")
        if before:
            yield self._say("bulk.note.watched_before", count=before)
        if refused:
            yield self._say("bulk.note.not_watched", count=refused)

    def _say(self, name: str, **values: object) -> str:
        return self._style.catalog.say(name, command=self._command, **values)
