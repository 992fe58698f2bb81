"""What people type into Slack, as they meant it."""

from __future__ import annotations

import re
from typing import Final

_LINK: Final = re.compile(r"<(?:tel:|mailto:|https?://)[^<>|]*\|([^<>]*)>")
_BARE_LINK: Final = re.compile(r"<(?:tel:|mailto:)?((?:(?<=:)|https?://)[^<>|]*)>")


def plain_text(text: str) -> str:
    """The text without Slack's mark-up: links by their label, the three entities as characters.

    https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
    """
    unlinked = _BARE_LINK.sub(r"\1", _LINK.sub(r"\1", text))
    return unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
