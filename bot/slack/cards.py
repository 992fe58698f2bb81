"""The answer to a look-up as a Slack message: verdict, next step, facts, raw result.

Pure functions from answers to blocks; the order is the one in which an agent needs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.call_status import CallStatus, Outcome
from bot.domain.catalog import Catalog, WhoActs
from bot.domain.explanation import Explanation, LookupFailure, explain
from bot.services.answers import Answer
from bot.slack.block_kit import (
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
from bot.slack.style import CardStyle

_REPORTED: Final = frozenset({Outcome.GATEWAY_ERROR, Outcome.UNRECOGNISED, Outcome.LOOKUP_FAILED})


def card(
    answers: Sequence[Answer],
    style: CardStyle,
    notes: Sequence[str] = (),
    row: Block | None = None,
) -> Message:
    """One card for one answer, a compact list for several.

    Args:
        answers: one or more, in the order asked.
        style: the language, and who reads it.
        notes: mrkdwn lines to add, such as words that were no IDMSG.
        row: buttons to put under it.
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
        advice=explanation.advice,
    )
    blocks = [
        header(_verdict(explanation, catalog)),
        section("\n".join((explanation.meaning, *explanation.remarks))),
        section(_next_step(explanation, style)),
        rich_text(line(*_facts(answer, explanation, style))),
        *_report(answer, explanation, style),
        *added,
        *under,
        context(_small_print(answer, explanation, style)),
    ]
    return message(text, blocks)


def _verdict(explanation: Explanation, catalog: Catalog) -> str:
    return f"{catalog.say(f'icon.{explanation.outcome.value}')} {explanation.headline}"


def _next_step(explanation: Explanation, style: CardStyle) -> str:
    return style.catalog.say(
        "card.next_step", who=escape(who(explanation.who_acts, style)), advice=explanation.advice
    )


def who(who_acts: WhoActs, style: CardStyle) -> str:
    """Who must act, with the contact that the operator named."""
    name = style.catalog.say(f"who.{who_acts.value}")
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
        yield (
            "card.error_code",
            f"{finding.error} ({finding.detail})" if finding.detail else (finding.error),
        )
        return
    if finding.duration is not None:
        yield "card.duration", catalog.writing.duration(finding.duration)
    if finding.sip_code is not None:
        phrase = catalog.sip(finding.sip_code).phrase
        yield "card.sip_code", f"{finding.sip_code} {phrase}".strip()
    if finding.gateway_code is not None:
        yield "card.gateway_code", f"{finding.gateway_code}: {explanation.entry.title}"


def _report(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[Block]:
    """For the one who must act: everything they will ask for, ready to be copied."""
    if explanation.outcome not in _REPORTED:
        return
    contact = _addressee(explanation, style)
    report = _report_text(answer, explanation, style, contact)
    label = style.catalog.say("card.copy_for", contact=contact)
    yield rich_text(line(bold(label)), preformatted(report.strip()))


def _report_text(answer: Answer, explanation: Explanation, style: CardStyle, contact: str) -> str:
    finding = answer.finding
    reason, when = explanation.entry.title, style.when(answer)
    idmsg = style.shown_id(answer)
    if isinstance(finding, LookupFailure):
        return style.catalog.say(
            "report.lookup_failed",
            contact=contact,
            code=finding.error,
            reason=reason,
            idmsg=idmsg,
            when=when,
        )
    return style.catalog.say(
        "report.gateway_error",
        contact=contact,
        code=finding.gateway_code or "?",
        reason=reason,
        idmsg=idmsg,
        when=when,
        raw=style.shown_raw(finding.raw),
    )


def _addressee(explanation: Explanation, style: CardStyle) -> str:
    named = explanation.entry.contact
    if not named and explanation.who_acts in {WhoActs.AGENT, WhoActs.NOBODY}:
        # The agent copies the text; whoever sent the message can answer it.
        return who(WhoActs.SENDER, style)
    if not named:
        return who(explanation.who_acts, style)
    return " / ".join(filter(None, (named, style.contacts.gateway)))


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
    counts = Counter(explanation.outcome for _, explanation in explained)
    summary = ", ".join(
        catalog.say(f"count.{outcome.value}", count=counts[outcome])
        for outcome in Outcome
        if counts[outcome]
    )
    blocks = [
        header(f"{title}: {summary}"),
        *(_row(answer, explanation, style) for answer, explanation in explained),
        *added,
        *under,
        context(_list_small_print(answers, style)),
    ]
    return message(catalog.say("list.text", title=title, summary=summary), blocks)


def _row(answer: Answer, explanation: Explanation, style: CardStyle) -> Block:
    advice = style.catalog.say("list.line", advice=explanation.advice)
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
