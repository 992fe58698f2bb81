"""The commands that look up no call: help, explain, language, whoami, health."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain.access import Asker, Refusal
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.query import MAX_IDS, Command, DidYouMean, Run
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import Found, find
from bot.services.languages import Languages, NotChosen
from bot.services.lookup import LookupService
from bot.slack.blocks.block_kit import Message, code_span, escape, note, visible
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.definitions import definitions_card
from bot.slack.cards.notes import Notes
from bot.slack.replies.requests import Request

_LISTED: Final = (
    *("look_up", "share", "watch", "watches", "bulk", "explain", "lang", "whoami", "health"),
)


class CommandHandler:
    """Answers commands."""

    def __init__(self, *, lookups: LookupService, languages: Languages) -> None:
        self._lookups = lookups
        self._languages = languages

    async def run(self, run: Run, request: Request) -> Message:
        """Answer one command."""
        notes = request.notes
        match run.command:
            case Command.EXPLAIN:
                return definitions_card(self._find(run, notes), notes, assumed=run.assumed)
            case Command.LANGUAGE:
                return await self._language(run.argument, request)
            case Command.WHOAMI:
                reason = self._lookups.refusal(request.asker)
                admin = self._lookups.is_admin(request.asker)
                return whoami_note(request.asker, reason, notes, admin=admin)
            case Command.HEALTH:
                return health_note(self._lookups.health, notes.style)
            case _:
                return help_note(notes)

    def _find(self, run: Run, notes: Notes) -> Found:
        if not run.argument:
            return Found(term="")
        return find(run.argument, notes.style.catalog, self._languages.all())

    async def _language(self, argument: str, request: Request) -> Message:
        asker, notes = request.asker, request.notes
        words = argument.split()
        if not words or words[0].lower() not in {"channel", "canal"}:
            choosing = self._languages.choose(asker.team, asker.user, argument)
            return await _chosen(choosing, argument, notes)
        if not self._lookups.is_admin(asker):
            return admins_only(notes)
        wanted = " ".join(words[1:])
        choosing = self._languages.choose_for_channel(asker.team, asker.channel, wanted)
        return await _chosen(choosing, wanted or "?", notes, for_channel=True)


async def _chosen(
    choosing: Awaitable[Catalog | NotChosen],
    wanted: str,
    notes: Notes,
    *,
    for_channel: bool = False,
) -> Message:
    """Store a choice and report the result, in the new language if it is the asker's own."""
    chosen = await choosing
    if chosen is NotChosen.UNKNOWN:
        return notes.note("language.unknown" if wanted else "language.current")
    if chosen is NotChosen.NOT_KEPT:
        return notes.note("language.not_kept", "language.still")
    if for_channel:
        return channel_language(chosen, notes)
    return Notes(replace(notes.style, catalog=chosen), notes.command).note("language.chosen")


def admins_only(notes: Notes) -> Message:
    """The note that only admins may change this setting."""
    return note(notes.say("language.admins_only"), notes.whom_to_ask())


def channel_language(chosen: Catalog, notes: Notes) -> Message:
    """The note that confirms the language of a channel."""
    return notes.note("language.channel_chosen", language=chosen.say("language.own_name"))


def help_note(notes: Notes) -> Message:
    """List all commands, where to find an IDMSG, and how to change the language."""
    lines = [notes.say(f"help.{name}", limit=MAX_IDS) for name in _LISTED]
    contact = notes.style.contacts.bot
    return note(
        notes.say("help.title"),
        notes.say("help.intro"),
        "\n".join(f"• {line}" for line in lines),
        notes.say("help.where", where_to_find=notes.say("problem.where_to_find")),
        small=[
            notes.say("help.other_language"),
            *([notes.say("help.contact", contact=escape(contact))] if contact else []),
        ],
    )


def whoami_note(asker: Asker, reason: Refusal | None, notes: Notes, *, admin: bool) -> Message:
    """Show what the asker may do here, and why."""
    if reason is None:
        may = notes.say("whoami.allowed")
    else:
        refused = notes.say("whoami.refused", reason=notes.say(f"refusal.{reason.value}"))
        may = f"{refused} {notes.whom_to_ask()}"
    who, where = code_span(asker.user), code_span(asker.channel)
    return note(
        notes.say("whoami.title"),
        may,
        notes.say("whoami.admin" if admin else "whoami.not_admin"),
        small=[notes.say("whoami.identity", user=who, channel=where)],
    )


def did_you_mean(slip: DidYouMean, notes: Notes) -> Message:
    """Suggest a command for a word that is nearly one."""
    word, suggestion = code_span(slip.word), code_span(slip.suggestion)
    return note(
        notes.say("did_you_mean.title", suggestion=visible(slip.suggestion)),
        notes.say("did_you_mean.body", word=word, suggestion=suggestion),
    )


def health_note(health: GatewayHealth, style: CardStyle) -> Message:
    """Show when the gateway last answered and failed."""
    lines = "\n".join(_health_lines(health, style))
    return note(style.catalog.say("health.title"), lines)


def _health_lines(health: GatewayHealth, style: CardStyle) -> Iterator[str]:
    def dated(name: str, when: datetime | None) -> Iterator[str]:
        if when is not None:
            yield style.catalog.say(f"health.{name}", when=style.moment(when))

    yield from dated("down", health.down_since)
    yield from dated("paused", health.paused_until)
    if health.last_failure is not None and health.last_error is not None:
        reason = style.catalog.error(health.last_error).title
        when = style.moment(health.last_failure)
        yield style.catalog.say("health.bad", when=when, reason=reason)
        yield from dated("since_good", health.last_answer)
        if health.last_answer is None:
            yield from dated("no_good_yet", health.since)
    elif health.last_answer is None:
        yield from dated("never", health.since)
    else:
        yield from dated("good", health.last_answer)
    yield from dated("recovered", health.recovered_at if health.down_since is None else None)
