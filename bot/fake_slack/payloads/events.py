"""Events API payloads: which messages become events, and the envelope around each.

Fields follow docs.slack.dev/reference/events; what differs for a user of another workspace in a
shared channel follows slack-bolt's own tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.fake_slack.payloads.objects import Payload, shown_message, shown_view
from bot.fake_slack.state.ledger import Ledger, SentEvent, UserMessage, View
from bot.fake_slack.state.workspace import (
    APP_ID,
    BOT_MENTION,
    BOT_USER_ID,
    TEAM_ID,
    VERIFICATION_TOKEN,
    Channel,
    Workspace,
)

HOME_TAB = "home"


class Events:
    """Creates events; each is recorded in the ledger before it is delivered."""

    def __init__(self, ledger: Ledger, workspace: Workspace) -> None:
        self._ledger = ledger
        self._workspace = workspace

    def of_message(self, message: UserMessage) -> SentEvent | None:
        """The event for a new message: a mention where the bot is a member, or a direct message."""
        place = self._workspace.channels[message.channel]
        if BOT_USER_ID not in place.members:
            return None
        return self._direct_message(message, {}) if place.is_direct else self._mention(message)

    def _mention(self, message: UserMessage) -> SentEvent | None:
        """The event for a message that mentions the bot, new or edited."""
        place = self._workspace.channels[message.channel]
        if BOT_MENTION not in message.text or not self._workspace.sends("app_mention"):
            return None
        event = self._shown(message) | {"type": "app_mention"}
        # It has none for a message with files.
        event.pop("subtype", None)
        # Slack Connect: `team` is the app's workspace, and `user_profile.team` the user's.
        if message.team != TEAM_ID:
            event |= {"team": TEAM_ID, "user_profile": {"team": message.team}}
        return self._recorded(event, place, seconds=_second(event["event_ts"]), team=TEAM_ID)

    def of_change(self, before: UserMessage, after: UserMessage) -> SentEvent | None:
        """The event for an edited message: another mention, or a change of a direct message."""
        place = self._workspace.channels[after.channel]
        if BOT_USER_ID not in place.members:
            return None
        if not place.is_direct:
            return self._mention(after)
        changed = {
            "type": "message",
            "subtype": "message_changed",
            "message": shown_message(self._ledger, after),
            "previous_message": shown_message(self._ledger, before),
            "hidden": True,
            "ts": after.edited_ts,
            "event_ts": after.edited_ts,
        }
        return self._direct_message(after, changed)

    def of_deletion(self, message: UserMessage) -> SentEvent | None:
        """The event for a deleted message; Slack sends it for direct messages only."""
        place = self._workspace.channels[message.channel]
        if BOT_USER_ID not in place.members or not place.is_direct:
            return None
        now = self._ledger.next_ts()
        deleted = {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": shown_message(self._ledger, message),
            "deleted_ts": message.ts,
            "hidden": True,
            "ts": now,
            "event_ts": now,
        }
        return self._direct_message(message, deleted)

    def of_home(self, user: str, tab: str, view: View | None) -> SentEvent | None:
        """The event for a user who opens the app."""
        if not self._workspace.sends("app_home_opened"):
            return None
        place = self._workspace.direct(user)
        now = self._ledger.clock()
        event: Payload = {
            "type": "app_home_opened",
            "user": user,
            "channel": place.id,
            "tab": tab,
            "event_ts": f"{now:.6f}",
        }
        if view is not None and tab == HOME_TAB:
            event["view"] = shown_view(view)
        return self._recorded(event, place, seconds=int(now), team=TEAM_ID)

    def _direct_message(self, message: UserMessage, changed: Payload) -> SentEvent | None:
        if not self._workspace.sends("message.im"):
            return None
        place = self._workspace.channels[message.channel]
        event = changed or self._shown(message)
        if message.files and not changed and not message.subtype:
            event["subtype"] = "file_share"
        event |= {"channel": message.channel, "channel_type": "im"}
        second = _second(str(event["event_ts"]))
        return self._recorded(event, place, seconds=second, team=message.team)

    def _shown(self, message: UserMessage) -> Payload:
        shown = shown_message(self._ledger, message)
        moment = message.edited_ts or message.ts
        return {**shown, "channel": message.channel, "event_ts": moment}

    def _recorded(
        self, event: Mapping[str, Any], place: Channel, *, seconds: int, team: str
    ) -> SentEvent:
        number = self._ledger.next_number()
        enterprise = self._workspace.enterprise
        of_place = self._workspace.enterprises.get(team)
        payload = {
            "token": VERIFICATION_TOKEN,
            "team_id": team,
            **({"enterprise_id": of_place} if of_place else {}),
            "context_team_id": TEAM_ID,
            "context_enterprise_id": enterprise,
            "api_app_id": APP_ID,
            "event": dict(event),
            "type": "event_callback",
            "event_id": f"Ev{number:09d}",
            "event_time": seconds,
            "authorizations": [
                {
                    "enterprise_id": enterprise,
                    "team_id": None if self._workspace.org_wide else TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": self._workspace.org_wide,
                }
            ],
            "is_ext_shared_channel": place.is_ext_shared,
            "event_context": f"4-loopback{number:09d}",
        }
        sent = SentEvent(payload=payload, envelope_id=f"{number:08x}-0000-4000-8000-loopback")
        self._ledger.events.append(sent)
        return sent


def _second(ts: str) -> int:
    return int(float(ts))
