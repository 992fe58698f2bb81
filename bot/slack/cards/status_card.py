"""The answer to a look-up as a Slack message: verdict, next step, facts, raw result.

Pure functions from answers to blocks, in the order in which an agent needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.call_status import COUNTED, Answer, CallStatus, LookupFailure, Outcome, outcome_key
from bot.domain.texts.catalog import Catalog, Kind, WhoActs
from bot.domain.texts.explanation import Explanation, explain
from bot.slack.blocks.block_kit import (
    Block,
    Element,
    Message,
    bold,
    code,
    context,
    escape,
    header,
    line,
    message,
    moment,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.slack.blocks.style import CardStyle

_REPORTED: Final = frozenset({Outcome.GATEWAY_ERROR, Outcome.UNRECOGNISED, Outcome.LOOKUP_FAILED})


def card(
    answers: Sequence[Answer],
    style: CardStyle,
    notes: Sequence[str] = (),
    row: Block | None = None,
) -> Message:
    """Make a card for one answer, or a compact list for several.

    Args:
        answers: one or more, in the order asked.
        style: the language, and who reads it.
        notes: mrkdwn lines to add, such as words that are not an IDMSG.
        row: buttons below it.
    """
    below = [section("\n".join(notes))] if notes else []
    below += [row] if row is not None else []
    if len(answers) == 1:
        return _single(answers[0], style, below)
    return _several(answers, style, below)


def _single(answer: Answer, style: CardStyle, below: Sequence[Block]) -> Message:
    explanation, say = explain(answer.finding, style.catalog), style.catalog.say
    entry, advice = explanation.entry, _advice(explanation, style)
    idmsg = style.shown_id(answer.message_id)
    text = say("card.text", idmsg=idmsg, headline=explanation.headline, advice=advice)
    meaning = (*_moment(answer, style), entry.meaning, *explanation.remarks)
    next_step = (say("card.next_step", advice=advice), *resolves(entry.who_acts, style))
    blocks = [
        header(_verdict(explanation, style.catalog)),
        section("\n".join(meaning)),
        section("\n".join(next_step)),
        rich_text(line(*_facts(answer, explanation, style))),
        *_report(answer, explanation, style),
        *below,
        context(_small_print([answer], style, entry.source)),
    ]
    return message(text, blocks)


def _moment(answer: Answer, style: CardStyle) -> Iterator[str]:
    """Since when or until when the cause of a failed look-up lasts."""
    finding = answer.finding
    if isinstance(finding, LookupFailure) and finding.moment is not None:
        yield style.catalog.say(f"moment.{finding.error}", when=style.moment(finding.moment))


def _verdict(explanation: Explanation, catalog: Catalog) -> str:
    return f"{catalog.say(f'icon.{explanation.verdict}')} {explanation.headline}"


def _advice(explanation: Explanation, style: CardStyle) -> str:
    """What to do next; an error that the bot reports itself needs no report by the agent."""
    if _is_with_the_admins(explanation, style):
        return style.catalog.say("advice.admins_told")
    return explanation.entry.advice


def _is_with_the_admins(explanation: Explanation, style: CardStyle) -> bool:
    return style.admins_told and explanation.entry.who_acts is WhoActs.BOT_ADMIN


def resolves(who_acts: WhoActs, style: CardStyle) -> Iterator[str]:
    """A line of mrkdwn that names who must act, if someone other than the reader must."""
    if who_acts.is_another:
        yield style.catalog.say("card.resolves", who=escape(who(who_acts, style)))


def who(who_acts: WhoActs, style: CardStyle) -> str:
    """Who must act, with the configured contact."""
    return _with_contact(style.catalog.say(f"who.{who_acts.value}"), who_acts, style)


def _with_contact(name: str, who_acts: WhoActs, style: CardStyle) -> str:
    contact = {WhoActs.BOT_ADMIN: style.contacts.bot, WhoActs.GATEWAY: style.contacts.gateway}.get(
        who_acts
    )
    return style.catalog.say("who.with_contact", who=name, contact=contact) if contact else name


def _facts(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[Element]:
    start = ""
    for name, value in _named_facts(answer, explanation, style):
        yield bold(f"{start}{style.catalog.say(name)}  ")
        yield value
        start = "\n"


def _named_facts(
    answer: Answer, explanation: Explanation, style: CardStyle
) -> Iterator[tuple[str, Element]]:
    yield "card.idmsg", code(style.shown_id(answer.message_id))
    finding, catalog = answer.finding, style.catalog
    if isinstance(finding, LookupFailure):
        yield "card.error_code", plain(_error_code(finding))
        return
    if finding.duration is not None:
        yield "card.duration", plain(catalog.writing.duration(finding.duration))
    if finding.sip_code is not None:
        phrase = catalog.sip(finding.sip_code).phrase
        yield "card.sip_code", plain(f"{finding.sip_code} {phrase}".strip())
    if finding.gateway_code is not None:
        yield "card.gateway_code", plain(f"{finding.gateway_code}: {explanation.entry.title}")
    yield "card.raw", code(style.shown_raw(finding.raw) or " ")


def _error_code(failure: LookupFailure) -> str:
    return f"{failure.error} ({failure.detail})" if failure.detail else failure.error


def _report(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[Block]:
    """A report to copy for those who must act, with all the facts they need."""
    if answer.finding.outcome not in _REPORTED or _is_with_the_admins(explanation, style):
        return
    contact = addressee(explanation, style)
    if not contact:
        return
    finding, say = answer.finding, style.catalog.say
    facts = {
        "contact": contact,
        "reason": explanation.entry.title,
        "idmsg": style.shown_id(answer.message_id),
        "when": style.when(answer),
    }
    if isinstance(finding, LookupFailure):
        report = say("report.lookup_failed", code=_error_code(finding), **facts)
    else:
        said = finding.gateway_code
        name = "report.unrecognised" if said is None else "report.gateway_error"
        report = say(name, code=said, raw=style.shown_raw(finding.raw), **facts)
    yield to_copy(report.strip(), contact, style)


def to_copy(text: str, contact: str, style: CardStyle) -> Block:
    """A box with a text to copy, and whom it is for."""
    title = bold(style.catalog.say("card.copy_for", contact=contact))
    return rich_text(line(title), preformatted(text))


def addressee(explanation: Explanation, style: CardStyle) -> str:
    """Whom the report is for; empty if it would help no one."""
    if named := explanation.entry.contact:
        return " / ".join(filter(None, (named, style.contacts.gateway)))
    who_acts = explanation.entry.who_acts
    if who_acts is WhoActs.AGENT and explanation.entry.kind is Kind.GATEWAY:
        # The gateway does not know the IDMSG that the agent has; the sender has the right one.
        who_acts = WhoActs.SENDER
    if not who_acts.is_another:
        return ""
    return _with_contact(style.catalog.say(f"addressee.{who_acts.value}"), who_acts, style)


def _small_print(answers: Sequence[Answer], style: CardStyle, source: str = "") -> Iterator[str]:
    say = style.catalog.say
    latest = max(answers, key=lambda answer: answer.checked_at)
    when = moment(int(latest.checked_at.timestamp()), style.when(latest))
    # Of a list, only some may come from the cache.
    cached = latest.from_cache and len(answers) == 1
    yield say("card.checked_before" if cached else "card.checked", when=when)
    if source:
        yield say("card.source", source=source)
    if any(answer.sandbox for answer in answers):
        yield f"*{say('card.sandbox')}*"
    if style.shared_by:
        yield say("card.shared_by", user=escape(style.shared_by))


def _several(answers: Sequence[Answer], style: CardStyle, below: Sequence[Block]) -> Message:
    say = style.catalog.say
    counts = Counter(outcome_key(answer.finding) for answer in answers)
    title = say("list.title", count=len(answers))
    summary = ", ".join(
        say(f"count.{name}", count=counts[name]) for name in COUNTED if counts[name]
    )
    blocks = [
        header(f"{title}: {summary}"),
        *(_row(answer, explain(answer.finding, style.catalog), style) for answer in answers),
        *below,
        context(_small_print(answers, style)),
    ]
    return message(say("list.text", title=title, summary=summary), blocks)


def _row(answer: Answer, explanation: Explanation, style: CardStyle) -> Block:
    advice = style.catalog.say("list.line", advice=_advice(explanation, style))
    parts = [
        code(style.shown_id(answer.message_id)),
        bold(f"  {_verdict(explanation, style.catalog)}"),
        plain(f"\n{advice}"),
    ]
    if isinstance(answer.finding, CallStatus):
        parts += [plain("  "), code(style.shown_raw(answer.finding.raw) or " ")]
    return rich_text(line(*parts))
