"""views.open, views.push, views.update and views.publish."""

from __future__ import annotations

from bot.fake_slack.methods.method import Answer, Arguments, Method, arguments, needed
from bot.fake_slack.payloads.objects import shown_view
from bot.fake_slack.rules.block_rules import Surface
from bot.fake_slack.state.ledger import View
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import Workspace
from bot.fake_slack.views.open_views import OpenViews


class ViewMethods:
    """The views methods, which validate every view before they store it."""

    def __init__(self, views: OpenViews, workspace: Workspace) -> None:
        self._views = views
        self._workspace = workspace

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "views.open": Method(answer=self.open, arguments=arguments("trigger_id", "view")),
            "views.push": Method(answer=self.push, arguments=arguments("trigger_id", "view")),
            "views.update": Method(
                answer=self.update, arguments=arguments("view_id", "external_id", "hash", "view")
            ),
            "views.publish": Method(
                answer=self.publish, arguments=arguments("user_id", "hash", "view")
            ),
        }

    def open(self, given: Arguments) -> Answer:
        """Open a modal for the user who owns the trigger_id."""
        trigger_id = needed(given, "trigger_id")
        trigger = self._views.good_trigger(trigger_id)
        content = self._views.checked(given.get("view"), Surface.MODAL)
        # Only after validation: a refused view leaves the trigger_id usable.
        self._views.exchange(trigger_id)
        return _answer(self._views.open(trigger.user, trigger.team, content))

    def push(self, given: Arguments) -> Answer:
        """Push a modal over the one that the trigger_id came from."""
        trigger_id = needed(given, "trigger_id")
        trigger = self._views.good_trigger(trigger_id)
        below = self._views.find(trigger.view_id)
        if below is None or not below.is_modal:
            raise RefusedError("not_found")
        content = self._views.checked(given.get("view"), Surface.MODAL)
        pushed = self._views.push(below, content)
        self._views.exchange(trigger_id)
        return _answer(pushed)

    def update(self, given: Arguments) -> Answer:
        """Update a view, unless it was changed since `hash`."""
        view = self._views.find(given.get("view_id"), given.get("external_id"))
        if view is None:
            raise RefusedError("not_found")
        if given.get("hash") not in (None, view.hash):
            raise RefusedError("hash_conflict")
        surface = Surface(view.content["type"])
        content = self._views.checked(given.get("view"), surface, own_id=view.id)
        return _answer(self._views.change(view, content))

    def publish(self, given: Arguments) -> Answer:
        """Publish a user's Home tab, replacing the last one."""
        user = needed(given, "user_id")
        if user not in self._workspace.people:
            raise RefusedError("user_not_found")
        earlier = self._views.home_of(user)
        own_id = earlier.id if earlier else ""
        content = self._views.checked(given.get("view"), Surface.HOME, own_id=own_id)
        if earlier and given.get("hash") not in (None, earlier.hash):
            raise RefusedError("hash_conflict")
        return _answer(self._views.publish(user, self._workspace.team_of(user), content))


def _answer(view: View) -> Answer:
    return {"view": shown_view(view)}
