"""The slash command: what a person types, and the message that answers it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.dictionary import Found, find
from bot.domain.query import Command, DidYouMean, LookUp, Nothing, Run, TooMany, parse_query
from bot.services.answers import Answer
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.slack.block_kit import Message
from bot.slack.cards import card
from bot.slack.mrkdwn import plain_text
from bot.slack.notes import Notes
from bot.slack.replies import Place, Replies
from bot.slack.style import Styles
from bot.slack.work import OngoingWork, ack_first

# After this long without an answer the person is told that work is going on.
PATIENCE_SECONDS: Final = 1.0

_ANY_COMMAND: Final = re.compile(r"/.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One typed command: who asks where, and the notes in their language."""

    asker: Asker
    name: str
    team: str
    place: Place
    notes: Notes


class CommandListener:
    """Answers `/voicestatus …`, whatever name the command was given in the manifest."""

    def __init__(
        self,
        *,
        lookups: LookupService,
        languages: Languages,
        styles: Styles,
        replies: Replies,
        work: OngoingWork,
    ) -> None:
        self._lookups = lookups
        self._languages = languages
        self._styles = styles
        self._replies = replies
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Bind the listener. The manifest routes no other command here, so any name is ours."""
        app.command(_ANY_COMMAND, middleware=[ack_first])(self.on_command)

    async def on_command(self, command: dict[str, Any]) -> None:
        """Answer one command; its acknowledgement has already left."""
        self._work.enlist()
        question = self._question(command)
        query = parse_query(plain_text(str(command.get("text") or "")))
        if isinstance(query, LookUp):
            await self._look_up(query, question)
        else:
            await self._replies.to_person(question.place, self._answer(query, question))

    def _question(self, command: Mapping[str, Any]) -> Question:
        user, channel = str(command.get("user_id", "")), str(command.get("channel_id", ""))
        team = str(command.get("team_id", ""))
        style = self._styles.private(self._languages.catalog_for(team, user))
        return Question(
            asker=Asker(user=user, channel=channel),
            name=str(command.get("user_name") or user),
            team=team,
            place=Place(
                response_url=str(command.get("response_url", "")), channel=channel, user=user
            ),
            notes=Notes(style, str(command.get("command", ""))),
        )

    def _answer(self, query: TooMany | DidYouMean | Run | Nothing, question: Question) -> Message:
        match query:
            case TooMany():
                return question.notes.too_many(query)
            case DidYouMean():
                return question.notes.did_you_mean(query)
            case Nothing():
                return question.notes.usage()
            case Run():
                return self._run(query, question)

    def _run(self, run: Run, question: Question) -> Message:
        notes = question.notes
        match run.command:
            case Command.EXPLAIN:
                return notes.definitions(self._find(run.argument, question))
            case Command.LANGUAGE:
                return self._language(run.argument, question)
            case Command.WHOAMI:
                reason = self._lookups.refusal(question.asker)
                admin = self._lookups.is_admin(question.asker)
                return notes.whoami(question.asker, reason, admin=admin)
            case Command.HEALTH:
                return notes.health(self._lookups.health)
            case Command.WATCHES:
                return notes.cannot_watch()
            case _:
                return notes.help()

    def _find(self, term: str, question: Question) -> Found:
        catalog = self._languages.catalog_for(question.team, question.asker.user)
        return find(term, catalog) if term else Found(term="")

    def _language(self, wanted: str, question: Question) -> Message:
        chosen = self._languages.choose(question.team, question.asker.user, wanted)
        if chosen is None:
            return question.notes.language_help(wanted)
        return question.notes.speaking(self._styles.private(chosen)).language_chosen()

    async def _look_up(self, query: LookUp, question: Question) -> None:
        refused = self._lookups.admit(question.asker)
        if refused is not None:
            await self._replies.to_person(question.place, question.notes.refused(refused))
        elif not query.ids:
            await self._replies.to_person(question.place, question.notes.nothing_valid(query))
        else:
            await self._ask_and_answer(query, question)

    async def _ask_and_answer(self, query: LookUp, question: Question) -> None:
        lookup = asyncio.ensure_future(self._lookups.look_up(query.ids))
        waiting = False
        try:
            done, _ = await asyncio.wait({lookup}, timeout=PATIENCE_SECONDS)
            if not done:
                waiting = True
                working = question.notes.working(len(query.ids))
                await self._replies.to_person(question.place, working)
            answers = await lookup
        except asyncio.CancelledError:
            lookup.cancel()
            await self._replies.to_person(question.place, question.notes.closing(), replace=waiting)
            raise
        await self._show(answers, query, question, replace=waiting)

    async def _show(
        self, answers: tuple[Answer, ...], query: LookUp, question: Question, *, replace: bool
    ) -> None:
        notes = question.notes
        remarks = notes.bad_words(query)
        if query.watch:
            remarks.append(notes.watch_remark())
        if not query.share:
            message = card(answers, notes.style, remarks)
            await self._replies.to_person(question.place, message, replace=replace)
            return
        if replace or remarks:
            # First, because it may take the place of this URL's last message, whichever that is.
            await self._replies.to_person(question.place, notes.shared(remarks), replace=replace)
        style = self._styles.private(self._languages.public_catalog())
        shared = card(answers, style.shared(question.name))
        await self._replies.to_channel(question.place, shared)
