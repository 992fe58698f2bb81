"""What users click and type into: the buttons of cards, and the modals.

A modal asks for ids, or shows the answer. https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.domain.input.message_id import InvalidMessageIdError, MessageId
from bot.domain.input.query import MAX_IDS
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.services.records import Surface
from bot.slack.blocks.block_kit import (
    Block,
    Element,
    Message,
    View,
    actions,
    label,
    section,
)
from bot.slack.blocks.payload import first_word, parsed, part
from bot.slack.blocks.style import Audience, CardStyle

ASK_CALLBACK: Final = "ask_for_ids"
# Opens the modal that asks for ids, from the App Home or a message.
ASK_ACTION: Final = "home_ask"
ANSWER_CALLBACK: Final = "show_answer"
IDS_BLOCK: Final = "ids"
IDS_ACTION: Final = "ids_text"

_TITLE_LIMIT: Final = 24
_TYPED_LIMIT: Final = 1_000


# Separates the name of a row from that of a user, in a `block_id` of at most 255 characters.
_SHARED_BY: Final = ":"
_NAME_LIMIT: Final = 100
# A payload has no field for who reads the card, so the `block_id` says it.
_BLOCK_IDS: Final = {
    Audience.PRIVATE: "card_actions",
    Audience.DIRECT: "card_actions_direct",
    Audience.PUBLIC: "card_actions_public",
    Audience.MODAL: "card_actions_modal",
}


def row_for(style: CardStyle, elements: Sequence[Element], reader: str = "") -> Block:
    """Make a row of buttons, whose `block_id` says who reads its message.

    Args:
        style: who reads it, and who shared it.
        elements: the buttons.
        reader: the only user who sees them on a public message; empty for all.
    """
    block_id = _BLOCK_IDS[style.audience]
    if style.shared_by:
        block_id = f"{block_id}{_SHARED_BY}{style.shared_by[:_NAME_LIMIT]}"
    return actions(block_id, [seen_by(reader, one, style) for one in elements])


def seen_by(reader: str, element: Element, style: CardStyle) -> Element:
    """Make a button visible only to this user, if the message is public."""
    return element | {"visible_to_user_ids": [reader]} if reader and style.public else element


def audience_of(block_id: object) -> tuple[Audience | None, str]:
    """Read the audience and the sharer from a `block_id`; `None` if it is not ours."""
    name, _, shared_by = first_word(block_id).partition(_SHARED_BY)
    audience = next((one for one, known in _BLOCK_IDS.items() if known == name), None)
    return audience, shared_by if audience is Audience.PUBLIC else ""


def ids_value(message_ids: Sequence[MessageId]) -> str:
    """The value of a button for these ids."""
    return json.dumps([one.value for one in message_ids], ensure_ascii=False)


def ids_of(value: object, *, most: int = MAX_IDS) -> tuple[MessageId, ...]:
    """Read the ids from a button's value, at most `most`; none if the value is not ours."""
    loaded = parsed(value, list) or []
    if not all(isinstance(one, str) for one in loaded):
        return ()
    try:
        return tuple(MessageId(one) for one in loaded[:most])
    except InvalidMessageIdError:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a modal was opened from; part of `private_metadata`, so it must have no secret.

    Attributes:
        thread_ts: the message to answer under; empty if the answer is shown in the modal.
        begins: that message has no replies yet.
    """

    surface: Surface = Surface.GLOBAL_SHORTCUT
    channel: str = ""
    thread_ts: str = ""
    begins: bool = False


def asking(
    catalog: Catalog,
    origin: Origin,
    *,
    found: Sequence[str] = (),
    remark: str = "",
    row: Block | None = None,
) -> View:
    """Make the modal that asks for one to ten ids.

    Args:
        catalog: the language.
        origin: where it is opened from.
        found: the initial content of the field.
        remark: mrkdwn at the top.
        row: buttons below the remark.
    """
    field = text_field(
        IDS_BLOCK,
        IDS_ACTION,
        catalog.say("modal.label"),
        shorten("\n".join(found), _TYPED_LIMIT),
        limit=_TYPED_LIMIT,
    ) | {"hint": label(catalog.say("modal.hint"))}
    intro = [section(remark)] if remark else []
    blocks = [*intro, *([row] if row is not None else []), field]
    view = modal(ASK_CALLBACK, catalog.say("modal.title"), catalog.say("modal.close"), blocks)
    return view | submission(catalog.say("modal.submit"), origin)


def answer(catalog: Catalog, message: Message) -> View:
    """Make the modal that shows an answer or a "working" note."""
    title, close = catalog.say("modal.title"), catalog.say("modal.close")
    return modal(ANSWER_CALLBACK, title, close, message.blocks)


def modal(callback: str, title: str, close: str, blocks: Sequence[Block]) -> View:
    """Make a modal; `callback` is the `callback_id` of its submission."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": label(title[:_TITLE_LIMIT]),
        "close": label(close),
        "blocks": list(blocks),
    }


def submission(text: str, origin: Origin, **more: str) -> View:
    """Make the submit button of a modal, and the data that its submission carries."""
    return {"submit": label(text), "private_metadata": carrying(origin, **more)}


def carrying(origin: Origin, **more: str) -> str:
    """Write what a modal or a button carries."""
    return json.dumps(asdict(origin) | more)


def text_field(
    block: str, action: str, caption: str, text: str, *, limit: int, **more: Any
) -> Block:
    """Make a field for several lines of text.

    Args:
        block: the `block_id`.
        action: the `action_id`.
        caption: the label above the field.
        text: the initial content.
        limit: the most characters.
        more: further fields of the element.
    """
    element = {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": True,
        "max_length": limit,
        **more,
    }
    if text:
        element["initial_value"] = text
    return {"type": "input", "block_id": block, "label": label(caption), "element": element}


def typed_ids(view: Mapping[str, Any]) -> str:
    """The text in the modal that asks for ids."""
    return typed_in(view, IDS_BLOCK, IDS_ACTION)


def typed_in(view: Mapping[str, Any], block: str, action: str) -> str:
    """The text in a field of a modal."""
    field = part(part(part(part(view, "state"), "values"), block), action)
    return first_word(field.get("value"))


def origin_of(view: Mapping[str, Any]) -> Origin:
    """Read the origin of a modal; the default if it is malformed."""
    return origin_in(carried(view))


def origin_in(loaded: Mapping[str, Any]) -> Origin:
    """Read the origin in what a modal or a button carries."""
    return Origin(
        surface=next(
            (one for one in Surface if one == loaded.get("surface")), Surface.GLOBAL_SHORTCUT
        ),
        channel=str(loaded.get("channel") or ""),
        thread_ts=str(loaded.get("thread_ts") or ""),
        begins=bool(loaded.get("begins")),
    )


def carried(view: Mapping[str, Any]) -> dict[str, Any]:
    """Read the `private_metadata` of a modal; empty if it is malformed."""
    return parsed(view.get("private_metadata"), dict) or {}
