"""The signature of what modals and buttons carry: it decides access, and where answers go.

Slack returns it unchanged, as the `private_metadata` of a view or the value of a button; values
that are no JSON objects, such as ids, need no signature, since they decide neither.
https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.slack.blocks.block_kit import Block, Element, Message, View
from bot.slack.blocks.payload import first_action, parsed, part

# The hash key serves other purposes as well, so this one has a key of its own.
_PURPOSE: Final = b"what modals and buttons carry"
_SEAL: Final = "seal"
# 128 bits in hexadecimal.
_LENGTH: Final = 32


class Seal:
    """Signs JSON objects and recognises its own; processes with the same key agree.

    Args:
        hash_key: the key of the installation; without one, only this process recognises them.
    """

    def __init__(self, hash_key: bytes = b"") -> None:
        self._key = hmac.digest(hash_key or secrets.token_bytes(), _PURPOSE, "sha256")

    def on_view(self, view: View) -> View:
        """The view with what it carries signed."""
        carried = view.get("private_metadata")
        return {**view, "private_metadata": self._signed(carried)} if carried else view

    def on_message(self, message: Message) -> Message:
        """The message with what its buttons carry signed."""
        return Message(text=message.text, blocks=tuple(map(self._on_block, message.blocks)))

    def is_on(self, body: Mapping[str, Any]) -> bool:
        """Whether a payload carries only what was signed; also if it carries nothing."""
        return all(map(self._is_own, _carried_in(body)))

    def _on_block(self, block: Block) -> Block:
        if block["type"] != "actions":
            return block
        return {**block, "elements": [self._on_element(one) for one in block["elements"]]}

    def _on_element(self, element: Element) -> Element:
        value = element.get("value", "")
        return {**element, "value": self._signed(value)} if _is_object(value) else element

    def _signed(self, text: str) -> str:
        carried = json.loads(text)
        carried.pop(_SEAL, None)
        return json.dumps({**carried, _SEAL: self._signature(carried)})

    def _is_own(self, text: object) -> bool:
        carried = parsed(text, dict) or {}
        given = carried.pop(_SEAL, None)
        # As bytes, since the comparison raises TypeError for other letters than those of ASCII.
        given = given.encode(errors="replace") if isinstance(given, str) else b""
        return hmac.compare_digest(self._signature(carried).encode(), given)

    def _signature(self, carried: Mapping[str, Any]) -> str:
        canonical = json.dumps(carried, sort_keys=True).encode()
        return hmac.digest(self._key, canonical, "sha256").hex()[:_LENGTH]


def without_carried(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload without what it carries, so that nothing of it is used."""
    view, action = part(body, "view"), first_action(body)
    return {
        **body,
        **({"view": {**view, "private_metadata": ""}} if view else {}),
        **({"actions": [{**action, "value": ""}]} if action else {}),
    }


def _carried_in(body: Mapping[str, Any]) -> Iterator[object]:
    metadata, value = part(body, "view").get("private_metadata"), first_action(body).get("value")
    if metadata:
        yield metadata
    if _is_object(value):
        yield value


def _is_object(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")
