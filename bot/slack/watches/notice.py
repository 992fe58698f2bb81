"""The one notice of a watch, and the card that it brings up to date: values to blocks."""

from __future__ import annotations

from typing import Final

from bot.domain.answer import Answer
from bot.domain.jobs.watch import Ending, Sighting, Watch
from bot.domain.jobs.watchable import invites_watch
from bot.domain.privacy import shorten
from bot.domain.texts.explanation import explain
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
from bot.slack.cards.buttons import buttons
from bot.slack.cards.status_card import card

# Beside the metadata, which may not be readable where the blocks are.
_MARK: Final = "watch_notice_"


def mark(watch: Watch) -> str:
    """The `block_id` by which a notice of this watch can be told."""
    return f"{_MARK}{watch.id}"


def notice(watch: Watch, style: CardStyle, *, moved: bool = False, gone: bool = False) -> Message:
    """What the asker is told, once.

    Args:
        watch: its ending is known.
        style: who reads it; where others do, the asker is called by name.
        moved: it was meant for a thread that takes no messages.
        gone: it was meant for a thread whose first message was deleted.
    """
    why_here = "notice.gone" if gone else "notice.moved" if moved else ""
    if watch.ending is Ending.LIMIT or watch.last is None:
        return _at_the_limit(watch, style, why_here=why_here)
    intro = _intro(watch, style, f"notice.{watch.ending or Ending.STATUS}", why_here=why_here)
    shown = _card(watch, watch.last, style)
    return _with_intro(watch, intro, shown)


def updated_card(watch: Watch, style: CardStyle) -> Message | None:
    """The card that was there before, with what is known now; `None` if that is nothing."""
    return None if watch.last is None else _card(watch, watch.last, style)


def _card(watch: Watch, last: Sighting, style: CardStyle) -> Message:
    answer = Answer(
        message_id=watch.message_id,
        finding=last.finding,
        checked_at=last.checked_at,
        sandbox=last.sandbox,
    )
    under = buttons([watch.message_id], style, watch.user, watching=invites_watch(last.finding))
    return card([answer], style, (), under)


def _with_intro(watch: Watch, intro: str, shown: Message) -> Message:
    first = section(intro) | {"block_id": mark(watch)}
    text = shorten(f"{intro} {shown.text}", MESSAGE_TEXT_LIMIT)
    return Message(text=text, blocks=(first, *shown.blocks))


def _intro(watch: Watch, style: CardStyle, name: str, *, why_here: str) -> str:
    say = style.catalog.say
    text = say(name, idmsg=code_span(style.shown_message_id(watch.message_id)))
    if why_here:
        text = f"{text} {say(why_here)}"
    if style.public:
        return say("notice.called", user=code_span(watch.user), text=text)
    return say("notice.directly", text=text)


def _at_the_limit(watch: Watch, style: CardStyle, *, why_here: str) -> Message:
    """No card, which would look like an answer: that there is none, and what can be done."""
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
    intro = _intro(watch, style, "notice.limit", why_here=why_here)
    return _with_intro(watch, intro, Message(text=f"{escape(title)}.", blocks=tuple(blocks)))


def _last_look(last: Sighting | None, style: CardStyle) -> str:
    if last is None:
        return style.catalog.say("notice.no_look")
    headline = explain(last.finding, style.catalog).headline
    return style.catalog.say(
        "notice.last_look", when=style.moment(last.checked_at), headline=escape(headline)
    )
