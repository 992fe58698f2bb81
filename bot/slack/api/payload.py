"""Parts of what Slack sends, read without trust: what has another shape is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under this name; an empty one where there is none."""
    found = payload.get(name)
    return found if isinstance(found, Mapping) else _NOTHING


def first_word(*found: object) -> str:
    """The first of these that is a word; empty where none is."""
    return next((one for one in found if isinstance(one, str) and one), "")


def first_action(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was pressed or chosen: Slack sends a list of one.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    actions = payload.get("actions")
    found = actions[0] if isinstance(actions, list) and actions else None
    return found if isinstance(found, Mapping) else _NOTHING
