"""The views on users' screens: stacks of modals and Home tabs, and the triggers that open them.

A trigger_id is valid for 3 seconds and one modal; a stack holds at most 3 modals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.fake_slack.rules.block_rules import Surface
from bot.fake_slack.rules.view_rules import problems_of_view
from bot.fake_slack.state.ledger import Ledger, View
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import TEAM_ID

TRIGGER_SECONDS = 3.0
MOST_MODALS = 3
MOST_BYTES = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger_id: its user, when it was issued, and whether it was exchanged for a modal.

    `view_id` is the modal that the user acted in, if it was one.
    """

    user: str
    issued_at: float
    team: str = TEAM_ID
    view_id: str | None = None
    exchanged: bool = False


class OpenViews:
    """All modals and Home tabs; the ledger stores them, a stack of modals bottom first."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._triggers: dict[str, Trigger] = {}

    def issue_trigger(self, user: str, *, team: str = TEAM_ID, view_id: str | None = None) -> str:
        """A new trigger_id."""
        number = self._ledger.next_number()
        trigger_id = f"{number:013d}.0000000000001.{number:032x}"
        now = self._ledger.clock()
        self._triggers[trigger_id] = Trigger(user=user, team=team, view_id=view_id, issued_at=now)
        return trigger_id

    def good_trigger(self, trigger_id: str) -> Trigger:
        """A trigger that can still be exchanged.

        Raises:
            RefusedError: it was never issued, was exchanged or has expired.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.exchanged:
            raise RefusedError("exchanged_trigger_id")
        if self._ledger.clock() - trigger.issued_at > TRIGGER_SECONDS:
            raise RefusedError("expired_trigger_id")
        return trigger

    def exchange(self, trigger_id: str) -> None:
        """Mark a trigger as used."""
        self._triggers[trigger_id] = replace(self._triggers[trigger_id], exchanged=True)

    def home_of(self, user: str) -> View | None:
        """The user's Home tab, if one was published."""
        found = [view for view in self._ledger.views if view.user == user and not view.is_modal]
        return found[0] if found else None

    def modals_of(self, user: str) -> list[View]:
        """The user's stack of modals; the last one is on top."""
        return [view for view in self._ledger.views if view.user == user and view.is_modal]

    def find(self, view_id: object, external_id: object = None) -> View | None:
        """The view with one of these ids."""
        for view in self._ledger.views:
            by_external_id = external_id and view.content.get("external_id") == external_id
            if view.id == view_id or by_external_id:
                return view
        return None

    def open(self, user: str, team: str, content: Mapping[str, Any]) -> View:
        """Open a modal for a user; it replaces the whole stack."""
        self.clear(user)
        return self._add(user, team, content, below=None)

    def push(self, below: View, content: Mapping[str, Any]) -> View:
        """Push a modal onto the stack.

        Raises:
            RefusedError: the stack is full.
        """
        if len(self.modals_of(below.user)) >= MOST_MODALS:
            raise RefusedError("push_limit_reached")
        return self._add(below.user, below.team, content, below=below)

    def publish(self, user: str, team: str, content: Mapping[str, Any]) -> View:
        """Publish a Home tab, replacing the last one."""
        earlier = self.home_of(user)
        if earlier is not None:
            return self.change(earlier, content)
        view = self._made(f"VHOME{user[1:]}", user, team, content)
        return self._appended(view)

    def change(self, view: View, content: Mapping[str, Any]) -> View:
        """Replace the content of a view; elements that remain retain their values."""
        # A new hash makes a concurrent views.update with the old one a hash_conflict.
        changed = replace(view, content=content, hash=self._new_hash())
        return self._swapped(view, changed)

    def save_state(self, view: View, state: Mapping[str, Mapping[str, Any]]) -> View:
        """Store what the user has entered in a view."""
        return self._swapped(view, replace(view, state=state))

    def close(self, view: View) -> None:
        """Remove one view."""
        self._ledger.views.remove(view)
        self._ledger.notify()

    def clear(self, user: str) -> None:
        """Remove the user's whole stack."""
        for view in self.modals_of(user):
            self.close(view)

    def checked(self, view: object, surface: Surface, *, own_id: str = "") -> Mapping[str, Any]:
        """The view, if Slack would accept it; it may be a JSON text.

        Raises:
            RefusedError: as Slack would refuse it.
        """
        content = _as_object(view)
        problems = problems_of_view(content, surface)
        if problems:
            messages = [f"[ERROR] {line}" for line in problems]
            details = {"errors": problems, "response_metadata": {"messages": messages}}
            raise RefusedError("invalid_arguments", details=details)
        # Slack's limit applies to the bytes of the JSON, not to its characters.
        if len(json.dumps(content).encode()) > MOST_BYTES:
            raise RefusedError("view_too_large")
        namesake = self.find(None, content.get("external_id"))
        if namesake is not None and namesake.id != own_id:
            raise RefusedError("duplicate_external_id")
        return content

    def _add(self, user: str, team: str, content: Mapping[str, Any], *, below: View | None) -> View:
        view = self._made(f"V{self._ledger.next_number():010d}", user, team, content)
        if below is not None:
            view = replace(view, previous_id=below.id, root_id=below.root_id)
        return self._appended(view)

    def _made(self, identifier: str, user: str, team: str, content: Mapping[str, Any]) -> View:
        return View(
            id=identifier,
            user=user,
            team=team,
            content=content,
            hash=self._new_hash(),
            root_id=identifier,
        )

    def _new_hash(self) -> str:
        return f"{int(self._ledger.clock())}.{self._ledger.next_number():08x}"

    def _appended(self, view: View) -> View:
        self._ledger.views.append(view)
        self._ledger.notify()
        return view

    def _swapped(self, view: View, changed: View) -> View:
        self._ledger.views[self._ledger.views.index(view)] = changed
        self._ledger.notify()
        return changed


def _as_object(view: object) -> Mapping[str, Any]:
    if isinstance(view, str):
        try:
            view = json.loads(view)
        except ValueError:
            view = None
    if not isinstance(view, dict):
        raise RefusedError("invalid_arguments")
    return view
