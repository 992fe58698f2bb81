"""Slack's blocks as plain data, inside Slack's limits by construction.

Plain dictionaries on purpose: slack-sdk's block classes cost a third of a whole look-up and check
half of the limits. Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from bot.domain.privacy import shorten

Block = dict[str, Any]
Element = dict[str, Any]
View = dict[str, Any]

HEADER_LIMIT: Final = 150
SECTION_LIMIT: Final = 3_000
CONTEXT_ELEMENTS: Final = 10
# Slack cuts longer texts without a word; above some 4,000 characters it splits the message.
MESSAGE_TEXT_LIMIT: Final = 3_500
BLOCKS_LIMIT: Final = 50
# Links in answers are for whoever wants them; no preview of them is shown.
NO_PREVIEWS: Final = MappingProxyType({"unfurl_links": False, "unfurl_media": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to Slack.

    Attributes:
        text: full sentences, escaped; notifications and screen readers use it.
        blocks: what is seen.
    """

    text: str
    blocks: tuple[Block, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The message as Slack's methods take it."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def followed_by(self, *blocks: Block) -> Message:
        """This message with further blocks."""
        return Message(text=self.text, blocks=(*self.blocks, *blocks))

    def and_then(self, other: Message) -> Message:
        """This message with another one below it."""
        return Message(text=f"{self.text} {other.text}", blocks=(*self.blocks, *other.blocks))


def message(text: str, blocks: Iterable[Block]) -> Message:
    """A message whose plain text is escaped and bounded."""
    return Message(
        text=shorten(escape(text), MESSAGE_TEXT_LIMIT), blocks=tuple(blocks)[:BLOCKS_LIMIT]
    )


def note(title: str, *paragraphs: str, small: Sequence[str] = ()) -> Message:
    """A message that is no card: a plain title, paragraphs of mrkdwn, small print."""
    blocks: list[Block] = [header(title)] if paragraphs else [section(title)]
    blocks += [section(paragraph) for paragraph in paragraphs if paragraph]
    if small:
        blocks.append(context(small))
    # Paragraphs are mrkdwn and escaped already; a title is plain.
    text = " ".join((escape(title), *filter(None, paragraphs)))
    return Message(text=shorten(text, MESSAGE_TEXT_LIMIT), blocks=tuple(blocks))


def escape(text: str) -> str:
    """Escape the three characters that Slack interprets.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def visible(text: str) -> str:
    """Untrusted text without characters that hide or reorder what stands beside them."""
    hidden = {"Cc", "Cf", "Cs"}
    return "".join("\ufffd" if unicodedata.category(c) in hidden else c for c in text)


def code_span(text: str) -> str:
    """Untrusted text between backticks in mrkdwn; a backtick of its own cannot be escaped."""
    return escape(visible(text)).replace("`", "'")


def header(text: str) -> Block:
    """A heading; plain text, nothing in it is interpreted."""
    return {"type": "header", "text": label(shorten(text, HEADER_LIMIT))}


def label(text: str) -> Element:
    """Plain text of a heading, a button or a field; nothing in it is interpreted."""
    return {"type": "plain_text", "text": text, "emoji": True}


def button(action: str, text: str, **more: Any) -> Element:
    """A button; `more` is what Slack takes besides, such as its `value`.

    https://docs.slack.dev/reference/block-kit/block-elements/button-element
    """
    return {"type": "button", "action_id": action, "text": label(text), **more}


def actions(block_id: str, elements: Sequence[Element]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(mrkdwn: str) -> Block:
    """A paragraph of mrkdwn; whatever is not ours in it must have been escaped."""
    text = {"type": "mrkdwn", "text": shorten(mrkdwn, SECTION_LIMIT), "verbatim": True}
    return {"type": "section", "text": text, "expand": True}


def context(lines: Iterable[str]) -> Block:
    """Small print; mrkdwn."""
    elements = [
        {"type": "mrkdwn", "text": shorten(line, SECTION_LIMIT), "verbatim": True} for line in lines
    ]
    return {"type": "context", "elements": elements[:CONTEXT_ELEMENTS]}


def rich_text(*elements: Element) -> Block:
    """Text in which nothing is parsed, the place for ids and raw answers."""
    return {"type": "rich_text", "elements": list(elements)}


def line(*parts: Element) -> Element:
    """One run of a rich text."""
    return {"type": "rich_text_section", "elements": list(parts)}


def preformatted(text: str) -> Element:
    """A box that people copy from."""
    return {"type": "rich_text_preformatted", "elements": [plain(text)]}


def plain(text: str) -> Element:
    """Unstyled text of a rich text."""
    return {"type": "text", "text": text}


def bold(text: str) -> Element:
    """Bold text of a rich text."""
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Element:
    """Code-styled text of a rich text."""
    return {"type": "text", "text": text, "style": {"code": True}}


def moment(timestamp: int, fallback: str) -> str:
    """A moment that each reader sees in their own time zone.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return f"<!date^{timestamp}^{{date_short_pretty}} {{time}}|{escape(fallback)}>"
