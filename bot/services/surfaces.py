"""From where a question came; named in the audit."""

from __future__ import annotations

from enum import StrEnum


class Surface(StrEnum):
    """A way in."""

    COMMAND = "command"
    MENTION = "mention"
    DIRECT_MESSAGE = "direct_message"
    MESSAGE_SHORTCUT = "message_shortcut"
    GLOBAL_SHORTCUT = "global_shortcut"
    BUTTON = "button"
    HOME = "home"
