"""The answer to a look-up as a Slack message: verdict, next step, a line of facts, buttons.

Pure functions from answers to blocks, in the order in which an agent needs them. The rest is in
`bot.slack.cards.details`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.call_status import (
    CALL_OUTCOMES,
    COUNTED,
    Answer,
    CallStatus,
    Finding,
    LookupFailure,
    Outcome,
    outcome_key,
)
from bot.domain.jobs.watch import invites_watch, is_unknown
from bot.domain.texts.catalog import Kind, Retry, WhoActs
from bot.domain.texts.explanation import Explanation, explain
from bot.slack.blocks.block_kit import (
    Block,
    Element,
    Message,
    bold,
    code,
    code_span,
    context,
    escape,
    header,
    line,
    message,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.buttons import Action, buttons

_REPORTED: Final = frozenset({Outcome.GATEWAY_ERROR, Outcome.UNRECOGNISED, Outcome.LOOKUP_FAILED})

Explained = tuple[Answer, Explanation]


def card(
    answers: Sequence[Answer],
    style: CardStyle,
    notes: Sequence[str] = (),
    reader: str | None = None,
    *,
    watched: bool = False,
) -> Message:
    """Make a card for one answer, or a compact list for several.

    Args:
        answers: one or more, in the order asked.
        style: the language, and who reads it.
        notes: mrkdwn lines to add, such as words that are not an IDMSG.
        reader: the only user who sees the buttons if it is public; empty for all. `None` for a card
            without buttons.
        watched: a watch goes on, or would be in vain, so it is neither advised nor offered.
    """
    explained = [(answer, explain(answer.finding, style.catalog)) for answer in answers]
    text, blocks = (
        _single(*explained[0], style, watched=watched)
        if len(answers) == 1
        else _several(explained, style)
    )
    if notes:
        blocks.append(section("\n".join(notes)))
    if reader is not None:
        ids = [answer.message_id for answer in answers]
        blocks.append(buttons(ids, style, _steps(explained, watched=watched), reader))
    return message(text, blocks)


def _single(
    answer: Answer, explanation: Explanation, style: CardStyle, *, watched: bool
) -> tuple[str, list[Block]]:
    advice, headline = advice_of(explanation, style), explanation.headline
    if watched and invites_watch(answer.finding):
        unknown = is_unknown(answer.finding)
        advice = style.catalog.say("advice.still_unknown" if unknown else "advice.still_pending")
    blocks = [
        header(f"{style.catalog.say(f'icon.{explanation.verdict}')} {headline}"),
        section(" ".join((escape(advice), *_moment(answer, style)))),
        *_report(answer, explanation, style),
        context([" · ".join(_facts(answer, explanation, style))]),
    ]
    return f"{headline}. {advice}", blocks


def _several(explained: Sequence[Explained], style: CardStyle) -> tuple[str, list[Block]]:
    say = style.catalog.say
    counts = Counter(outcome_key(answer.finding) for answer, _ in explained)
    sums = ", ".join(say(f"count.{name}", count=counts[name]) for name in COUNTED if counts[name])
    text = f"{say('list.title', count=len(explained))}: {sums}"
    blocks = [header(text)]
    for group in grouped(explained):
        advice = first_step(group[0][1], style)
        blocks.append(rich_text(line(*group_title(group, style), plain(f"\n{advice}"))))
    blocks.append(context([" · ".join(_origin([answer for answer, _ in explained], style))]))
    return f"{text}.", blocks


def grouped(explained: Sequence[Explained]) -> list[list[Explained]]:
    """Put the calls that ended alike together, in the order asked."""
    groups: dict[tuple[str, str], list[Explained]] = {}
    for one in explained:
        groups.setdefault((one[1].verdict, one[1].reason), []).append(one)
    return [*groups.values()]


def group_title(group: Sequence[Explained], style: CardStyle) -> Iterator[Element]:
    """The reason and the ids of calls that ended alike, as parts of a line."""
    explanation, catalog = group[0][1], style.catalog
    yield bold(f"{catalog.say(f'icon.{explanation.verdict}')} {explanation.reason}")
    for number, (answer, _) in enumerate(group):
        yield plain(", " if number else "  ")
        yield code(style.shown_id(answer.message_id))
        if isinstance(answer.finding, CallStatus) and answer.finding.duration is not None:
            yield plain(f" ({catalog.writing.duration(answer.finding.duration)})")


def _steps(explained: Sequence[Explained], *, watched: bool) -> Iterator[Action]:
    """What to offer: the next thing to do, then the rest."""
    steps = {_next_step(answer, explanation) for answer, explanation in explained}
    if watched:
        steps.discard(Action.WATCH)
    first = steps.pop() if len(steps) == 1 else Action.CUSTOMER
    yield first
    yield from (one for one in (Action.SHARE, Action.CUSTOMER, Action.DETAILS) if one is not first)
    if Action.WATCH in steps:
        yield Action.WATCH
    if first is not Action.REFRESH and not all(answer.finding.final for answer, _ in explained):
        yield Action.REFRESH


def _next_step(answer: Answer, explanation: Explanation) -> Action:
    if invites_watch(answer.finding):
        return Action.WATCH
    ended = answer.finding.outcome in CALL_OUTCOMES
    return Action.CUSTOMER if ended or explanation.entry.retry is Retry.NO else Action.REFRESH


def _moment(answer: Answer, style: CardStyle) -> Iterator[str]:
    """Since when or until when the cause of a failed look-up lasts."""
    finding = answer.finding
    if isinstance(finding, LookupFailure) and finding.moment is not None:
        yield style.catalog.say(f"moment.{finding.error}", when=style.moment(finding.moment))


def first_step(explanation: Explanation, style: CardStyle) -> str:
    """What to do about several calls; what if that fails, after a semicolon, is on each card."""
    return f"{advice_of(explanation, style).partition(';')[0].removesuffix('.')}."


def advice_of(explanation: Explanation, style: CardStyle) -> str:
    """What to do next and who does it, with the configured contacts."""
    if _is_with_the_admins(explanation, style):
        return style.catalog.say("advice.admins_told")
    entry, say = explanation.entry, style.catalog.say
    if entry.who_acts is WhoActs.BOT_ADMIN:
        return entry.advice.replace(say("who.bot_admin"), who(WhoActs.BOT_ADMIN, style))
    support = say("who.gateway")
    return entry.advice.replace(support, style.contacts.gateway or support)


def _is_with_the_admins(explanation: Explanation, style: CardStyle) -> bool:
    """Whether the bot reports the error itself, so that no agent needs to."""
    return style.admins_told and explanation.entry.who_acts is WhoActs.BOT_ADMIN


def who(who_acts: WhoActs, style: CardStyle) -> str:
    """Who must act, with the configured contact."""
    name = style.catalog.say(f"who.{who_acts.value}")
    contacts = {WhoActs.BOT_ADMIN: style.contacts.bot, WhoActs.GATEWAY: style.contacts.gateway}
    return reached(name, contacts.get(who_acts, ""))


def reached(name: str, contact: str) -> str:
    """Who it is, with the contact if there is one."""
    return f"{name} ({contact})" if contact else name


def _facts(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[str]:
    """The line of facts: the id first, the raw word last; mrkdwn."""
    finding = answer.finding
    yield f"`{code_span(style.shown_id(answer.message_id))}`"
    if isinstance(finding, CallStatus) and explanation.entry.kind is Kind.SIP:
        yield f"{finding.sip_code} {explanation.entry.phrase}".strip()
    yield from _origin([answer], style)
    if raw := raw_word(finding, style).strip():
        yield f"`{code_span(raw)}`"


def _origin(answers: Sequence[Answer], style: CardStyle) -> Iterator[str]:
    """Who shared it, whether it is real, and when the gateway was asked; mrkdwn."""
    say = style.catalog.say
    if style.shared_by:
        yield say("card.shared_by", user=escape(style.shared_by))
    if any(answer.sandbox for answer in answers):
        yield f"*{say('card.sandbox')}*"
    latest = max(answers, key=lambda answer: answer.checked_at)
    yield say("card.checked", when=style.moment(latest.checked_at, style.when(latest)))


def raw_word(finding: Finding, style: CardStyle) -> str:
    """The raw result, or the code of an error with its detail."""
    if isinstance(finding, LookupFailure):
        return f"{finding.error}: {finding.detail}" if finding.detail else finding.error
    return style.shown_raw(finding.raw)


def _report(answer: Answer, explanation: Explanation, style: CardStyle) -> Iterator[Block]:
    """A report to copy for those who must act, with all the facts they need."""
    finding = answer.finding
    if finding.outcome not in _REPORTED or _is_with_the_admins(explanation, style):
        return
    contact = addressee(explanation, style)
    if not contact:
        return
    report = style.catalog.say(
        "report.answer",
        said=raw_word(finding, style),
        reason=explanation.entry.title,
        idmsg=style.shown_id(answer.message_id),
        when=style.when(answer),
    )
    yield to_copy(report.strip(), contact, style)


def to_copy(text: str, contact: str, style: CardStyle) -> Block:
    """A box with a text to copy, and whom it is for."""
    title = bold(style.catalog.say("card.copy_for", contact=contact))
    return rich_text(line(title), preformatted(text))


def addressee(explanation: Explanation, style: CardStyle) -> str:
    """Whom the report is for; empty if it would help no one."""
    if named := explanation.entry.contact:
        return reached(named, style.contacts.gateway)
    who_acts = explanation.entry.who_acts
    if who_acts is WhoActs.AGENT and explanation.entry.kind is Kind.GATEWAY:
        # The gateway does not know the agent's IDMSG; the sending team has the right one.
        who_acts = WhoActs.SENDER
    return who(who_acts, style) if who_acts.is_another else ""
