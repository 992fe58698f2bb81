"""Checks the shape of a request before Bolt and the listeners read it.

Bolt reads nested fields of clicks and modals without checking their types. A malformed request gets
status 400 here; otherwise Bolt would raise, and the log would show an internal error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from slack_bolt.response import BoltResponse

_log = structlog.get_logger(__name__)
_WORDS: Final = (
    *("type", "command", "text", "trigger_id", "response_url", "callback_id", "action_id"),
    *("user_id", "channel_id", "team_id", "event_id"),
)
_CLICKS: Final = frozenset({"block_actions", "interactive_message"})
_FORMS: Final = frozenset({"view_submission", "view_closed"})


def is_well_shaped(body: object) -> bool:
    """Whether each field that is read without a check has the type that Slack documents."""
    if not isinstance(body, Mapping) or not _are_words(body, _WORDS):
        return False
    kind = body.get("type")
    if kind in _CLICKS and "actions" in body:
        return _are_actions(body["actions"])
    if kind in _FORMS:
        return _is_view(body.get("view"))
    if kind == "workflow_step_edit":
        return isinstance(body.get("workflow_step"), Mapping)
    return "event" not in body or _is_event(body["event"])


async def reject_malformed(
    body: dict[str, Any],
    next: Callable[[], Awaitable[object]],  # noqa: A002
) -> BoltResponse | None:
    """Middleware: answer a malformed request with 400."""
    if is_well_shaped(body):
        await next()
        return None
    _log.warning("request refused", status=400, reason="shape")
    return BoltResponse(status=400, body='{"error": "body"}')


def _are_words(part: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return all(isinstance(part.get(name), str | None) for name in names)


def _are_actions(actions: object) -> bool:
    return (
        isinstance(actions, list)
        and bool(actions)
        and all(
            isinstance(one, Mapping) and _are_words(one, ("action_id", "block_id", "type", "name"))
            for one in actions
        )
    )


def _is_view(view: object) -> bool:
    return (
        isinstance(view, Mapping)
        and isinstance(view.get("type"), str)
        and _are_words(view, ("callback_id", "id", "private_metadata"))
    )


def _is_event(event: object) -> bool:
    # Bolt reads fields of a nested message without a check.
    return (
        isinstance(event, Mapping)
        and _are_words(event, ("type", "subtype", "channel_type"))
        and all(
            isinstance(event.get(name), Mapping | None) for name in ("message", "previous_message")
        )
    )
