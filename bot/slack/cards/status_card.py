"""The answer to a look-up as a Slack message: verdict, next step, facts, raw result.

Pure functions from answers to blocks, in the order in which an agent needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.answer import COUNTED, Answer, outcome_key
from bot.domain.call_status import CallStatus, Outcome
from bot.domain.texts.catalog import Catalog, WhoActs
from bot.domain.texts.explanation import Explanation, LookupFailure, explain
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
    added = [section("\n".join(notes))] if notes else []
    under = [row] if row is not None else []
    if len(answers) == 1:
        return _single(answers[0], style, added, under)
    return _several(answers, style, added, under)


def _single(
    answer: Answer, style: CardStyle, added: Sequence[Block], under: Sequence[Block]
) -> Message:
    catalog = style.catalog
    explanation = explain(answer.finding, catalog)
    text = catalog.say(
        "card.text",
        idmsg=style.shown_id(answer),
        headline=explanation.headline,
        advice=_advice(explanation, style),
    )
    blocks = [
        header(_verdict(explanation, catalog)),
        section("\n".join((*_moment(answer, style), explanation.meaning, *explanation.remarks))),
        section(_next_step(explanation, style)),
        rich_text(line(*_facts(answer, explanation, style))),
        *_report(answer, explanation, style),
        *added,
        *under,
        context(_small_print(answer, explanation, style)),
    ]
    return message(text, blocks)


def _moment(answer: Answer, style: CardStyle) -> Iterator[str]:
    """Since when or until when the cause of a failed look-up lasts."""
    finding = answer.finding
    if isinstance(finding, LookupFailure) and finding.moment is not None:
        yield style.catalog.say(f"moment.{finding.error}", when=style.moment(finding.moment))


def _verdict(explanation: Explanation, catalog: Catalog) -> str:
    return f"{catalog.say(f'icon.{explanation.verdict}')} {explanation.headline}"


def _next_step(explanation: Explanation, style: CardStyle) -> str:
    advice = style.catalog.say("card.next_step", advice=_advice(explanation, style))
    return "\n".join((advice, *resolves(explanation.who_acts, style)))


def _advice(explanation: Explanation, style: CardStyle) -> str:
    """What to do next; an error that the bot reports itself needs no report by the agent."""
    if _is_with_the_admins(explanation, style):
        return style.catalog.say("advice.admins_told")
    return explanation.advice


def _is_with_the_admins(explanation: Explanation, style: CardStyle) -> bool:
    return style.admins_told and explanation.who_acts is WhoActs.BOT_ADMIN


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
    say = style.catalog.say
    yield bold(f"{say('card.idmsg')}  ")
    yield code(style.shown_id(answer))
    for label, value in _values(answer, explanation, style.catalog):
        yield bold(f"\n{say(label)}  ")
        yield plain(value)
    if isinstance(answer.finding, CallStatus):
        yield bold(f"\n{say('card.raw')}  ")
        yield code(style.shown_raw(answer.finding.raw) or " ")


def _values(
    answer: Answer, explanation: Explanation, catalog: Catalog
) -> Iterator[tuple[str, str]]:
    finding = answer.finding
    if isinstance(finding, LookupFailure):
        yield "card.error_code", _error_code(finding)
        return
    if finding.duration is not None:
        yield "card.duration", catalog.writing.duration(finding.duration)
    if finding.sip_code is not None:
        phrase = catalog.sip(finding.sip_code).phrase
        yield "card.sip_code", f"{finding.sip_code} {phrase}".strip()
    if finding.gateway_code is not None:
        yield "card.gateway_code", f"{finding.gateway_code}: {explanation.entry.title}"


def _error_code(failure: LookupFailure) -> str:
    return f"{failure.error} ({failure.detail})" if failure.detail else failure.error


def _report(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[Block]:
    """A report to copy for those who must act, with all the facts they need."""
    if explanation.outcome not in _REPORTED or _is_with_the_admins(explanation, style):
        return
    contact = _addressee(explanation, style)
    if not contact:
        return
    report = _report_text(answer, explanation, style, contact)
    label = style.catalog.say("card.copy_for", contact=contact)
    yield rich_text(line(bold(label)), preformatted(report.strip()))


def _report_text(answer: Answer, explanation: Explanation, style: CardStyle, contact: str) -> str:
    finding = answer.finding
    facts = {
        "contact": contact,
        "reason": explanation.entry.title,
        "idmsg": style.shown_id(answer),
        "when": style.when(answer),
    }
    if isinstance(finding, LookupFailure):
        return style.catalog.say("report.lookup_failed", code=_error_code(finding), **facts)
    facts["raw"] = style.shown_raw(finding.raw)
    if finding.gateway_code is None:
        return style.catalog.say("report.unrecognised", **facts)
    return style.catalog.say("report.gateway_error", code=finding.gateway_code, **facts)


def _addressee(explanation: Explanation, style: CardStyle) -> str:
    """Whom the report is for; empty if it would help no one."""
    if named := explanation.entry.contact:
        return " / ".join(filter(None, (named, style.contacts.gateway)))
    who_acts = explanation.who_acts
    if who_acts is WhoActs.AGENT and explanation.outcome is Outcome.GATEWAY_ERROR:
        # The gateway does not know the IDMSG that the agent has; the sender has the right one.
        who_acts = WhoActs.SENDER
    if not who_acts.is_another:
        return ""
    return _with_contact(style.catalog.say(f"addressee.{who_acts.value}"), who_acts, style)


def _small_print(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[str]:
    say = style.catalog.say
    when = moment(int(answer.checked_at.timestamp()), style.when(answer))
    yield say("card.checked_before" if answer.from_cache else "card.checked", when=when)
    if explanation.entry.source:
        yield say("card.source", source=explanation.entry.source)
    if answer.sandbox:
        yield f"*{say('card.sandbox')}*"
    if style.shared_by:
        yield say("card.shared_by", user=escape(style.shared_by))


def _several(
    answers: Sequence[Answer], style: CardStyle, added: Sequence[Block], under: Sequence[Block]
) -> Message:
    catalog = style.catalog
    explained = [(answer, explain(answer.finding, catalog)) for answer in answers]
    title = catalog.say("list.title", count=len(answers))
    summary = _sums(answers, catalog)
    blocks = [
        header(f"{title}: {summary}"),
        *(_row(answer, explanation, style) for answer, explanation in explained),
        *added,
        *under,
        context(_list_small_print(answers, style)),
    ]
    return message(catalog.say("list.text", title=title, summary=summary), blocks)


def _sums(answers: Sequence[Answer], catalog: Catalog) -> str:
    counts = Counter(outcome_key(answer.finding) for answer in answers)
    return ", ".join(
        catalog.say(f"count.{name}", count=counts[name]) for name in COUNTED if counts[name]
    )


def _row(answer: Answer, explanation: Explanation, style: CardStyle) -> Block:
    advice = style.catalog.say("list.line", advice=_advice(explanation, style))
    parts = [
        code(style.shown_id(answer)),
        bold(f"  {_verdict(explanation, style.catalog)}"),
        plain(f"\n{advice}"),
    ]
    if isinstance(answer.finding, CallStatus):
        parts += [plain("  "), code(style.shown_raw(answer.finding.raw) or " ")]
    return rich_text(line(*parts))


def _list_small_print(answers: Sequence[Answer], style: CardStyle) -> Iterator[str]:
    latest = max(answers, key=lambda answer: answer.checked_at)
    when = moment(int(latest.checked_at.timestamp()), style.when(latest))
    yield style.catalog.say("card.checked", when=when)
    if any(answer.sandbox for answer in answers):
        yield f"*{style.catalog.say('card.sandbox')}*"
    if style.shared_by:
        yield style.catalog.say("card.shared_by", user=escape(style.shared_by))
