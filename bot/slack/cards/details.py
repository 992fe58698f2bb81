"""What a card leaves out: details for an engineer, and texts to copy for the customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.call_status import Answer, CallStatus, LookupFailure
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import Explanation, customer_reply, explain
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    bold,
    button,
    code,
    header,
    line,
    message,
    plain,
    preformatted,
    rich_text,
)
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.controls import ids_value, row_for
from bot.slack.cards.status_card import group_title, grouped, raw_word, who

# Followed by the language of the texts.
REPLY_ACTION: Final = "customer_in_"


def customer_texts(
    answers: Sequence[Answer], style: CardStyle, catalog: Catalog, others: Sequence[Catalog]
) -> Message:
    """Show texts to copy for the customer, by call.

    Args:
        answers: those of the card.
        style: who reads it.
        catalog: the language of the texts.
        others: further languages, behind a button each.
    """
    title = style.catalog.say("customer_card.title")
    value = ids_value([answer.message_id for answer in answers])
    blocks = [header(title)]
    for group in grouped([(answer, explain(answer.finding, style.catalog)) for answer in answers]):
        text = preformatted(customer_reply(group[0][0].finding, catalog))
        blocks.append(rich_text(line(*group_title(group, style)), text))
    row = [
        button(f"{REPLY_ACTION}{one.language}", one.say("customer_card.in_language"), value=value)
        for one in others
    ]
    return message(title, [*blocks, row_for(style, row)])


def details(answers: Sequence[Answer], style: CardStyle) -> Message:
    """Show the raw result, its meaning, who acts, and the sources, for each call."""
    title = style.catalog.say("details.title")
    return message(title, [header(title), *(_details(answer, style) for answer in answers)])


def _details(answer: Answer, style: CardStyle) -> Block:
    elements = [bold("IDMSG  "), code(style.shown_id(answer.message_id))]
    for label, value in _rows(answer, explain(answer.finding, style.catalog), style):
        elements.append(bold(f"\n{style.catalog.say(f'details.{label}')}  "))
        # Slack rejects an empty text element, and the raw result may be empty.
        elements.append(plain(value or " "))
    return rich_text(line(*elements))


def _rows(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[tuple[str, str]]:
    finding, entry = answer.finding, explanation.entry
    failed = isinstance(finding, LookupFailure)
    yield "error" if failed else "raw", raw_word(finding, style)
    yield "meaning", " ".join((entry.meaning, *explanation.remarks))
    yield "who", who(entry.who_acts, style)
    sources = [entry.source]
    if isinstance(finding, CallStatus) and finding.sip_code is not None:
        sip = style.catalog.sip(finding.sip_code)
        yield "sip", f"{finding.sip_code} {sip.phrase}".strip()
        if sip.q850:
            yield "q850", ", ".join(map(str, sip.q850))
        sources.append(sip.source)
    if any(sources):
        yield "source", ", ".join(dict.fromkeys(filter(None, sources)))
    yield "checked", style.when(answer)
