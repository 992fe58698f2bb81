"""Which organisation a user belongs to, by the ids in the payload: ours, another, or unknown.

In a Slack Connect channel a payload names several workspaces: the one of the channel, the one that
the app is installed in, and the user's. Only the last one counts.

https://docs.slack.dev/apis/slack-connect
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from bot.slack.api.payload import part

# The fields about the user in a click, a shortcut, a modal and an event. Each may have the id of an
# organisation (E…) or of a workspace (T…). A `message` is never read: it describes its author, who
# may not be the user who asks.
_OF_THE_PERSON: Final = (
    ("user", "team_id"),
    ("user", "enterprise_id"),
    ("event", "user_team"),
    ("event", "source_team"),
    ("event", "user_profile", "team"),
    ("event", "team"),
)
# The fields about the place; the first one present counts. For an organisation-wide app `team` is
# null and `enterprise` is set.
_OF_THE_PLACE: Final = (
    ("team", "id"),
    ("team_id",),
    ("view", "team_id"),
    ("enterprise", "id"),
    ("enterprise_id",),
)
# A slash command is form-encoded, so its booleans are strings.
_NOT_SHARED: Final = (None, False, "", "false")
_UNSAID: Final = (None, "")
_NOBODYS: Final = None


class Organisation(StrEnum):
    """Which organisation a user belongs to."""

    OURS = "ours"
    OTHER = "other"
    UNKNOWN = "unknown"


def organisation_of(payload: Mapping[str, Any], own: Collection[str]) -> Organisation:
    """Which organisation the user of this request belongs to; one foreign id makes it `OTHER`.

    If no field describes the user, the place counts, unless it is shared with another organisation:
    then the user is `UNKNOWN`. A payload without any id is ours, because Slack routed it here.

    Args:
        payload: the body that Slack sent.
        own: the ids of our workspaces and organisations.
    """
    person = [word for path in _OF_THE_PERSON for word in _said(payload, path)]
    place = [word for path in _OF_THE_PLACE for word in _said(payload, path)][:1]
    if any(not _is_one_of(own, word) for word in person or place):
        return Organisation.OTHER
    if not person and payload.get("is_ext_shared_channel") not in _NOT_SHARED:
        return Organisation.UNKNOWN
    return Organisation.OURS


def outweighed_by(profile: Mapping[str, Any], own: Collection[str]) -> frozenset[Organisation]:
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
    if any(_is_one_of(own, word) for word in member_of):
        return frozenset({Organisation.OTHER, Organisation.UNKNOWN})
    known = _is_one_of(own, profile.get("team_id"))
    return frozenset({Organisation.UNKNOWN} if known else ())


def _said(payload: Mapping[str, Any], path: Iterable[str]) -> list[object]:
    """The value at the path, if present; one of a wrong type matches no id of ours."""
    found: object = payload
    for name in path:
        if not isinstance(found, Mapping):
            return [] if found in _UNSAID else [_NOBODYS]
        found = found.get(name)
    return [] if found in _UNSAID else [found]


def _is_one_of(own: Collection[str], word: object) -> bool:
    return isinstance(word, str) and word in own
