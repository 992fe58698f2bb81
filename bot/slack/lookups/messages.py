"""What users read after a question: cards of look-ups, and notes that need no look-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.domain.access import Asker, Refusal
from bot.domain.call_status import Answer, CallStatus, LookupFailure
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.query import MAX_IDS, DidYouMean, Nothing, Run, TooMany
from bot.domain.jobs.job import PostedCard
from bot.domain.jobs.watch import invites_watch, why_not_watchable
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import Found, find
from bot.domain.texts.explanation import customer_reply, explain
from bot.services.languages import NotChosen
from bot.slack.api.posted import card_of
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    bold,
    code,
    code_span,
    escape,
    header,
    line,
    message,
    note,
    plain,
    preformatted,
    rich_text,
    section,
    visible,
)
from bot.slack.blocks.payload import part
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.notes import too_many
from bot.slack.cards.controls import buttons
from bot.slack.cards.notes import Notes, definitions_card
from bot.slack.cards.status_card import card

_LISTED: Final = (
    *("look_up", "share", "watch", "watches", "bulk", "explain", "lang", "whoami", "health"),
)


def card_with_buttons(
    answers: Sequence[Answer], style: CardStyle, reader: str, remarks: Sequence[str]
) -> Message:
    """Make the card of these answers; on a public card only `reader` sees the buttons."""
    ids = [answer.message_id for answer in answers]
    watching = any(invites_watch(answer.finding) for answer in answers)
    return card(answers, style, remarks, buttons(ids, style, reader, watching=watching))


def may_change(answers: Sequence[Answer]) -> bool:
    """Whether one of the calls may still get a status."""
    return any(why_not_watchable(answer.finding) is None for answer in answers)


def posted_card(body: Mapping[str, Any]) -> PostedCard | None:
    """The card whose button was clicked, if it is a message that the bot can update later."""
    container = part(body, "container")
    if container.get("type") != "message" or container.get("is_ephemeral"):
        return None
    return card_of({"channel": container.get("channel_id"), "ts": container.get("message_ts")})


def customer_texts(
    answers: Sequence[Answer], style: CardStyle, catalogs: Sequence[Catalog]
) -> Message:
    """Show texts to copy for the customer, by language, the reader's first; without duplicates."""
    say = style.catalog.say
    blocks: list[Block] = [header(say("customer_card.title")), section(say("customer_card.intro"))]
    for catalog in sorted(catalogs, key=lambda one: one is not style.catalog):
        texts = dict.fromkeys(customer_reply(answer.finding, catalog) for answer in answers)
        label = line(bold(catalog.say("language.own_name")))
        blocks.append(rich_text(label, *(preformatted(text) for text in texts)))
    return message(f"{say('customer_card.title')}. {say('customer_card.intro')}", blocks)


def details(answers: Sequence[Answer], style: CardStyle) -> Message:
    """Show raw result, reason phrase, source, Q.850 cause and time of each call."""
    title = style.catalog.say("details.title")
    blocks = [header(title)]
    for answer in answers:
        elements = [code(style.shown_id(answer.message_id))]
        for label, value in _rows(answer, style):
            elements.append(bold(f"\n{style.catalog.say(f'details.{label}')}  "))
            # Slack rejects an empty text element, and the raw result may be empty.
            elements.append(plain(value or " "))
        blocks.append(rich_text(line(*elements)))
    return message(title, blocks)


def _rows(answer: Answer, style: CardStyle) -> Iterator[tuple[str, str]]:
    finding, catalog = answer.finding, style.catalog
    explanation = explain(finding, catalog)
    if isinstance(finding, LookupFailure):
        yield "error", " ".join(filter(None, (finding.error, finding.detail)))
    else:
        yield "raw", style.shown_raw(finding.raw)
        yield from _sip_rows(finding, catalog)
    yield "retry", catalog.say(f"retry.{explanation.entry.about}.{explanation.entry.retry.value}")
    if explanation.entry.source:
        yield "source", explanation.entry.source
    yield "checked", style.when(answer)


def _sip_rows(status: CallStatus, catalog: Catalog) -> Iterator[tuple[str, str]]:
    if status.sip_code is None:
        return
    entry = catalog.sip(status.sip_code)
    yield "sip", f"{status.sip_code} {entry.phrase}".strip()
    yield "defined", entry.source
    if entry.q850:
        yield "q850", ", ".join(str(cause) for cause in entry.q850)


def reply_to(query: TooMany | DidYouMean | Nothing, notes: Notes, reader: str) -> Message:
    """Answer what is neither a look-up nor a command; only `reader` sees the buttons, if any."""
    match query:
        case TooMany():
            return too_many(query, notes, reader)
        case DidYouMean():
            return did_you_mean(query, notes)
        case Nothing():
            return notes.usage()


def definition_note(run: Run, notes: Notes, catalogs: Iterable[Catalog]) -> Message:
    """Explain a code or a word."""
    found = find(run.argument, notes.style.catalog, catalogs) if run.argument else Found(term="")
    return definitions_card(found, notes, assumed=run.assumed)


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
    lines = [
        say(f"health.{name}", when=style.moment(when), reason=reason)
        for name, when in _moments(health)
        if when is not None
    ]
    if others:
        lines.append(say("health.others", connections=connections, others=others))
    return note(say("health.title"), "\n".join(lines))


def _moments(health: GatewayHealth) -> Iterator[tuple[str, datetime | None]]:
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
