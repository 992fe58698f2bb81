"""Every message that is no look-up: help, explanations of codes, refusals, what was wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.access import Asker, Refusal
from bot.domain.input.message_id import IdProblem
from bot.domain.input.query import MAX_IDS, BadWord, DidYouMean, LookUp, Query, TooMany
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import Definition, Found
from bot.slack.blocks.block_kit import (
    Block,
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
from bot.slack.cards.status_card import resolves

_MOST_DEFINITIONS: Final = 5
_MODAL_ERROR_LIMIT: Final = 150
_COMMANDS: Final = (
    "look_up",
    "share",
    "watch",
    "watches",
    "bulk",
    "explain",
    "lang",
    "whoami",
    "health",
)


class Notes:
    """The notes in one language, for one command name."""

    def __init__(self, style: CardStyle, command: str) -> None:
        self.style = style
        self._catalog = style.catalog
        self._command = code_span(command)

    @property
    def command(self) -> str:
        """The command's name as mrkdwn."""
        return self._command

    def speaking(self, style: CardStyle) -> Notes:
        """The same notes in another style."""
        return Notes(style, self._command)

    def help(self) -> Message:
        """All commands, where an IDMSG is found, and the way to the other language."""
        lines = [self._say(f"help.{name}", limit=MAX_IDS) for name in _COMMANDS]
        where = self._say("help.where", where_to_find=self._say("problem.where_to_find"))
        return note(
            self._say("help.title"),
            self._say("help.intro"),
            "\n".join(f"• {line}" for line in lines),
            where,
            small=[self._say("help.other_language"), *self._contact()],
        )

    def usage(self) -> Message:
        """For somebody who typed nothing that can be answered."""
        return note(
            self._say("help.usage_title"),
            self._say("help.usage"),
            self._say("problem.where_to_find"),
        )

    def did_you_mean(self, slip: DidYouMean) -> Message:
        """A word that is nearly a command word."""
        return note(
            self._say("did_you_mean.title", suggestion=visible(slip.suggestion)),
            self._say(
                "did_you_mean.body",
                word=code_span(slip.word),
                suggestion=code_span(slip.suggestion),
            ),
        )

    def too_many(self, query: TooMany) -> Message:
        """More ids than one command takes, and the way to do it."""
        return note(
            self._say("too_many.title", limit=query.limit),
            self._say("too_many.body", count=query.count, limit=query.limit),
        )

    def bad_words(self, query: LookUp) -> list[str]:
        """What was left out of a look-up, and why; lines of mrkdwn."""
        if not query.bad_words:
            return [self._say("problem.prefix_cut")] if query.prefix_cut else []
        lines = [self._say("problem.title", count=len(query.bad_words))]
        lines += [f"• {self._bad_word(bad)}" for bad in query.bad_words]
        lines.append(self._say("problem.where_to_find"))
        lines += self._force(query.bad_words)
        if query.prefix_cut:
            lines.append(self._say("problem.prefix_cut"))
        return lines

    def nothing_valid(self, query: LookUp) -> Message:
        """No word of the question can be an IDMSG."""
        title, *lines = self.bad_words(query)
        return note(title, "\n".join(lines))

    def definitions(self, found: Found, *, assumed: bool = False) -> Message:
        """What the dictionary says.

        Args:
            found: what was looked up in it.
            assumed: nobody typed `explain`; say how the same word is looked up as an IDMSG.
        """
        if not found.term:
            return note(self._say("help.usage_title"), self._say("explain.usage"))
        if not found.definitions:
            return self._nothing_found(found)
        shown = found.definitions[:_MOST_DEFINITIONS]
        blocks = [block for definition in shown for block in self._definition(definition)]
        if len(found.definitions) > len(shown):
            blocks.append(context([self._say("explain.more", count=len(shown))]))
        if assumed:
            blocks.append(context([self._say("explain.assumed", term=code_span(found.term))]))
        text = "; ".join(escape(self._title(definition)) for definition in shown)
        return message(text, blocks)

    def refused(self, reason: Refusal) -> Message:
        """Why somebody may not ask, and whom to turn to."""
        return note(
            self._say("refusal.title"), self._say(f"refusal.{reason.value}"), self._whom_to_ask()
        )

    def whoami(self, asker: Asker, reason: Refusal | None, *, admin: bool) -> Message:
        """What somebody may do here, and why."""
        if reason is None:
            may = self._say("whoami.allowed")
        else:
            may = self._say("whoami.refused", reason=self._say(f"refusal.{reason.value}"))
        return note(
            self._say("whoami.title"),
            may if reason is None else f"{may} {self._whom_to_ask()}",
            self._say("whoami.admin" if admin else "whoami.not_admin"),
            small=[
                self._say(
                    "whoami.identity", user=code_span(asker.user), channel=code_span(asker.channel)
                )
            ],
        )

    def language_chosen(self) -> Message:
        """Confirms the language in which this very note is written."""
        return note(self._say("language.chosen"))

    def choice_not_kept(self) -> Message:
        """The database is away; what was chosen before still holds."""
        return note(self._say("language.not_kept"), self._say("language.still"))

    def language_help(self, wanted: str) -> Message:
        """The current language, and how to change it."""
        return note(self._say("language.unknown" if wanted else "language.current"))

    def working(self, count: int) -> Message:
        """The gateway takes its time."""
        return note(self._say("working.title"), self._say("working.text", count=count))

    def shared_already(self) -> Message:
        """A second click on the same button."""
        return note(self._say("working.shared_already"))

    def invite_me(self) -> Message:
        """How to get answers that all can see, where the bot is no member."""
        hint = self._say("hint.invite")
        return Message(text=hint, blocks=(context([hint]),))

    def thread_gone(self) -> Message:
        """Why an answer that all could see comes to one person: its thread is gone."""
        hint = self._say("hint.thread_gone")
        return Message(text=hint, blocks=(context([hint]),))

    def late_remark(self) -> str:
        """The question is hours old; one line of mrkdwn."""
        return self._say("hint.late")

    def marked_late(self, note: Message) -> Message:
        """Another note, with that remark."""
        remark = self.late_remark()
        return Message(text=f"{note.text} {remark}", blocks=(*note.blocks, context([remark])))

    def admins_only(self) -> Message:
        """For a setting that is an admin's to change."""
        return note(self._say("language.admins_only"), self._whom_to_ask())

    def channel_language_chosen(self, chosen: Catalog) -> Message:
        """Confirms what a channel will read from now on."""
        return note(self._say("language.channel_chosen", language=chosen.say("language.own_name")))

    def modal_problem(self, query: Query) -> str:
        """What is wrong with what was typed into the modal; empty if nothing is."""
        match query:
            case LookUp() if query.bad_words:
                words = ", ".join(visible(bad.word) for bad in query.bad_words)
                problem = self._say(f"problem.{query.bad_words[0].problem.value}")
                return shorten(f"{words}: {problem}", _MODAL_ERROR_LIMIT)
            case LookUp():
                return ""
            case _:
                return self._say("modal.empty")

    def shared(self, remarks: Sequence[str]) -> Message:
        """The answer went to the channel; what only the asker should read comes with it."""
        return note("\n".join((self._say("working.shared"), *remarks)))

    def broken(self, reference: str) -> Message:
        """A fault of this bot's own."""
        return note(self._say("broken.title"), self._say("broken.body", reference=reference))

    def closing(self) -> Message:
        """The bot ends before it could answer."""
        return note(self._say("broken.title"), self._say("broken.closing"))

    def _say(self, name: str, **values: object) -> str:
        return self._catalog.say(name, command=self._command, **values)

    def _contact(self) -> list[str]:
        contact = self.style.contacts.bot
        return [self._say("help.contact", contact=escape(contact))] if contact else []

    def _whom_to_ask(self) -> str:
        contact = self.style.contacts.bot
        if not contact:
            return self._say("refusal.ask")
        return self._say("refusal.ask_contact", contact=escape(contact))

    def _bad_word(self, bad: BadWord) -> str:
        problem = self._say(f"problem.{bad.problem.value}")
        return self._say("problem.line", word=code_span(bad.word), problem=problem)

    def _force(self, bad_words: Sequence[BadWord]) -> Iterator[str]:
        """How to look up digits that were taken for a phone number: with what was typed."""
        phone = next((bad.word for bad in bad_words if bad.problem is IdProblem.PHONE), "")
        digits = "".join(re.findall("[0-9]", phone))
        if digits:
            yield self._say("problem.force", example=digits)

    def _nothing_found(self, found: Found) -> Message:
        words = ", ".join(f"`{word}`" for word in found.nearest)
        return note(
            self._say("explain.nothing_title", term=visible(found.term)),
            self._say("explain.nearest", words=words) if words else "",
            self._say("explain.nothing"),
        )

    def _definition(self, definition: Definition) -> Iterator[Block]:
        entry = definition.entry
        yield header(self._title(definition))
        yield section(" ".join(filter(None, (definition.remark, entry.meaning))))
        advice = self._say("card.next_step", advice=entry.advice)
        retry = self._say(f"retry.{entry.about}.{entry.retry.value}")
        yield section("\n".join((advice, *resolves(entry.who_acts, self.style), f"{retry}.")))
        yield context(self._origin(definition))

    def _title(self, definition: Definition) -> str:
        code = visible(definition.code)
        if definition.headline:
            return self._say("explain.result", code=code, headline=definition.headline)
        return self._say("explain.text", code=code, title=definition.entry.title)

    def _origin(self, definition: Definition) -> Iterator[str]:
        entry = definition.entry
        kind = self._say(f"kind.{entry.kind.value}")
        code = entry.code if definition.headline else definition.code
        yield f"{kind} {code} {entry.phrase}".strip()
        if entry.source:
            yield self._say("card.source", source=entry.source)
