"""Which connection to close when there are too many, or too many unfinished bytes; pure functions.

A connection is ranked by what it has sent so far. No client without the signing secret can hold a
connection that Slack needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, Protocol, TypeVar

# The maximum number of connections; Slack and a reverse proxy need a few dozen.
MOST_CONNECTIONS: Final = 200


class Phase(IntEnum):
    """What a connection is doing, in the order in which connections are closed."""

    HEAD = 0  # the head is incomplete
    LEAVING = 1  # answered before its body arrived, and about to close
    IDLE = 2  # between two requests
    ARRIVED = 3  # the head is complete but not yet handled
    READING = 4  # the body is incomplete
    ANSWERING = 5  # the request is complete, but unsigned
    KNOWN = 6  # between two requests, after one with Slack's signature
    SIGNED = 7  # the current request has Slack's signature: never closed


class Candidate(Protocol):
    """A connection as these functions see it.

    `since` is when its phase began, in seconds of a monotonic clock; `weight` is the number of
    bytes of its request that are held in memory.
    """

    phase: Phase
    since: float
    weight: int


V = TypeVar("V", bound=Candidate)

_UNFINISHED: Final = frozenset({Phase.HEAD, Phase.ARRIVED, Phase.READING})


def first_to_evict(connections: Iterable[V], *, now: float, newcomer: float) -> V | None:
    """The connection to close for a new one; `None` if Slack needs them all.

    Slack's head arrives within milliseconds, but other clients may connect in between. So
    connections in their phase for less than `newcomer` seconds go later, and the oldest first. A
    connection that Slack has used before goes last, since Slack may use it again.
    """

    def rank(connection: V) -> tuple[int, float]:
        if connection.phase is Phase.KNOWN:
            return Phase.KNOWN, connection.since
        is_new = now - connection.since < newcomer
        return Phase.ANSWERING if is_new else connection.phase, connection.since

    evictable = (one for one in connections if one.phase is not Phase.SIGNED)
    return min(evictable, key=rank, default=None)


def heaviest(connections: Iterable[V], *, now: float, newcomer: float) -> V | None:
    """The connection whose unfinished request uses the most memory; newcomers come last."""

    def rank(connection: V) -> tuple[bool, int]:
        return now - connection.since >= newcomer, connection.weight

    unfinished = (one for one in connections if one.phase in _UNFINISHED)
    return max(unfinished, key=rank, default=None)


def connection_limit(descriptors: int | None) -> int:
    """The connection limit for a process with this many file descriptors (`None`: unlimited).

    Half of them are reserved for outgoing connections and files: gateway, Slack, database.
    """
    return MOST_CONNECTIONS if descriptors is None else min(MOST_CONNECTIONS, descriptors // 2)
