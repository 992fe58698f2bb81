"""Safe access to parts of Slack's payloads: a part of the wrong type counts as absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

T = TypeVar("T")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def part(payload: object, name: str) -> Mapping[str, Any]:
    """The object with this name; empty if there is none."""
    found = payload.get(name) if isinstance(payload, dict) else None
    return found if isinstance(found, dict) else _NOTHING


def parts(payload: object, name: str) -> list[Mapping[str, Any]]:
    """The objects in the list with this name."""
    found = payload.get(name) if isinstance(payload, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def first_word(*found: object) -> str:
    """The first non-empty string; empty if there is none."""
    for one in found:
        if isinstance(one, str) and one:
            return one
    return ""


def first_action(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The element that was used: Slack sends a list of one action.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    return next(iter(parts(payload, "actions")), _NOTHING)


def parsed(text: object, kind: type[T]) -> T | None:
    """JSON from outside, such as a list; `None` for anything else."""
    try:
        loaded = json.loads(text) if isinstance(text, str) else None
    # RecursionError, if it is nested too deeply.
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, kind) else None
