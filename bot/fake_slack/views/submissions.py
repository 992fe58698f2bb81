"""The bot's answers to submitted modals, parsed and applied as strictly as Slack does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.fake_slack.payloads.objects import elements_of_view
from bot.fake_slack.rules.block_rules import Surface
from bot.fake_slack.state.ledger import Ack, Ledger, View
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.views.open_views import OpenViews

FIELDS = frozenset({"response_action", "errors", "view"})


class Outcome(StrEnum):
    """The effect of an answer to a submission; `failed` is Slack's "trouble connecting"."""

    CLOSED = "close"
    ERRORS = "errors"
    UPDATED = "update"
    PUSHED = "push"
    CLEARED = "clear"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A submitted modal: the acknowledgement and its effect.

    `errors` are the texts under inputs, by block_id; `view` is the modal on top afterwards, None
    if the stack is empty.
    """

    ack: Ack
    action: Outcome
    errors: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None


class Submissions:
    """Applies the answers to submitted modals."""

    def __init__(self, ledger: Ledger, views: OpenViews) -> None:
        self._ledger = ledger
        self._views = views

    def apply(self, view: View, ack: Ack) -> Submission:
        """Apply the acknowledgement; one that Slack would not accept changes nothing."""
        errors: Mapping[str, str] = {}
        try:
            body = _read(ack)
            action = Outcome(body.get("response_action", Outcome.CLOSED))
            if action is Outcome.ERRORS:
                errors = _checked_errors(view, body.get("errors"))
            else:
                self._do(action, view, body)
        except RefusedError as refused:
            self._ledger.refusals.append(f"view_submission: {refused.error} {refused.details}")
            action = Outcome.FAILED
        top = self._views.modals_of(view.user)[-1:]
        return Submission(ack=ack, action=action, errors=errors, view=top[0] if top else None)

    def _do(self, action: Outcome, view: View, body: Mapping[str, Any]) -> None:
        if action is Outcome.CLEARED:
            self._views.clear(view.user)
        elif action is Outcome.CLOSED:
            # A views.update or a clear in the meantime may have removed the view already.
            self._close_if_open(view)
        else:
            own_id = view.id if action is Outcome.UPDATED else ""
            content = self._views.checked(body.get("view"), Surface.MODAL, own_id=own_id)
            current = self._views.find(view.id)
            if current is None:
                raise RefusedError("not_found")
            if action is Outcome.UPDATED:
                self._views.change(current, content)
            else:
                self._views.push(current, content)

    def _close_if_open(self, view: View) -> None:
        current = self._views.find(view.id)
        if current is not None:
            self._views.close(current)


def _read(ack: Ack) -> Mapping[str, Any]:
    if not ack.accepted:
        raise RefusedError(f"answered with {ack.status} {ack.body[:60]}")
    if not ack.body.strip():
        return {}
    try:
        parsed = json.loads(ack.body)
    except ValueError:
        raise RefusedError("the acknowledgement is not JSON") from None
    if not isinstance(parsed, dict):
        raise RefusedError("the acknowledgement is no object")
    unknown = sorted(set(parsed) - FIELDS)
    if unknown:
        raise RefusedError("unknown fields", details={"unknown": unknown})
    # "close" is not an action of Slack's: an empty acknowledgement closes the modal.
    action = parsed.get("response_action", Outcome.ERRORS)
    known = (Outcome.ERRORS, Outcome.UPDATED, Outcome.PUSHED, Outcome.CLEARED)
    if parsed and ("response_action" not in parsed or action not in known):
        raise RefusedError("unknown response_action")
    return parsed


def _checked_errors(view: View, errors: object) -> Mapping[str, str]:
    """The error texts, if each belongs to an input of the view.

    Raises:
        RefusedError: a block is no input of this view, or a text is missing.
    """
    inputs = {
        element.block_id for element in elements_of_view(view) if element.block["type"] == "input"
    }
    if not isinstance(errors, dict) or not errors:
        raise RefusedError("errors without texts")
    for block_id, text in errors.items():
        if block_id not in inputs:
            raise RefusedError(f"errors for {block_id}, which is no input")
        if not isinstance(text, str) or not text.strip():
            raise RefusedError(f"errors for {block_id} without a text")
    return errors
