"""Removes Slack's markup: the text as users typed and see it."""

from __future__ import annotations

import re
from typing import Final

_LINK: Final = re.compile(r"<(?:tel:|mailto:|https?://)[^<>|]*\|([^<>]*)>")
_BARE_LINK: Final = re.compile(r"<(?:tel:|mailto:)?((?:(?<=:)|https?://)[^<>|]*)>")

# People, channels, groups, dates: `<@U1>`, `<#C1|name>`, `<!subteam^S1|@group>`, `<!date^…|text>`.
_MENTION: Final = re.compile(r"<([@#!])[^<>|]*(?:\|([^<>]*))?>")


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
