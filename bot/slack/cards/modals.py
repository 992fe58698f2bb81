"""The modals: one asks for ids, one shows what comes of it.

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
from bot.slack.blocks.block_kit import Block, Message, section

ASK_CALLBACK: Final = "ask_for_ids"
ANSWER_CALLBACK: Final = "show_answer"
IDS_BLOCK: Final = "ids"
IDS_ACTION: Final = "ids_text"

_TITLE_LIMIT: Final = 24
_TYPED_LIMIT: Final = 1_000

View = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a modal was opened from; travels in the view, so it holds no secret.

    Attributes:
        thread_ts: the message to answer under; empty where the answer goes into the modal.
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
    """The modal that asks for one to ten ids, filled in with what was found.

    Args:
        catalog: the language.
        origin: where it is opened from.
        found: what stands in it at first.
        remark: mrkdwn that is said first.
        row: buttons that stand below the remark.
    """
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": IDS_ACTION,
        "multiline": True,
        "max_length": _TYPED_LIMIT,
        "placeholder": _plain(catalog.say("modal.placeholder")),
    }
    if found:
        element["initial_value"] = shorten("\n".join(found), _TYPED_LIMIT)
    block = {
        "type": "input",
        "block_id": IDS_BLOCK,
        "label": _plain(catalog.say("modal.label")),
        "hint": _plain(catalog.say("modal.hint")),
        "element": element,
    }
    said = [section(remark)] if remark else []
    blocks = [*said, *([row] if row is not None else []), block]
    return {
        **_modal(ASK_CALLBACK, catalog, blocks),
        "submit": _plain(catalog.say("modal.submit")),
        "private_metadata": json.dumps(asdict(origin)),
    }


def answer(catalog: Catalog, message: Message) -> View:
    """The answer, or that work is going on, where there is no conversation to answer in."""
    return _modal(ANSWER_CALLBACK, catalog, message.blocks)


def _modal(callback: str, catalog: Catalog, blocks: Sequence[Block]) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": _plain(catalog.say("modal.title")[:_TITLE_LIMIT]),
        "close": _plain(catalog.say("modal.close")),
        "blocks": list(blocks),
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def typed_ids(view: Mapping[str, Any]) -> str:
    """What was typed into the modal that asks."""
    values: Any = view.get("state", {})
    for name in ("values", IDS_BLOCK, IDS_ACTION):
        values = values.get(name) if isinstance(values, Mapping) else None
    typed = values.get("value") if isinstance(values, Mapping) else None
    return typed if isinstance(typed, str) else ""


def origin_of(view: Mapping[str, Any]) -> Origin:
    """Where the modal was opened from; nowhere if that cannot be read."""
    try:
        loaded = json.loads(str(view.get("private_metadata") or "{}"))
    except (ValueError, RecursionError):
        return Origin()
    if not isinstance(loaded, dict):
        return Origin()
    return Origin(
        surface=_surface(loaded.get("surface")),
        channel=str(loaded.get("channel") or ""),
        thread_ts=str(loaded.get("thread_ts") or ""),
        begins=bool(loaded.get("begins")),
    )


def _surface(name: object) -> Surface:
    try:
        return Surface(str(name))
    except ValueError:
        return Surface.GLOBAL_SHORTCUT
