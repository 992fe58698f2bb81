"""Slack's count of an app's connections, and when an operator hears of it."""

from __future__ import annotations

import io
import json

import pytest

from bot.domain.timing import Timing
from bot.slack.inbound.app_connections import AppConnections, count_of, say_others

SOON, LATER = Timing().count_again, Timing().count_later


class Counts:
    """Counts at moments that the test chooses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.connections = AppConnections(clock=lambda: self.now)

    def at(self, moment: float, found: object, ours: int = 1) -> float | None:
        """Take this count at this moment."""
        self.now = moment
        return self.connections.counted(found, ours=ours)


@pytest.fixture
def counts() -> Counts:
    """A bot that Slack has not greeted yet."""
    return Counts()


def lines(log: io.StringIO) -> list[str]:
    """The levels of the lines."""
    return [json.loads(line)["level"] for line in log.getvalue().splitlines()]


def test_what_belongs_here_is_nothing_to_speak_of(counts: Counts, log: io.StringIO) -> None:
    """Nor are fewer: a process on the same database may just have ended."""
    assert [None, None, None] == [counts.at(0, 1), counts.at(1, 3, 3), counts.at(2, 2, 4)]
    assert (2, 0, {}) == (
        counts.connections.open,
        counts.connections.others,
        counts.connections.warnings(),
    )
    assert "" == log.getvalue()


def test_two_counts_some_time_apart_are_believed(counts: Counts, log: io.StringIO) -> None:
    """The first may include a connection that was just replaced."""
    assert SOON == counts.at(0, 3)
    assert (3, 0, "") == (counts.connections.open, counts.connections.others, log.getvalue())
    assert LATER == counts.at(SOON, 4, 2)
    assert (4, 2) == (counts.connections.open, counts.connections.others)
    assert {"slack_connections": say_others(4, 2)} == counts.connections.warnings()
    assert say_others(4, 2) in log.getvalue()
    assert ["warning"] == lines(log)


def test_counts_close_together_are_one(counts: Counts) -> None:
    """As when a connection breaks right after it opened."""
    assert [SOON, SOON - 10, 1] == [counts.at(0, 2), counts.at(10, 2), counts.at(SOON - 1, 2)]
    assert 0 == counts.connections.others
    assert LATER == counts.at(SOON, 2)


def test_a_renewal_is_no_other_process(counts: Counts, log: io.StringIO) -> None:
    """Slack counted the old connection once more; the next time it is gone."""
    counts.at(0, 2)
    assert counts.at(SOON, 2, 2) is None
    assert SOON == counts.at(10 * SOON, 2)
    assert "" == log.getvalue()


def test_it_is_said_once_until_it_is_over(counts: Counts, log: io.StringIO) -> None:
    """And that it is over."""
    counts.at(0, 2)
    for moment in (SOON, SOON + LATER, SOON + 2 * LATER):
        assert LATER == counts.at(moment, 3, 2)
    assert ["warning"] == lines(log)

    assert counts.at(5 * LATER, 2, 2) is None
    assert ({}, ["warning", "info"]) == (counts.connections.warnings(), lines(log))
    counts.at(6 * LATER, 3)
    counts.at(7 * LATER, 3)
    assert ["warning", "info", "warning"] == lines(log)


@pytest.mark.parametrize("found", [0, -1, True, False, None, "2", 2.0, [2], {}, 1_001])
def test_what_is_no_count(counts: Counts, found: object) -> None:
    """Nothing follows from it, and a suspicion stays."""
    counts.at(0, 2)
    assert counts.at(SOON, found) is None
    assert (2, None) == (counts.connections.open, count_of(found))
    assert LATER == counts.at(SOON, 2)


def test_the_limits_of_a_count() -> None:
    """From one to far above what Slack allows."""
    assert (1, 1_000) == (count_of(1), count_of(1_000))
