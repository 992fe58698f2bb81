"""What users read after a question: cards of look-ups, and notes that need no look-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.domain.access import Asker, Refusal
from bot.domain.call_status import Answer
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.query import MAX_IDS, DidYouMean, Nothing, Run, TooMany
from bot.domain.jobs.job import PostedCard
from bot.domain.jobs.watch import why_not_watchable
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import find, terms
from bot.services.languages import NotChosen
from bot.slack.api.posted import card_of
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    actions,
    button,
    code_span,
    escape,
    note,
    visible,
)
from bot.slack.blocks.payload import part
from bot.slack.blocks.style import Audience, CardStyle
from bot.slack.bulk.buttons import open_button
from bot.slack.bulk.notes import too_many
from bot.slack.cards.controls import ASK_ACTION, seen_by
from bot.slack.cards.notes import Notes, definitions_card

# So many characters of a word in a title.
_SHOWN: Final = 40
_WAYS: Final = ("menu", "form", "list", "direct")
_LISTED: Final = ("look_up", "watches", "explain", "lang", "health")
# What is said after something else than a question about a call.
_THEN: Final = {
    **dict.fromkeys(("thanks", "fine"), "first.next"),
    **{name: f"first.{name}_how" for name in ("watch", "share")},
}


def may_change(answers: Sequence[Answer]) -> bool:
    """Whether one of the calls may still get a status."""
    return any(why_not_watchable(answer.finding) is None for answer in answers)


def posted_card(body: Mapping[str, Any]) -> PostedCard | None:
    """The card whose button was clicked, if it is a message that the bot can update later."""
    container = part(body, "container")
    if container.get("type") != "message" or container.get("is_ephemeral"):
        return None
    return card_of({"channel": container.get("channel_id"), "ts": container.get("message_ts")})


def reply_to(query: TooMany | DidYouMean | Nothing, notes: Notes, reader: str) -> Message:
    """Answer what is neither a look-up nor a command; only `reader` sees the buttons, if any."""
    match query:
        case TooMany():
            return too_many(query, notes, reader)
        case DidYouMean():
            return did_you_mean(query, notes)
        case Nothing():
            return first_answer(notes, query, reader)


def first_answer(notes: Notes, query: Nothing | None = None, reader: str = "") -> Message:
    """Answer a greeting, thanks, or whatever else names no call, with how to ask."""
    intent, word = (query.intent, query.said) if query else ("", "")
    title = f"first.{intent}" if intent else "help.usage_title"
    if intent in _THEN:
        names = {name: notes.say(f"button.{name}") for name in ("watch", "share")}
        return notes.note(title, _THEN[intent], **names)
    if not intent and word.isupper() and len(word.split()) == 1:
        title = "help.no_id_title"
    usage = "help.usage_directly" if notes.style.audience is Audience.DIRECT else "help.usage"
    how = (usage, "problem.where_to_find")
    how = how[::-1] if intent in {"idmsg", "phone"} else how
    asked = notes.note(title, *how, word=visible(shorten(word.strip(), _SHOWN)))
    return asked.followed_by(ask_row(notes.style, reader))


def ask_row(style: CardStyle, reader: str) -> Block:
    """Make the buttons that open the forms; on a public message only `reader` sees them."""
    ask = button(ASK_ACTION, style.catalog.say("home.ask"), style="primary")
    both = (ask, open_button(style.catalog))
    return actions("ask_row", [seen_by(reader, one, style) for one in both])


def definition_note(run: Run, notes: Notes, catalogs: Iterable[Catalog]) -> Message:
    """Explain codes or a word."""
    found = [find(one, notes.style.catalog, catalogs) for one in terms(run.argument)]
    first, *others = (
        definitions_card(one, notes, assumed=run.assumed and one is found[-1]) for one in found
    )
    return first.followed_by(*(block for one in others for block in one.blocks))


def language_note(
    chosen: Catalog | NotChosen, wanted: str, notes: Notes, *, for_channel: bool = False
) -> Message:
    """Report the result of a choice, in the new language if it is the asker's own."""
    # Without a wanted language, the user asks which one is in use.
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


def help_note(notes: Notes, reader: str = "") -> Message:
    """List the ways to ask, those without a command first, and how to change the language."""
    say, contact = notes.say, notes.style.contacts.bot
    labels = {
        "menu": say("manifest.message_shortcut"),
        "ask": say("home.ask"),
        "open": say("bulk.note.open"),
        "limit": MAX_IDS,
    }
    ways, commands = (
        "\n".join(f"• {say(f'help.{name}', **labels)}" for name in names)
        for names in (_WAYS, _LISTED)
    )
    small = [say("help.other_language")]
    small += [say("help.contact", contact=escape(contact))] if contact else []
    intro = f"{say('help.intro')} {say('problem.where_to_find')}"
    shown = note(say("help.title"), intro, ways, f"{say('help.commands')}\n{commands}", small=small)
    return shown.followed_by(ask_row(notes.style, reader))


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


def shared_note(remarks: Sequence[str], notes: Notes) -> Message:
    """The note to the asker that the card was shared, with their remarks."""
    return note("\n".join((notes.say("working.shared"), *remarks)))


def did_you_mean(slip: DidYouMean, notes: Notes) -> Message:
    """Suggest a command for a word that is nearly one."""
    word, suggestion = code_span(slip.word), code_span(slip.suggestion)
    return note(
        notes.say("did_you_mean.title", suggestion=visible(slip.suggestion)),
        notes.say("did_you_mean.body", word=word, suggestion=suggestion),
    )


def health_note(
    health: GatewayHealth, style: CardStyle, *, connections: int = 0, others: int = 0
) -> Message:
    """Show when the gateway last answered and failed, and whether other processes answer too.

    Args:
        health: what this process saw of the gateway.
        style: the language, and how moments are written.
        connections: those of this Slack app, as Slack counts them.
        others: how many of them do not belong here.
    """
    say, error = style.catalog.say, health.last_error
    reason = "" if error is None else style.catalog.error(error).title
    known = [(name, style.moment(when)) for name, when in _moments(health) if when is not None]
    lines = [say(f"health.{name}", when=when, reason=reason) for name, when in known]
    if others:
        lines.append(say("health.others", connections=connections, others=others))
    return note(say(f"health.{known[0][0]}_title"), "\n".join(lines))


def _moments(health: GatewayHealth) -> Iterator[tuple[str, datetime | None]]:
    """What to say of it, the verdict first."""
    yield "down", health.down_since
    yield "paused", health.paused_until
    failed = health.last_failure is not None and health.last_error is not None
    if failed:
        yield "bad", health.last_failure
    if health.last_answer is not None:
        yield "since_good" if failed else "good", health.last_answer
    else:
        yield "no_good_yet" if failed else "never", health.since
    if health.down_since is None:
        yield "recovered", health.recovered_at
