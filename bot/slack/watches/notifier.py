"""Posts the one notice of a watch to its thread, or else to the user; its card is updated first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

from bot.domain.call_status import Answer
from bot.domain.jobs.job import Delivery, Report, Trace
from bot.domain.jobs.watch import Ending, State, Watch
from bot.domain.privacy import shorten
from bot.domain.texts.explanation import explain
from bot.slack.api.finding import Sought
from bot.slack.api.post_once import OncePoster
from bot.slack.api.posted import Mark
from bot.slack.blocks.block_kit import (
    DOT,
    MESSAGE_TEXT_LIMIT,
    Message,
    code_span,
    escape,
    section,
)
from bot.slack.blocks.style import CardStyle
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


def notice(
    watches: Sequence[Watch], style: CardStyle, links: Sequence[str], *, why_here: str = ""
) -> Message:
    """Make the one notice of these watches of a user: a line for each call.

    Args:
        watches: their endings are known.
        style: the language, and who reads it; a public notice mentions the asker.
        links: where the card of each call is, which shows its status by now; empty if it does not.
            A single call without a link is shown as a card.
        why_here: why it is sent directly, `gone` or `moved`; see `OncePoster.post`.
    """
    first, *others = watches
    intro = _intro(watches, style, why_here)
    lines = [_line(watch, style, link) for watch, link in zip(watches, links, strict=True)]
    text, blocks = " ".join((intro, *lines)), [section(intro)]
    if others:
        marked = zip(lines, watches, strict=True)
        blocks += [section(line) | {"block_id": block_id_of(watch)} for line, watch in marked]
    elif links[0] or first.last is None:
        blocks = [section(text) | {"block_id": block_id_of(first)}]
    else:
        shown = status_of(first, first.last, style)
        text = f"{intro} {shown.text}"
        blocks = [section(intro) | {"block_id": block_id_of(first)}, *shown.blocks]
    return Message(text=shorten(text, MESSAGE_TEXT_LIMIT), blocks=tuple(blocks))


def _intro(watches: Sequence[Watch], style: CardStyle, why_here: str) -> str:
    say, first = style.catalog.say, watches[0]
    ending = (first.ending or Ending.LIMIT).value
    text = say(f"notice.{ending}", until=style.moment(first.expires_at))
    if len(watches) > 1:
        text = say("notice.several", count=len(watches))
    if why_here:
        text = f"{say(f'notice.{why_here}')} {text}"
    if style.public:
        return say("notice.called", user=code_span(first.user), text=text)
    return say("notice.directly", text=text)


def _line(watch: Watch, style: CardStyle, link: str) -> str:
    """A call, and how it stands; mrkdwn."""
    say = style.catalog.say
    if watch.last is None:
        verdict = say("notice.no_look")
    else:
        explanation = explain(watch.last.finding, style.catalog)
        verdict = f"{say(f'icon.{explanation.verdict}')} {escape(explanation.headline)}"
    parts = [verdict, f"`{code_span(style.shown_id(watch.message_id))}`"]
    return DOT.join([*parts, f"<{escape(link)}|{say('notice.to_card')}>"] if link else parts)


def status_of(watch: Watch, last: Answer, style: CardStyle) -> Message:
    """Make the card of the last status; it says so if the notice could not be delivered."""
    undelivered = watch.state is State.UNDELIVERED
    notes = [style.catalog.say("notice.undelivered")] * undelivered
    # Another watch of an unknown id would find the same.
    watched = watch.ending is Ending.UNKNOWN_ID
    return card([last], style, notes, watch.user, watched=watched)


class SlackNotifier:
    """Posts for watches, in the language that the reader has chosen by then."""

    def __init__(self, poster: OncePoster) -> None:
        self._poster = poster

    async def tell(self, *watches: Watch) -> Report:
        """Update the cards, then post the notice with the ids of the watches as its mark."""
        first = watches[0]
        links = await asyncio.gather(*map(self._link, watches))

        def forms(style: CardStyle, reason: str) -> Iterator[Message]:
            yield notice(watches, style, links, why_here=reason)

        mark = replace(mark_of(first), value=" ".join(watch.id for watch in watches))
        report, _ = await self._poster.post(forms, mark, first.destination, first.user)
        # Nothing belongs to a notice, so the cards of the watches stay the same.
        return replace(report, card=None)

    async def _link(self, watch: Watch) -> str:
        """The link to the card, once it shows the status; empty if it does not."""
        if watch.card is None or watch.last is None:
            return ""
        updated = await self.update_card(watch)
        sent = updated.delivery is Delivery.SENT
        return await self._poster.link(watch.card) if sent else ""

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
