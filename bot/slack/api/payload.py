"""Safe access to parts of Slack's payloads: a part of the wrong type counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object with this name; empty if there is none."""
    found = payload.get(name)
    return found if isinstance(found, Mapping) else _NOTHING


def first_word(*found: object) -> str:
    """The first non-empty string; empty if there is none."""
    return next((one for one in found if isinstance(one, str) and one), "")


def first_action(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The element that was used: Slack sends a list of one action.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    actions = payload.get("actions")
    found = actions[0] if isinstance(actions, list) and actions else None
    return found if isinstance(found, Mapping) else _NOTHING
