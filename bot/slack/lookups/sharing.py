"""The form that shares the answer in a modal: it asks where.

Slack sends a response URL of the chosen conversation, so the bot need not be a member of it.
https://docs.slack.dev/surfaces/modals#modal_response_url
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.domain.input.message_id import MessageId
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import View, label
from bot.slack.blocks.payload import part, parts
from bot.slack.cards.controls import Origin, carried, ids_of, ids_value, modal, submission

SHARE_CALLBACK: Final = "share_answer"
_PLACE: Final = "place"


def sharing(catalog: Catalog, message_ids: Sequence[MessageId]) -> View:
    """Make the form for the answer about these calls."""
    say = catalog.say
    select = {
        "type": "conversations_select",
        "action_id": _PLACE,
        "default_to_current_conversation": True,
        "response_url_enabled": True,
        # Customers' calls are shared with another organisation only by who asks in its channel.
        "filter": {"exclude_external_shared_channels": True},
    }
    field = {
        "type": "input",
        "block_id": _PLACE,
        "label": label(say("modal.where")),
        "element": select,
    }
    view = modal(SHARE_CALLBACK, say("button.share"), say("modal.close"), [field])
    return view | submission(say("button.share"), Origin(), ids=ids_value(message_ids))


def ids_in(body: Mapping[str, Any]) -> tuple[MessageId, ...]:
    """Read the ids that a submitted form carries."""
    return ids_of(carried(part(body, "view")).get("ids"))


def in_chosen_place(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A submission that names a conversation, as a question that was asked there."""
    for chosen in parts(body, "response_urls"):
        channel = {"id": chosen.get("channel_id")}
        return {**body, "response_url": chosen.get("response_url"), "channel": channel}
    return body
