"""Checks of a request's payload: its shape, and the organisation of its user; pure functions.

Bolt reads nested fields of clicks and modals without checking their types, so their shape is
checked before Bolt and the listeners read them.

In a Slack Connect channel a payload names several workspaces: the one of the channel, the one that
the app is installed in, and the user's. Only the last one counts.

https://docs.slack.dev/apis/slack-connect
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import NoneType
from typing import Any, Final, TypeGuard

from bot.slack.blocks.payload import first_action, first_word, parsed, part
from bot.slack.cards.controls import origin_in

_WORDS: Final = (
    *("type", "command", "text", "trigger_id", "response_url", "callback_id", "action_id"),
    *("user_id", "channel_id", "team_id", "event_id"),
)
_OF_ACTIONS: Final = ("action_id", "block_id", "type", "name")
_OF_VIEWS: Final = ("callback_id", "id", "private_metadata")
_OF_EVENTS: Final = ("type", "subtype", "channel_type")
_CLICKS: Final = frozenset({"block_actions", "interactive_message"})
_FORMS: Final = frozenset({"view_submission", "view_closed"})
# The fields about the user in a click, a shortcut, a modal and an event. Each may have the id of an
# organisation (E…) or of a workspace (T…). A `message` is never read: it describes its author, who
# may not be the user who asks.
_USER_FIELDS: Final = (
    ("user", "team_id"),
    ("user", "enterprise_id"),
    ("event", "user_team"),
    ("event", "source_team"),
    ("event", "user_profile", "team"),
    ("event", "team"),
)
# The fields about the place; the first one present counts. For an organisation-wide app `team` is
# null and `enterprise` is set.
_PLACE_FIELDS: Final = (
    ("team", "id"),
    ("team_id",),
    ("view", "team_id"),
    ("enterprise", "id"),
    ("enterprise_id",),
)
# A slash command is form-encoded, so its booleans are strings.
_NOT_SHARED: Final = (None, False, "", "false")
_ABSENT: Final = (None, "")
_TEXT_OR_ABSENT: Final = frozenset({str, NoneType})


class Organisation(StrEnum):
    """Which organisation a user belongs to."""

    OURS = "ours"
    OTHER = "other"
    UNKNOWN = "unknown"


def is_well_shaped(body: object) -> bool:
    """Whether each field that is read without a check has the type that Slack documents."""
    if not _has_words(body, _WORDS):
        return False
    kind = body.get("type")
    if kind in _CLICKS and "actions" in body:
        actions = body["actions"]
        if not isinstance(actions, list) or not actions:
            return False
        # Of an old attachment's button there is the name alone.
        named = "name" if kind == "interactive_message" else "action_id"
        return all(_has_words(one, _OF_ACTIONS) and named in one for one in actions)
    if kind in _FORMS:
        view = body.get("view")
        return _has_words(view, _OF_VIEWS) and isinstance(view.get("type"), str)
    if kind == "workflow_step_edit":
        return isinstance(body.get("workflow_step"), Mapping)
    return "event" not in body or _is_event(body["event"])


def _is_event(event: object) -> bool:
    # Bolt reads fields of a nested message without a check.
    nested = ("message", "previous_message")
    return _has_words(event, _OF_EVENTS) and all(
        isinstance(event.get(name), Mapping | None) for name in nested
    )


def organisation_of(payload: Mapping[str, Any], own: Collection[str]) -> Organisation:
    """Which organisation the user of this request belongs to; one foreign id makes it `OTHER`.

    If no field describes the user, the place counts, unless it is shared with another organisation:
    then the user is `UNKNOWN`. A payload without any id is ours, because Slack routed it here.

    Args:
        payload: the body that Slack sent.
        own: the ids of our workspaces and organisations.
    """
    user = _values(payload, _USER_FIELDS)
    if any(not _is_one_of(own, value) for value in user or _values(payload, _PLACE_FIELDS)[:1]):
        return Organisation.OTHER
    if not user and payload.get("is_ext_shared_channel") not in _NOT_SHARED:
        return Organisation.UNKNOWN
    return Organisation.OURS


def user_of(body: Mapping[str, Any]) -> str:
    """The id of the user of this request."""
    event = part(body, "event")
    return first_word(body.get("user_id"), part(body, "user").get("id"), event.get("user"))


def channel_of(body: Mapping[str, Any]) -> str:
    """The channel of this request; of a modal or an offer, the one that it came from."""
    # Of a command.
    if named := first_word(body.get("channel_id")):
        return named
    origins = (part(body, "view").get("private_metadata"), first_action(body).get("value"))
    return first_word(
        *(origin_in(parsed(one, dict) or {}).channel for one in origins if one),
        part(body, "channel").get("id"),
        part(body, "event").get("channel"),
        part(body, "container").get("channel_id"),
    )


def overridden_by(profile: Mapping[str, Any], own: Collection[str]) -> frozenset[Organisation]:
    """Which results of `organisation_of` the profile in `users.info` overrides for this user.

    Membership in our organisation overrides `OTHER` and `UNKNOWN`; the user's own workspace
    overrides only `UNKNOWN`.

    Args:
        profile: Slack's user object.
        own: the ids of our workspaces and organisations.

    https://docs.slack.dev/reference/objects/user-object
    """
    if profile.get("is_stranger") not in (None, False):
        return frozenset()
    member = part(profile, "enterprise_user")
    teams = member.get("teams")
    member_of = [member.get("enterprise_id"), *(teams if isinstance(teams, list) else [])]
    if any(_is_one_of(own, value) for value in member_of):
        return frozenset({Organisation.OTHER, Organisation.UNKNOWN})
    known = _is_one_of(own, profile.get("team_id"))
    return frozenset({Organisation.UNKNOWN} if known else ())


def _values(payload: Mapping[str, Any], paths: Iterable[Sequence[str]]) -> list[object]:
    """The values at the paths where there is one."""
    present = (path for path in paths if path[0] in payload)
    return [value for path in present for value in _values_at(payload, path)]


def _values_at(payload: Mapping[str, Any], path: Sequence[str]) -> list[object]:
    """The value at the path, if present; one of a wrong type matches no id of ours."""
    found: object = payload
    for name in path:
        if not isinstance(found, dict):
            return [] if found in _ABSENT else [None]
        found = found.get(name)
    return [] if found in _ABSENT else [found]


def _is_one_of(own: Collection[str], value: object) -> bool:
    return isinstance(value, str) and value in own


def _has_words(part: object, names: tuple[str, ...]) -> TypeGuard[Mapping[str, Any]]:
    """Whether it is an object in which each of these fields is text or absent."""
    if not isinstance(part, dict):
        return False
    return {type(part.get(name)) for name in names} <= _TEXT_OR_ABSENT
