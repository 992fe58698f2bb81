"""Which post an event is about, and whether it holds a person's words.

Slack sends an edited mention as another mention, and an edited direct message inside an event of
the subtype `message_changed`. https://docs.slack.dev/reference/events/message
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.slack.blocks.payload import first_word, part

# Slack's own user, who passes on reminders and cannot read answers.
SLACKBOT: Final = "USLACKBOT"
# Later changes of a post are no questions: what was answered for it may be forgotten by then.
LATEST_CHANGE: Final = timedelta(hours=24)
_CHANGED: Final = "message_changed"
# The subtypes without words of a person. What is not listed is a question, so that a new subtype
# costs nobody an answer.
_WORDLESS: Final = re.compile(
    r"(?:bot|channel|group|message|huddle|sh_room|app_conversation|assistant_app)_.*"
    r"|ekm_access_denied|tombstone|(?:un)?pinned_item|reminder_add|joiner_notification.*"
    r"|file_mention|document_mention"
)


def as_it_is_now(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload with the changed message in place of the event about its change."""
    event = part(body, "event")
    if event.get("subtype") != _CHANGED:
        return body
    message = part(event, "message")
    if not _is_recent(event.get("ts"), message.get("ts")):
        return body
    place = {name: event.get(name) for name in ("channel", "channel_type")}
    return {**body, "event": {**message, **place, "type": "message"}}


def _is_recent(changed: object, posted: object) -> bool:
    try:
        age = float(first_word(changed)) - float(first_word(posted))
    except ValueError:
        return False
    return age <= LATEST_CHANGE.total_seconds()


def has_words(event: Mapping[str, Any]) -> bool:
    """Whether it is a message with words of a user, among whom Slack counts bots, too."""
    subtype = first_word(event.get("subtype"))
    return bool(first_word(event.get("user"))) and not _WORDLESS.fullmatch(subtype)


def is_slackbots(event: Mapping[str, Any]) -> bool:
    """Whether Slack's own user wrote it, such as a reminder."""
    return event.get("user") == SLACKBOT


def may_be_a_bots(event: Mapping[str, Any]) -> bool:
    """Whether a bot may have written it: an app posted it, and no client of a person did.

    An app that posts as a person leaves its `bot_id`, too.
    """
    return bool(event.get("bot_id")) and not event.get("client_msg_id")
