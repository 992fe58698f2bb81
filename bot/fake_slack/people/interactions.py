"""Payloads of user actions: commands, shortcuts, clicks, submitted and closed modals.

Each refuses what Slack's client would not let a user do. Fields follow
docs.slack.dev/reference/interaction-payloads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.fake_slack.payloads.form_state import (
    NAME_OF_VALUE,
    action_of,
    is_empty,
    state_of,
    with_value,
)
from bot.fake_slack.payloads.objects import (
    Payload,
    channel_in_payload,
    elements_of_message,
    elements_of_view,
    interaction,
    made_up_team,
    person_in_payload,
    shown_message,
    shown_view,
)
from bot.fake_slack.rules.shown_blocks import Element
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Message, State, UserMessage, View
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import APP_ID, VERIFICATION_TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """Creates the payloads of one user."""

    slack: LoopbackSlack = field(repr=False)
    user: str
    team: str

    def command(self, command: str, text: str, channel: str) -> dict[str, str]:
        """A slash command with a new response_url and trigger_id.

        Unknown channels and users get the neutral names that Slack uses.
        """
        workspace = self.slack.workspace
        place = channel_in_payload(workspace, channel)
        team = made_up_team(workspace, self.team)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team.pop("id"),
            "team_domain": team.pop("domain"),
            **team,
            "channel_id": channel,
            "channel_name": place["name"],
            "user_id": self.user,
            "user_name": person_in_payload(workspace, self.user, self.team)["name"],
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": str(workspace.org_wide).lower(),
            "response_url": self.slack.issue_response_url(channel=channel, user=self.user),
            "trigger_id": self._trigger(),
        }

    def message_shortcut(
        self, callback_id: str, message: Message | UserMessage, channel: str
    ) -> Payload:
        """A shortcut from the menu of a message that the user can see."""
        self._check_shortcuts()
        self.check_can_see(channel)
        if isinstance(message, Message) and message.ephemeral:
            raise NotPossibleError("an ephemeral message has no shortcuts")
        current = self._current(message)
        return {
            **interaction(self.slack.workspace, "message_action", self.user, self.team),
            "action_ts": self._now(),
            "channel": channel_in_payload(self.slack.workspace, channel),
            "callback_id": callback_id,
            "trigger_id": self._trigger(),
            "response_url": self.slack.issue_response_url(
                channel=channel, user=self.user, kind="app"
            ),
            "message_ts": current.ts,
            "message": shown_message(self.slack.ledger, current),
        }

    def global_shortcut(self, callback_id: str) -> Payload:
        """A global shortcut: no channel, no response_url."""
        self._check_shortcuts()
        return {
            **interaction(self.slack.workspace, "shortcut", self.user, self.team),
            "action_ts": self._now(),
            "callback_id": callback_id,
            "trigger_id": self._trigger(),
        }

    def click_in_message(
        self, message: Message, action_id: str, block_id: str | None, value: Any
    ) -> Payload:
        """A click on an element of a message; Slack omits the message if it is ephemeral."""
        self._check_reader(message)
        current = self.slack.ledger.find(message.channel, message.ts)
        if current is None:
            raise NotPossibleError(f"the message {message.ts} is gone")
        elements = elements_of_message(current)
        element = self._pressed(elements, action_id, block_id, value)
        action = action_of(element, value, self._now())
        put = with_value({}, element, value)
        # Slack does not store ephemeral messages, so it cannot include one.
        shown = {} if current.ephemeral else {"message": shown_message(self.slack.ledger, current)}
        return {
            **self._click(action),
            "container": _container(current),
            "channel": channel_in_payload(self.slack.workspace, current.channel),
            **shown,
            "state": {"values": state_of(elements, put)},
            "response_url": self.slack.issue_response_url(
                channel=current.channel, user=self.user, kind="actions", original_ts=current.ts
            ),
            "trigger_id": self._trigger(),
        }

    def click_in_view(
        self, view: View, action_id: str, block_id: str | None, value: Any
    ) -> Payload:
        """A click on an element of the Home tab or the top modal."""
        current = self.usable_view(view)
        element = self._pressed(elements_of_view(current), action_id, block_id, value)
        if element.block["type"] == "input" and not element.block.get("dispatch_action"):
            raise NotPossibleError(f"{action_id} is an input without dispatch_action")
        action = action_of(element, value, self._now())
        put = with_value(current.state, element, value)
        changed = self.slack.open_views.save_state(current, put)
        return {
            **self._click(action),
            "container": {"type": "view", "view_id": current.id},
            "view": shown_view(changed),
            "trigger_id": self._trigger(view_id=current.id),
        }

    def submission(self, view: View, values: Mapping[str, Any]) -> Payload:
        """A submitted modal; `values` are named by block_id or action_id."""
        current = self.usable_view(view)
        if not current.content.get("submit") or current.content.get("submit_disabled"):
            raise NotPossibleError("this modal has no button to submit it")
        filled = self._filled(current, values)
        return {
            **interaction(self.slack.workspace, "view_submission", self.user, self.team),
            "api_app_id": APP_ID,
            "trigger_id": self._trigger(view_id=current.id),
            "view": shown_view(filled),
            "response_urls": self._response_urls(filled),
        }

    def closing(self, view: View, *, is_cleared: bool) -> Payload:
        """A modal closed without being submitted."""
        return {
            **interaction(self.slack.workspace, "view_closed", self.user, self.team),
            "api_app_id": APP_ID,
            "view": shown_view(view),
            "is_cleared": is_cleared,
        }

    def usable_view(self, view: View) -> View:
        """The current state of the view, if this user can use it.

        Raises:
            NotPossibleError: it is gone, covered by another one or on another user's screen.
        """
        current = self.slack.open_views.find(view.id)
        if current is None or current.user != self.user:
            raise NotPossibleError(f"the view {view.id} is not open for {self.user}")
        if current.is_modal and self.slack.modals_of(self.user)[-1] != current:
            raise NotPossibleError(f"the view {view.id} is covered by another one")
        return current

    def check_can_see(self, channel: str) -> None:
        """Check that the user can see a channel.

        Raises:
            NotPossibleError: it is private and they are not in it.
        """
        place = self.slack.workspace.channels.get(channel)
        if place is not None and place.is_private and self.user not in place.members:
            raise NotPossibleError(f"{self.user} does not see {channel}")

    def _check_shortcuts(self) -> None:
        if "commands" not in self.slack.workspace.scopes:
            raise NotPossibleError("an app without the scope commands has no shortcuts")

    def _check_reader(self, message: Message) -> None:
        self.check_can_see(message.channel)
        if message.ephemeral and message.user != self.user:
            raise NotPossibleError(f"{self.user} does not see this ephemeral message")

    def _current(self, message: Message | UserMessage) -> Message | UserMessage:
        """The current state of the message."""
        ledger = self.slack.ledger
        found = ledger.find(message.channel, message.ts)
        current = found or ledger.find_said(message.channel, message.ts)
        if current is None:
            raise NotPossibleError(f"the message {message.ts} is gone")
        return current

    def _pressed(
        self, elements: list[Element], action_id: str, block_id: str | None, value: Any
    ) -> Element:
        """The one element with these ids; `value` distinguishes buttons with equal ids."""
        found = [
            element
            for element in elements
            if element.action_id == action_id and block_id in (None, element.block_id)
        ]
        if value is not None:
            found = [
                one for one in found if one.kind != "button" or one.content.get("value") == value
            ]
        seen = [one for one in found if self._sees(one)]
        if len(seen) != 1:
            there = [(one.block_id, one.action_id) for one in elements if self._sees(one)]
            raise NotPossibleError(f"{len(seen)} elements are {action_id!r}; there are {there}")
        return seen[0]

    def _sees(self, element: Element) -> bool:
        only_for = element.content.get("visible_to_user_ids")
        return only_for is None or self.user in only_for

    def _click(self, action: Payload) -> Payload:
        shown = interaction(self.slack.workspace, "block_actions", self.user, self.team)
        return {**shown, "api_app_id": APP_ID, "actions": [action]}

    def _filled(self, view: View, values: Mapping[str, Any]) -> View:
        """The view with these values stored, if it can be submitted."""
        elements = [one for one in elements_of_view(view) if one.kind in NAME_OF_VALUE]
        names = {name for one in elements for name in (one.block_id, one.action_id)}
        unknown = sorted(set(values) - names)
        if unknown:
            raise NotPossibleError(f"the modal has no {unknown}; it has {sorted(names)}")
        put: State = view.state
        for element in elements:
            for name in {element.block_id, element.action_id} & set(values):
                put = with_value(put, element, values[name])
        saved = self.slack.open_views.save_state(view, put)
        _check_required(elements, put)
        return saved

    def _response_urls(self, view: View) -> list[Payload]:
        """A response_url for each conversation chosen in a menu with `response_url_enabled`."""
        urls = []
        values = state_of(elements_of_view(view), view.state)
        for element in elements_of_view(view):
            if element.content.get("response_url_enabled"):
                entry = values[element.block_id][element.action_id]
                channel = entry["selected_conversation"]
                self._check_offered(element, channel)
                place = {"block_id": element.block_id, "action_id": element.action_id}
                url = self.slack.issue_response_url(channel=channel, user=self.user, kind="app")
                urls.append({**place, "channel_id": channel, "response_url": url})
        return urls

    def _check_offered(self, element: Element, channel: str) -> None:
        without = element.content.get("filter", {}).get("exclude_external_shared_channels")
        known = self.slack.workspace.channels.get(channel)
        if without and known is not None and known.is_ext_shared:
            raise NotPossibleError(f"{element.action_id} does not offer {channel}")

    def _trigger(self, *, view_id: str | None = None) -> str:
        return self.slack.issue_trigger(self.user, team=self.team, view_id=view_id)

    def _now(self) -> str:
        return f"{self.slack.ledger.clock():.6f}"


def _container(message: Message) -> Payload:
    container: Payload = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral,
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def _check_required(elements: list[Element], put: State) -> None:
    values = state_of(elements, put)
    for element in elements:
        block = element.block
        if block["type"] != "input" or block.get("optional"):
            continue
        if is_empty(values[element.block_id][element.action_id]):
            raise NotPossibleError(f"{element.block_id} must be filled in")
