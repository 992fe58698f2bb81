"""Posts the one notice of a watch to its thread, or else to the user, and updates the card."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

from bot.domain.call_status import Answer
from bot.domain.jobs.job import Delivery, Report, Trace
from bot.domain.jobs.watch import Ending, State, Watch, invites_watch
from bot.domain.privacy import shorten
from bot.domain.texts.explanation import explain
from bot.slack.api.finding import Sought
from bot.slack.api.post_once import OncePoster
from bot.slack.api.posted import Mark
from bot.slack.blocks.block_kit import (
    MESSAGE_TEXT_LIMIT,
    Message,
    code_span,
    context,
    escape,
    header,
    section,
)
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.controls import buttons
from bot.slack.cards.status_card import card


def mark_of(watch: Watch) -> Mark:
    """The mark of the notice: its metadata, and a `block_id` for when that cannot be read."""
    return Mark(
        event_type="watch_notice",
        name="watch",
        value=watch.id,
        block_id=block_id_of(watch),
        since=watch.decided_at or watch.started_at,
    )


def block_id_of(watch: Watch) -> str:
    """The `block_id` of the part of a notice that is about this watch."""
    return f"watch_notice_{watch.id}"


def notice(watch: Watch, style: CardStyle, *, why_here: str = "") -> Message:
    """Make the one notice of a watch.

    Args:
        watch: its ending is known.
        style: the language, and who reads it; a public notice mentions the asker.
        why_here: why it is sent directly, `gone` or `moved`; see `OncePoster.post`.
    """
    say, last = style.catalog.say, watch.last
    if watch.ending is Ending.LIMIT or last is None:
        name, shown = Ending.LIMIT, _at_the_limit(watch, style)
    else:
        name, shown = watch.ending or Ending.STATUS, status_of(watch, last, style)
    text = say(f"notice.{name}", idmsg=code_span(style.shown_id(watch.message_id)))
    intro = _intro(text, watch.user, style, why_here)
    first = section(intro) | {"block_id": block_id_of(watch)}
    text = shorten(f"{intro} {shown.text}", MESSAGE_TEXT_LIMIT)
    return Message(text=text, blocks=(first, *shown.blocks))


def _intro(text: str, user: str, style: CardStyle, why_here: str) -> str:
    say = style.catalog.say
    if why_here:
        text = f"{text} {say(f'notice.{why_here}')}"
    if style.public:
        return say("notice.called", user=code_span(user), text=text)
    return say("notice.directly", text=text)


def status_of(watch: Watch, last: Answer, style: CardStyle) -> Message:
    """Make the card of the last status; it says so if the notice could not be delivered."""
    under = buttons([watch.message_id], style, watch.user, watching=invites_watch(last.finding))
    undelivered = watch.state is State.UNDELIVERED
    return card([last], style, [style.catalog.say("notice.undelivered")] * undelivered, under)


def _at_the_limit(watch: Watch, style: CardStyle) -> Message:
    """Show that there is no status yet, and what to do; not as a card, which looks like one."""
    say = style.catalog.say
    title = say("notice.limit_title")
    lines = say(
        "notice.limit_span",
        since=style.moment(watch.started_at),
        until=style.moment(watch.expires_at),
    )
    under = buttons([watch.message_id], style, watch.user, watching=True)
    blocks = [
        header(title),
        section(lines),
        section(_last_look(watch.last, style)),
        *([under] if under is not None else []),
    ]
    if watch.last is not None and watch.last.sandbox:
        blocks.append(context([f"*{say('card.sandbox')}*"]))
    return Message(text=f"{escape(title)}.", blocks=tuple(blocks))


def _last_look(last: Answer | None, style: CardStyle) -> str:
    if last is None:
        return style.catalog.say("notice.no_look")
    headline = explain(last.finding, style.catalog).headline
    return style.catalog.say(
        "notice.last_look", when=style.moment(last.checked_at), headline=escape(headline)
    )


def notice_for_all(watches: Sequence[Watch], style: CardStyle, *, why_here: str = "") -> Message:
    """Make the one notice of several watches of a user: a list of their calls.

    Args:
        watches: each with its last status.
        style: the language, and who reads it; a public notice mentions the asker.
        why_here: see `notice`.
    """
    user, ids = watches[0].user, [watch.message_id for watch in watches]
    answers = [watch.last for watch in watches if watch.last is not None]
    invites = any(invites_watch(answer.finding) for answer in answers)
    intro = _intro(style.catalog.say("notice.several", count=len(watches)), user, style, why_here)
    shown = card(answers, style, (), buttons(ids, style, user, watching=invites))
    marks = iter(watches)
    # The rows of the calls are the only blocks of rich text in a list.
    blocks = (
        block | {"block_id": block_id_of(next(marks))} if block["type"] == "rich_text" else block
        for block in shown.blocks
    )
    text = shorten(f"{intro} {shown.text}", MESSAGE_TEXT_LIMIT)
    return Message(text=text, blocks=(section(intro), *blocks))


class SlackNotifier:
    """Posts for watches, in the language that the reader has chosen by then."""

    def __init__(self, poster: OncePoster) -> None:
        self._poster = poster

    async def tell(self, *watches: Watch) -> Report:
        """Post the notice, marked with the ids of the watches; directly if there is no thread."""
        first, *others = watches

        def forms(style: CardStyle, reason: str) -> Iterator[Message]:
            if others:
                yield notice_for_all(watches, style, why_here=reason)
            else:
                yield notice(first, style, why_here=reason)

        mark = replace(mark_of(first), value=" ".join(watch.id for watch in watches))
        report, _ = await self._poster.post(forms, mark, first.destination, first.user)
        # Nothing belongs to a notice, so the cards of the watches stay the same.
        return replace(report, card=None)

    def find_sent(self, watches: Sequence[Watch]) -> AsyncIterator[Trace]:
        """Search for each notice in its thread, and where it would have gone instead."""
        return self._poster.finder.traces(
            [
                Sought(mark=mark_of(watch), place=watch.destination, user=watch.user)
                for watch in watches
            ]
        )

    async def update_card(self, watch: Watch) -> Report:
        """Update the card where it is; one that is gone or out of reach is left alone."""
        if watch.card is None or watch.last is None:
            return Report(delivery=Delivery.SENT)
        place = replace(watch.destination, channel=watch.card.channel)
        style = await self._poster.style(place, watch.user)
        return await self._poster.update(watch.card, status_of(watch, watch.last, style))
