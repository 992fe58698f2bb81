"""The modals: one asks for ids, one shows the answer.

https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.services.records import Surface
from bot.slack.blocks.block_kit import Block, Message, View, label, section

ASK_CALLBACK: Final = "ask_for_ids"
ANSWER_CALLBACK: Final = "show_answer"
IDS_BLOCK: Final = "ids"
IDS_ACTION: Final = "ids_text"

_TITLE_LIMIT: Final = 24
_TYPED_LIMIT: Final = 1_000


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
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": IDS_ACTION,
        "multiline": True,
        "max_length": _TYPED_LIMIT,
        "placeholder": label(catalog.say("modal.placeholder")),
    }
    if found:
        element["initial_value"] = shorten("\n".join(found), _TYPED_LIMIT)
    block = {
        "type": "input",
        "block_id": IDS_BLOCK,
        "label": label(catalog.say("modal.label")),
        "hint": label(catalog.say("modal.hint")),
        "element": element,
    }
    intro = [section(remark)] if remark else []
    blocks = [*intro, *([row] if row is not None else []), block]
    return modal(ASK_CALLBACK, catalog.say("modal.title"), catalog.say("modal.close"), blocks) | {
        "submit": label(catalog.say("modal.submit")),
        "private_metadata": json.dumps(asdict(origin)),
    }


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


def typed_ids(view: Mapping[str, Any]) -> str:
    """The text in the modal that asks for ids."""
    return typed_in(view, IDS_BLOCK, IDS_ACTION)


def typed_in(view: Mapping[str, Any], block: str, action: str) -> str:
    """The text in a field of a modal."""
    typed: Any = view
    for name in ("state", "values", block, action, "value"):
        typed = typed.get(name) if isinstance(typed, Mapping) else None
    return typed if isinstance(typed, str) else ""


def origin_of(view: Mapping[str, Any]) -> Origin:
    """Read the origin of a modal; the default if it is malformed."""
    loaded = carried(view)
    return Origin(
        surface=_surface(loaded.get("surface")),
        channel=str(loaded.get("channel") or ""),
        thread_ts=str(loaded.get("thread_ts") or ""),
        begins=bool(loaded.get("begins")),
    )


def carried(view: Mapping[str, Any]) -> dict[str, Any]:
    """Read the `private_metadata` of a modal; empty if it is malformed."""
    try:
        loaded = json.loads(str(view.get("private_metadata") or "{}"))
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _surface(name: object) -> Surface:
    try:
        return Surface(str(name))
    except ValueError:
        return Surface.GLOBAL_SHORTCUT
