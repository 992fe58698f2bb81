"""views.open, views.update and views.publish, and the trigger_ids that open modals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.demo.loopback.block_rules import Surface
from bot.demo.loopback.ledger import Ledger, View
from bot.demo.loopback.methods import Answer, Arguments, Method, arguments, needed
from bot.demo.loopback.refusals import RefusedError
from bot.demo.loopback.view_rules import problems_of_view
from bot.demo.loopback.workspace import APP_ID, TEAM_ID, Workspace

TRIGGER_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger_id: whose it is, when it was given out, whether a modal has come of it."""

    user: str
    issued_at: float
    exchanged: bool = False


class ViewMethods:
    """Modals and Home tabs, checked by the rules for views."""

    def __init__(self, ledger: Ledger, workspace: Workspace) -> None:
        self._ledger = ledger
        self._workspace = workspace
        self._triggers: dict[str, Trigger] = {}

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "views.open": Method(answer=self.open, arguments=arguments("trigger_id", "view")),
            "views.update": Method(
                answer=self.update, arguments=arguments("view_id", "external_id", "hash", "view")
            ),
            "views.publish": Method(
                answer=self.publish, arguments=arguments("user_id", "hash", "view")
            ),
        }

    def issue_trigger(self, user: str) -> str:
        """A trigger_id that opens one modal within 3 seconds."""
        number = self._ledger.next_number()
        trigger_id = f"{number:013d}.0000000000001.{number:032x}"
        self._triggers[trigger_id] = Trigger(user=user, issued_at=self._ledger.clock())
        return trigger_id

    def open(self, given: Arguments) -> Answer:
        """Open a modal for the person whose trigger_id it is."""
        trigger_id = needed(given, "trigger_id")
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.exchanged:
            raise RefusedError("exchanged_trigger_id")
        if self._ledger.clock() - trigger.issued_at > TRIGGER_SECONDS:
            raise RefusedError("expired_trigger_id")
        content = _checked(given, Surface.MODAL)
        self._triggers[trigger_id] = replace(trigger, exchanged=True)
        return self._shown(self._new(f"V{self._ledger.next_number():010d}", trigger.user, content))

    def update(self, given: Arguments) -> Answer:
        """Change a modal, unless somebody else changed it since `hash`."""
        view = self._find(given)
        if given.get("hash") not in (None, view.hash):
            raise RefusedError("hash_conflict")
        content = _checked(given, Surface(view.content["type"]))
        self._ledger.views.remove(view)
        return self._shown(self._new(view.id, view.user, content))

    def publish(self, given: Arguments) -> Answer:
        """Put a Home tab before a person in place of the one before."""
        user = needed(given, "user_id")
        if user not in self._workspace.people:
            raise RefusedError("user_not_found")
        content = _checked(given, Surface.HOME)
        identifier = f"VHOME{user[1:]}"
        earlier = [view for view in self._ledger.views if view.id == identifier]
        if earlier and given.get("hash") not in (None, earlier[0].hash):
            raise RefusedError("hash_conflict")
        for view in earlier:
            self._ledger.views.remove(view)
        return self._shown(self._new(identifier, user, content))

    def _find(self, given: Arguments) -> View:
        view_id, external_id = given.get("view_id"), given.get("external_id")
        for view in self._ledger.views:
            by_external_id = external_id and view.content.get("external_id") == external_id
            if view.id == view_id or by_external_id:
                return view
        raise RefusedError("not_found")

    def _new(self, identifier: str, user: str, content: Mapping[str, Any]) -> View:
        stamp = f"{int(self._ledger.clock())}.{self._ledger.next_number():08x}"
        view = View(id=identifier, user=user, content=content, hash=stamp)
        self._ledger.views.append(view)
        self._ledger.ring()
        return view

    def _shown(self, view: View) -> Answer:
        own = {"id": view.id, "hash": view.hash, "team_id": TEAM_ID, "app_id": APP_ID}
        return {"view": {**view.content, **own, "state": {"values": {}}}}


def _checked(given: Arguments, surface: Surface) -> Mapping[str, Any]:
    view = given.get("view")
    if isinstance(view, str):
        try:
            view = json.loads(view)
        except ValueError:
            view = None
    if not isinstance(view, dict):
        raise RefusedError("invalid_arguments")
    problems = problems_of_view(view, surface)
    if problems:
        messages = [f"[ERROR] {line}" for line in problems]
        details = {"errors": problems, "response_metadata": {"messages": messages}}
        raise RefusedError("invalid_arguments", details=details)
    return view
