"""Who has to go when too many are connected, or send too much at once: decisions on values.

What comes is judged by what it has shown so far. Nobody without the signing secret can keep a place
that somebody else needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, Protocol, TypeVar

# So many are served at once; Slack and a proxy in front of the bot need a few dozen.
MOST_CONNECTIONS: Final = 200


class Phase(IntEnum):
    """What a connection is doing, in the order in which connections go when there is no room."""

    HEAD = 0  # a request has no complete head yet
    LEAVING = 1  # was answered before its body had come, and is closed next
    IDLE = 2  # between two requests
    ARRIVED = 3  # a head is complete, and nobody has looked at it yet
    READING = 4  # the body is not complete
    ANSWERING = 5  # the request is complete; anybody can send one
    KNOWN = 6  # between two requests, and Slack has signed one before
    SIGNED = 7  # Slack has signed the request; it never has to go


class Visitor(Protocol):
    """A connection.

    `since` is when its phase began, in seconds of a clock that only goes forward; `weight` is how
    many bytes of its request are held in memory.
    """

    phase: Phase
    since: float
    weight: int


V = TypeVar("V", bound=Visitor)

_UNFINISHED: Final = frozenset({Phase.HEAD, Phase.ARRIVED, Phase.READING})


def first_to_go(visitors: Iterable[V], *, now: float, newcomer: float) -> V | None:
    """The connection that makes room for another one; `None` if Slack needs them all.

    A head of Slack's comes within milliseconds, but not before the next stranger may have come. So
    whoever began something less than `newcomer` seconds ago goes later, and the oldest first. A
    connection by which Slack has come before goes last, since Slack may use it at any moment.
    """

    def place_in_line(visitor: V) -> tuple[int, float]:
        if visitor.phase is Phase.KNOWN:
            return Phase.KNOWN, visitor.since
        is_new = now - visitor.since < newcomer
        return Phase.ANSWERING if is_new else visitor.phase, visitor.since

    may_go = (one for one in visitors if one.phase is not Phase.SIGNED)
    return min(may_go, key=place_in_line, default=None)


def heaviest(visitors: Iterable[V], *, now: float, newcomer: float) -> V | None:
    """The connection whose unfinished request takes the most memory; newcomers come last."""

    def rank(visitor: V) -> tuple[bool, int]:
        return now - visitor.since >= newcomer, visitor.weight

    unfinished = (one for one in visitors if one.phase in _UNFINISHED)
    return max(unfinished, key=rank, default=None)


def places(descriptors: int | None) -> int:
    """How many may be connected where the process may open so many files (`None`: any number).

    Half of them are kept for the ways out: the gateway, Slack, the database.
    """
    return MOST_CONNECTIONS if descriptors is None else min(MOST_CONNECTIONS, descriptors // 2)
