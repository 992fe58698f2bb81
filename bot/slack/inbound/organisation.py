"""Whose person asks, by what Slack says of the person: ours, another organisation's, or unsaid.

In a channel that is shared through Slack Connect a request names several workspaces: the one where
it happened, the one that the app is installed in, and the person's. Only the last one counts.

https://docs.slack.dev/apis/slack-connect
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from bot.slack.api.payload import part

# What describes the person in a click, a shortcut or a form, and in an event. Slack puts the id of
# an organisation (E…) in the place of a workspace's (T…) at will. A `message` is never looked into:
# it describes its author, who is not always the one who asks.
_OF_THE_PERSON: Final = (
    ("user", "team_id"),
    ("user", "enterprise_id"),
    ("event", "user_team"),
    ("event", "source_team"),
    ("event", "user_profile", "team"),
    ("event", "team"),
)
# Where it happened, the first one that is said; `team` is null where an app is installed for a
# whole organisation, which is then named instead.
_OF_THE_PLACE: Final = (
    ("team", "id"),
    ("team_id",),
    ("view", "team_id"),
    ("enterprise", "id"),
    ("enterprise_id",),
)
# A slash command is a form, which knows no truth values.
_NOT_SHARED: Final = (None, False, "", "false")
_UNSAID: Final = (None, "")
_NOBODYS: Final = None


class Organisation(StrEnum):
    """Whose person somebody is."""

    OURS = "ours"
    OTHER = "other"
    UNKNOWN = "unknown"


def organisation_of(payload: Mapping[str, Any], own: Collection[str]) -> Organisation:
    """Whose person sent this request, of whatever kind; a single foreign word decides.

    Where nothing describes the person, the place does, unless it is shared with another
    organisation: that leaves the person unknown. What says nothing at all is ours, because Slack
    routed it here.

    Args:
        payload: the body that Slack sent.
        own: the ids of workspaces and organisations whose people are ours.
    """
    person = [word for path in _OF_THE_PERSON for word in _said(payload, path)]
    place = [word for path in _OF_THE_PLACE for word in _said(payload, path)][:1]
    if any(not _is_one_of(own, word) for word in person or place):
        return Organisation.OTHER
    if not person and payload.get("is_ext_shared_channel") not in _NOT_SHARED:
        return Organisation.UNKNOWN
    return Organisation.OURS


def outweighed_by(profile: Mapping[str, Any], own: Collection[str]) -> frozenset[Organisation]:
    """What requests may say of somebody who is ours all the same, by what `users.info` says.

    Against a foreign word it takes membership in the organisation; where requests say nothing, the
    workspace that Slack names as the person's own is enough.

    Args:
        profile: Slack's user object.
        own: the ids of workspaces and organisations whose people are ours.

    https://docs.slack.dev/reference/objects/user-object
    """
    if profile.get("is_stranger") not in (None, False):
        return frozenset()
    member = part(profile, "enterprise_user")
    teams = member.get("teams")
    said = [member.get("enterprise_id"), *(teams if isinstance(teams, list) else [])]
    if any(_is_one_of(own, word) for word in said):
        return frozenset({Organisation.OTHER, Organisation.UNKNOWN})
    known = _is_one_of(own, profile.get("team_id"))
    return frozenset({Organisation.UNKNOWN} if known else ())


def _said(payload: Mapping[str, Any], path: Iterable[str]) -> list[object]:
    """The word at the end of the path, if it is said; what nobody can read is nobody's id."""
    found: object = payload
    for name in path:
        if not isinstance(found, Mapping):
            return [] if found in _UNSAID else [_NOBODYS]
        found = found.get(name)
    return [] if found in _UNSAID else [found]


def _is_one_of(own: Collection[str], word: object) -> bool:
    return isinstance(word, str) and word in own
