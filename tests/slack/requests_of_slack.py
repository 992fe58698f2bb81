"""Every kind of request as Slack sends it, from a user of any workspace or organisation.

The app's workspace is part of an organisation, which each request names; it is not the user's. The
shapes are from docs.slack.dev/reference, and for shared channels from the recordings in
slack-bolt's tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    ENTERPRISE_ID,
    STRANGER_TEAM_ID,
    STRANGER_USER_ID,
    TEAM_ID,
)

Request = dict[str, Any]
# Makes the payload of a user with the id of their workspace; `None` leaves it out.
Surface = Callable[[str, str | None], Request]

_ORGANISATION: Final[Mapping[str, Any]] = {"id": ENTERPRISE_ID, "name": "Loopback"}


def command(user: str, team: str | None) -> Request:
    """A slash command only says in which workspace the user typed it."""
    said = {} if team is None else {"team_id": team}
    where = {"channel_id": CHANNEL_ID, "enterprise_id": ENTERPRISE_ID}
    return {"command": "/voicestatus", "user_id": user, **said, **where}


def event(content: Request, *, team: str = TEAM_ID, shared: bool = False) -> Request:
    """The envelope of an event."""
    return {
        "type": "event_callback",
        "team_id": team,
        "enterprise_id": ENTERPRISE_ID,
        "context_team_id": TEAM_ID,
        "is_ext_shared_channel": shared,
        "event": content,
    }


def mention(user: str, team: str | None, *, shared: bool = False) -> Request:
    """`team` is the app's, even if a user of another workspace mentions it."""
    content: Request = {"type": "app_mention", "user": user, "channel": CHANNEL_ID}
    if team is not None:
        content["team"] = TEAM_ID
    if team not in (None, TEAM_ID):
        content |= {"user_team": team, "source_team": team, "user_profile": {"team": team}}
    return event(content, shared=shared)


def edited_mention(user: str, team: str | None) -> Request:
    """Slack sends the mention once more, with who has edited it."""
    said = mention(user, team)
    edited = {"edited": {"user": user, "ts": "1700000030.000000"}, "ts": "1700000000.000100"}
    return {**said, "event": {**said["event"], **edited}}


def direct_message(user: str, team: str | None, *, shared: bool = False) -> Request:
    """The envelope names the author's workspace, too."""
    content = {"type": "message", "channel_type": "im", "user": user, "channel": "D1"}
    if team is not None:
        content["team"] = team
    return event(content, team=team or TEAM_ID, shared=shared)


def file_in_direct_message(user: str, team: str | None) -> Request:
    """The file may be somebody else's, who does not ask."""
    said = direct_message(user, team)
    file = {"id": "F1", "user": STRANGER_USER_ID, "user_team": STRANGER_TEAM_ID}
    return {**said, "event": {**said["event"], "subtype": "file_share", "files": [file]}}


def edited_direct_message(user: str, team: str | None) -> Request:
    """The author's workspace is in the message, inside the event about its change."""
    said = direct_message(user, team)
    message, place = dict(said["event"]), {"channel": "D1", "channel_type": "im"}
    message |= {"ts": "1700000000.000100"} | (
        {} if team in {None, TEAM_ID} else {"user_team": team}
    )
    event_ = {"type": "message", "subtype": "message_changed", "ts": "1700000030.000000"}
    return {**said, "event": {**event_, **place, "message": message}}


def home_opened(user: str, team: str | None) -> Request:
    """Only the envelope names a workspace."""
    content = {"type": "app_home_opened", "user": user, "channel": "D1", "tab": "home"}
    opened = event(content, team=team or TEAM_ID)
    return opened if team is not None else {n: v for n, v in opened.items() if n != "team_id"}


def interaction(kind: str, **more: Any) -> Surface:
    """A click, shortcut or modal: `team` is the app's, `user.team_id` the user's."""

    def made(user: str, team: str | None) -> Request:
        said = {} if team is None else {"team_id": team}
        return {
            "type": kind,
            "user": {"id": user, "name": "x", **said},
            "team": {"id": TEAM_ID, "domain": "loopback", "enterprise_id": ENTERPRISE_ID},
            "enterprise": _ORGANISATION,
            "is_enterprise_install": False,
            **more,
        }

    return made


_VIEW: Final[Mapping[str, Any]] = {
    "id": "V1",
    "team_id": STRANGER_TEAM_ID,
    "app_installed_team_id": TEAM_ID,
    "private_metadata": f'{{"channel": "{CHANNEL_ID}"}}',
}
_IN_CHANNEL: Final[Mapping[str, Any]] = {"channel": {"id": CHANNEL_ID, "name": "support"}}
_OF_SOMEBODY_ELSE: Final[Mapping[str, Any]] = {
    "user": STRANGER_USER_ID,
    "team": STRANGER_TEAM_ID,
    "user_team": STRANGER_TEAM_ID,
}
# Offered in a direct message, for a list in a channel.
_OFFER: Final[Mapping[str, Any]] = {
    "channel": {"id": "D1", "name": "directmessage"},
    "container": {"type": "message", "channel_id": "D1"},
    "actions": [{"action_id": "bulk_begin", "value": f'{{"channel": "{CHANNEL_ID}"}}'}],
}
SURFACES: Final[Mapping[str, Surface]] = {
    "command": command,
    "mention": mention,
    "edited mention": edited_mention,
    "direct message": direct_message,
    "file in a direct message": file_in_direct_message,
    "edited direct message": edited_direct_message,
    "message shortcut": interaction("message_action", message=_OF_SOMEBODY_ELSE, **_IN_CHANNEL),
    "global shortcut": interaction("shortcut"),
    "button of a card": interaction("block_actions", message=_OF_SOMEBODY_ELSE, **_IN_CHANNEL),
    "button of an offered list": interaction("block_actions", **_OFFER),
    "button of the App Home": interaction("block_actions", view={"id": "V1", "type": "home"}),
    "button in a modal": interaction("block_actions", view=_VIEW),
    "submitted form": interaction("view_submission", view=_VIEW),
    "closed form": interaction("view_closed", view=_VIEW),
    "opened App Home": home_opened,
}
