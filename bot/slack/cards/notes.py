"""The messages without a look-up: phrases by name, in the language of their readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.access import Refusal
from bot.domain.input.message_id import IdProblem
from bot.domain.input.query import BadWord, LookUp, Query
from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import Message, code_span, context, escape, note, visible
from bot.slack.blocks.style import CardStyle

_MODAL_ERROR_LIMIT: Final = 150


class Notes:
    """The notes in one style, for one command name.

    Attributes:
        style: the language, and who reads them.
        command: the slash command's name.
    """

    def __init__(self, style: CardStyle, command: str) -> None:
        self.style = style
        self.command = command

    def say(self, name: str, **values: object) -> str:
        """Return a phrase; untrusted values must be escaped already."""
        return self.style.catalog.say(name, command=code_span(self.command), **values)

    def note(self, title: str, *paragraphs: str, **values: object) -> Message:
        """Make a note of these phrases."""
        texts = (self.say(name, **values) for name in paragraphs)
        return note(self.say(title, **values), *texts)

    def titled(self, name: str, **values: object) -> Message:
        """Make a note of one phrase, with its title."""
        return self.note(f"{name}_title", name, **values)

    def hint(self, name: str) -> Message:
        """Make a message of one phrase in small print."""
        phrase = self.say(name)
        return Message(text=phrase, blocks=(context([phrase]),))

    def usage(self) -> Message:
        """Show how to ask, for a question without ids or a command."""
        return self.note("help.usage_title", "help.usage", "problem.where_to_find")

    def refused(self, reason: Refusal) -> Message:
        """Show why the asker has no access, and whom to ask for it."""
        why = self.say(f"refusal.{reason.value}")
        return note(self.say("refusal.title"), why, self.whom_to_ask())

    def whom_to_ask(self) -> str:
        """Name the configured contact, if any; a sentence of mrkdwn."""
        contact = self.style.contacts.bot
        if not contact:
            return self.say("refusal.ask")
        return self.say("refusal.ask_contact", contact=escape(contact))

    def bad_words(self, query: LookUp) -> list[str]:
        """List the words that were left out of a look-up, and why; lines of mrkdwn."""
        lines = []
        if query.bad_words:
            lines.append(self.say("problem.title", count=len(query.bad_words)))
            lines += [f"• {self._bad_word(bad)}" for bad in query.bad_words]
            lines.append(self.say("problem.where_to_find"))
            lines += self._force(query.bad_words)
        if query.prefix_cut:
            lines.append(self.say("problem.prefix_cut"))
        return lines

    def nothing_valid(self, query: LookUp) -> Message:
        """Show that no word of the question can be an IDMSG."""
        title, *lines = self.bad_words(query)
        return note(title, "\n".join(lines))

    def modal_problem(self, query: Query) -> str:
        """The error below the field of the modal; empty if there is no error."""
        match query:
            case LookUp() if query.bad_words:
                words = ", ".join(visible(bad.word) for bad in query.bad_words)
                problem = self.say(f"problem.{query.bad_words[0].problem.value}")
                return shorten(f"{words}: {problem}", _MODAL_ERROR_LIMIT)
            case LookUp():
                return ""
            case _:
                return self.say("modal.empty")

    def _bad_word(self, bad: BadWord) -> str:
        problem = self.say(f"problem.{bad.problem.value}")
        return self.say("problem.line", word=code_span(bad.word), problem=problem)

    def _force(self, bad_words: Sequence[BadWord]) -> Iterator[str]:
        """How to look up digits that look like a phone number, with those digits."""
        phone = next((bad.word for bad in bad_words if bad.problem is IdProblem.PHONE), "")
        digits = "".join(re.findall("[0-9]", phone))
        if digits:
            yield self.say("problem.force", example=digits)
