"""The messages without a look-up: notes in the language of their readers, and definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.access import Refusal
from bot.domain.input.message_id import IdProblem
from bot.domain.input.query import LookUp, Query, TooMany
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Kind
from bot.domain.texts.dictionary import Definition, Found
from bot.slack.blocks.block_kit import (
    Message,
    code_span,
    context,
    escape,
    header,
    message,
    note,
    section,
    visible,
)
from bot.slack.blocks.style import CardStyle

_SHOWN_IN_MODAL: Final = 60
_BESIDE_IDS: Final = frozenset({IdProblem.UNLIKE, IdProblem.RANGES})
# Their codes are words of the program, and tell people nothing.
_NAMED: Final = frozenset({Kind.OUTCOME, Kind.ERROR})


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
            lines.append(self.say("problem.title"))
            for bad in query.bad_words:
                problem = self.say(f"problem.{bad.problem.value}")
                line = self.say("problem.line", word=code_span(bad.word), problem=problem)
                lines.append(f"• {line}")
            lines.append(self.say("problem.where_to_find"))
            if example := next((bad.forceable for bad in query.bad_words if bad.forceable), ""):
                lines.append(self.say("problem.force", example=code_span(example)))
        if query.prefix_cut:
            lines.append(self.say("problem.prefix_cut"))
        return lines

    def nothing_valid(self, query: LookUp) -> Message:
        """Show that no word of the question can be an IDMSG."""
        title, *lines = self.bad_words(query)
        if all(bad.problem is IdProblem.PHONE for bad in query.bad_words):
            title = self.say("first.phone")
        return note(title, "\n".join(lines))

    def modal_problem(self, query: Query) -> str:
        """The error below the field of the modal; empty if there is no error."""
        if not isinstance(query, LookUp):
            return "" if isinstance(query, TooMany) else self.say("modal.empty")
        # A word beside ids is left out, and the card says so.
        bad_words = [bad for bad in query.bad_words if bad.problem not in _BESIDE_IDS]
        if not bad_words:
            return ""
        words = shorten(", ".join(visible(bad.word) for bad in bad_words), _SHOWN_IN_MODAL)
        problem = self.say(f"problem.{bad_words[0].problem.value}")
        return f"{words}: {problem} {self.say('problem.where_to_find').replace('`', '')}"


def definitions_card(found: Found, notes: Notes, *, assumed: bool = False) -> Message:
    """Make the card for the best of the definitions found, with a line for each other one.

    Args:
        found: the term and its definitions.
        notes: the language.
        assumed: the user did not type `explain`; add how to look a number up as an IDMSG.
    """
    if not found.term:
        return notes.titled("explain.usage")
    if not found.definitions:
        return _nothing_found(found, notes)
    best, *others = found.definitions
    title, advice = _title(best, notes), f"*{best.entry.advice}*"
    meaning = " ".join(filter(None, (best.remark, best.entry.meaning)))
    blocks = [header(title), section(f"{meaning}\n{advice}"), context(_origin(best, notes))]
    if others:
        lines = (f"• {escape(_title(one, notes))}" for one in others)
        blocks.append(section("\n".join((notes.say("explain.others"), *lines))))
    if assumed and found.term.isdecimal():
        blocks.append(context([notes.say("explain.assumed", term=code_span(found.term))]))
    return message(escape(title), blocks)


def _nothing_found(found: Found, notes: Notes) -> Message:
    words = ", ".join(f"`{word}`" for word in found.nearest)
    return note(
        notes.say("explain.nothing_title", term=visible(found.term)),
        notes.say("explain.nearest", words=words) if words else "",
        notes.say("explain.nothing"),
    )


def _title(definition: Definition, notes: Notes) -> str:
    code = visible(definition.code)
    if definition.headline:
        return notes.say("explain.result", code=code, headline=definition.headline)
    if definition.entry.kind in _NAMED:
        return definition.heading
    return notes.say("explain.text", code=code, title=definition.entry.title)


def _origin(definition: Definition, notes: Notes) -> Iterator[str]:
    entry = definition.entry
    code = entry.code if definition.headline else definition.code
    code = "" if entry.kind in _NAMED else f"{code} {entry.phrase}"
    yield f"{notes.say(f'kind.{entry.kind.value}')} {code}".strip()
    if entry.source:
        yield entry.source
