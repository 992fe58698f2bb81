"""Slack's blocks as plain data; the builders enforce Slack's limits.

Plain dictionaries, because slack-sdk's block classes take a third of a look-up's time and check
only half of the limits. Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
# Slack truncates longer texts silently; above some 4,000 characters it splits the message.
MESSAGE_TEXT_LIMIT: Final = 3_500
BLOCKS_LIMIT: Final = 50
# Between the facts of a line, which may wrap after it and not before it.
DOT: Final = "\u00a0· "
# Without these, Slack adds a preview for each link in a message.
NO_PREVIEWS: Final = MappingProxyType({"unfurl_links": False, "unfurl_media": False})

_LINK: Final = re.compile(r"<(?:tel:|mailto:|https?://)[^<>|]*\|([^<>]*)>")
_BARE_LINK: Final = re.compile(r"<(?:tel:|mailto:)?((?:(?<=:)|https?://)[^<>|]*)>")

# People, channels, groups, dates: `<@U1>`, `<#C1|name>`, `<!subteam^S1|@group>`, `<!date^…|text>`.
_MENTION: Final = re.compile(r"<([@#!])[^<>|]*(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to Slack.

    Attributes:
        text: full sentences, escaped; notifications and screen readers use it.
        blocks: the visible content.
    """

    text: str
    blocks: tuple[Block, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The message as arguments of Slack's methods."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def followed_by(self, *blocks: Block) -> Message:
        """Return this message with more blocks."""
        return Message(text=self.text, blocks=(*self.blocks, *blocks))

    def and_then(self, other: Message) -> Message:
        """Return this message with another one below it."""
        return Message(text=f"{self.text} {other.text}", blocks=(*self.blocks, *other.blocks))


def message(text: str, blocks: Iterable[Block]) -> Message:
    """Make a message; its plain text is escaped and bounded here."""
    return Message(
        text=shorten(escape(text), MESSAGE_TEXT_LIMIT), blocks=tuple(blocks)[:BLOCKS_LIMIT]
    )


def note(title: str, *paragraphs: str, small: Sequence[str] = ()) -> Message:
    """Make a message without a look-up: a plain title, paragraphs of mrkdwn, small print."""
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
    """Replace characters that hide or reorder the text beside them."""
    if text.isprintable():
        return text
    hidden = {"Cc", "Cf", "Cs"}
    return "".join("\ufffd" if unicodedata.category(c) in hidden else c for c in text)


def code_span(text: str) -> str:
    """Escape untrusted text for a code span; mrkdwn has no escape for a backtick."""
    return escape(visible(text)).replace("`", "'")


def header(text: str) -> Block:
    """Make a heading of plain text, without markup."""
    return {"type": "header", "text": label(shorten(text, HEADER_LIMIT))}


def label(text: str) -> Element:
    """Make the plain text of a heading, a button or a field, without markup."""
    return {"type": "plain_text", "text": text, "emoji": True}


def button(action: str, text: str, **more: Any) -> Element:
    """Make a button; `more` are further fields, such as `value`.

    https://docs.slack.dev/reference/block-kit/block-elements/button-element
    """
    return {"type": "button", "action_id": action, "text": label(text), **more}


def overflow(action: str, options: Mapping[str, str]) -> Element:
    """Make a menu behind three dots, of labels by their values.

    https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
    """
    made = [{"text": label(text), "value": value} for value, text in options.items()]
    return {"type": "overflow", "action_id": action, "options": made}


def actions(block_id: str, elements: Sequence[Element]) -> Block:
    """Make a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(mrkdwn: str) -> Block:
    """Make a paragraph of mrkdwn; untrusted parts must be escaped already."""
    # `verbatim`: Slack makes no links of plain URLs and channel names; `expand`: no "see more".
    text = {"type": "mrkdwn", "text": shorten(mrkdwn, SECTION_LIMIT), "verbatim": True}
    return {"type": "section", "text": text, "expand": True}


def context(lines: Iterable[str]) -> Block:
    """Make small print of lines of mrkdwn."""
    elements = [
        {"type": "mrkdwn", "text": shorten(line, SECTION_LIMIT), "verbatim": True} for line in lines
    ]
    return {"type": "context", "elements": elements[:CONTEXT_ELEMENTS]}


def rich_text(*elements: Element) -> Block:
    """Make rich text, which Slack does not parse; for ids and raw results."""
    return {"type": "rich_text", "elements": list(elements)}


def line(*parts: Element) -> Element:
    """Make a line of rich text."""
    return {"type": "rich_text_section", "elements": list(parts)}


def preformatted(text: str) -> Element:
    """Make a box of text to copy."""
    return {"type": "rich_text_preformatted", "elements": [plain(text)]}


def plain(text: str) -> Element:
    """Make an unstyled piece of rich text."""
    return {"type": "text", "text": text}


def bold(text: str) -> Element:
    """Make a bold piece of rich text."""
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Element:
    """Make a code-styled piece of rich text."""
    return {"type": "text", "text": text, "style": {"code": True}}


def moment(timestamp: int, form: str, fallback: str) -> str:
    """Format a time that Slack shows in the time zone of each reader, in a form of its tokens.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return f"<!date^{timestamp}^{form}|{escape(fallback)}>"


def plain_text(text: str) -> str:
    """Remove Slack's markup: links and mentions become their label, entities characters.

    A mention without a label is removed. Labels of users and channels include their sign.
    https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
    """
    unlinked = _BARE_LINK.sub(r"\1", _LINK.sub(r"\1", _MENTION.sub(_label, text)))
    return unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _label(mention: re.Match[str]) -> str:
    sign, label = mention[1], mention[2] or ""
    return label if not label or sign == "!" or label.startswith(sign) else sign + label
