"""The list in a file, offered: in a modal, or in a message with buttons.

Either names the file and the list that the user has seen; the file is read again before it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.slack.blocks.block_kit import Block, Message, View, code_span, header, message, section
from bot.slack.blocks.payload import first_word, parsed
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.buttons import offer_row
from bot.slack.bulk.modals import digest, list_view, summary, where
from bot.slack.cards.controls import Origin, carrying, origin_in
from bot.slack.files.file_objects import FileList

FILE_CALLBACK: Final = "bulk_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The list in a file, as a modal or a button names it.

    Attributes:
        file: the id of the file.
        checked: the digest of the list that the user has seen.
        origin: the message that the file is attached to.
    """

    file: str
    checked: str
    origin: Origin

    @classmethod
    def of(cls, file: FileList, origin: Origin) -> Offer:
        """The offer to look up this list."""
        return cls(file=file.id, checked=digest(file.ids.ids), origin=origin)


def offer_in(text: object) -> Offer:
    """Read an offer from what a modal or a button carries; without a file if it is malformed."""
    loaded = parsed(text, dict) or {}
    file, checked = (first_word(loaded.get(name)) for name in ("file", "checked"))
    return Offer(file=file, checked=checked, origin=origin_in(loaded))


def confirming_file(style: CardStyle, offer: Offer, file: FileList, *, lasts: timedelta) -> View:
    """Make the modal for the list in a file, whose submission starts it.

    Args:
        style: the language.
        offer: what the submission starts.
        file: the file; its list has at least one id.
        lasts: the minimum duration of the look-ups.
    """
    blocks = [*_read_from(file, style, lasts), section(where(offer.origin, style))]
    carried = {"file": offer.file, "checked": offer.checked}
    return list_view(style, offer.origin, blocks, FILE_CALLBACK, **carried)


def offering(
    style: CardStyle,
    offer: Offer,
    file: FileList,
    *,
    lasts: timedelta,
    problem: Message | None = None,
) -> Message:
    """Make the message for the list in a file, with a button that starts it.

    Args:
        style: the language, and who reads it.
        offer: what the button starts.
        file: the file; its list has at least one id.
        lasts: the minimum duration of the look-ups.
        problem: why the list was not started.
    """
    say, channel = style.catalog.say, offer.origin.channel
    title = say("bulk.offer.title")
    # Whoever reads the message is in the channel, or knows it, so it is not named.
    directly = not channel or is_direct(channel)
    blocks = [
        *(problem.blocks if problem is not None else ()),
        header(title),
        *_read_from(file, style, lasts),
        section(say("bulk.modal.to_you") if directly else say("bulk.offer.to_thread")),
    ]
    return with_buttons(message(title, blocks), style, offer)


def with_buttons(text: Message, style: CardStyle, offer: Offer) -> Message:
    """Add the buttons that start the list, or do not."""
    value = carrying(offer.origin, file=offer.file, checked=offer.checked)
    return text.followed_by(offer_row(style, value))


def _read_from(file: FileList, style: CardStyle, lasts: timedelta) -> Iterator[Block]:
    yield section(style.catalog.say("bulk.modal.file", file=code_span(file.name)))
    yield from summary(file.ids, style, lasts)
