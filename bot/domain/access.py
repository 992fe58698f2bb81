"""Who may look calls up: one pure decision, used by every surface."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Refusal(StrEnum):
    """Why a user may not look calls up; the language files have a sentence for each reason."""

    EXTERNAL = "external"
    CHANNEL = "channel"
    USER = "user"


class Circle(Enum):
    """Whom a part of the bot is for: all but those with one of these reasons.

    Attributes:
        ANYBODY: also people of other organisations.
        COLLEAGUES: people of our organisation, whether or not they may look up calls.
        MEMBERS: those who may look up calls, wherever they are now.
        USERS: those who may look up calls here.
    """

    ANYBODY = ()
    COLLEAGUES = (Refusal.EXTERNAL,)
    MEMBERS = (Refusal.EXTERNAL, Refusal.USER)
    USERS = (Refusal.EXTERNAL, Refusal.USER, Refusal.CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The user who asks, and the place.

    Attributes:
        team: the workspace whose settings count.
        external: the user belongs to another organisation (a shared channel of Slack Connect).
    """

    user: str
    channel: str
    team: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    """What the operator permits.

    Attributes:
        channels, users: ids that may ask; empty means everyone.
        admins: users with the operator's rights; they may ask anywhere.
        external_users: whether users of other organisations may ask.
    """

    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    external_users: bool = False


def is_admin(asker: Asker, rules: AccessRules) -> bool:
    """Whether the user has the operator's rights; never for users of another organisation."""
    return asker.user in rules.admins and not asker.external


def refusal(asker: Asker, rules: AccessRules, circle: Circle = Circle.USERS) -> Refusal | None:
    """Why the user is not of this circle; `None` when they are."""
    if is_admin(asker, rules):
        return None
    excluded = {
        Refusal.EXTERNAL: asker.external and not rules.external_users,
        Refusal.USER: bool(rules.users) and asker.user not in rules.users,
        Refusal.CHANNEL: bool(rules.channels) and asker.channel not in rules.channels,
    }
    return next((reason for reason in circle.value if excluded[reason]), None)
