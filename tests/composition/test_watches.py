"""Watches as the settings describe them: schedule, bounds tied to the ceiling, work in parallel."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from bot.composition.configured import bounds_of, looks_at_once, schedule_of
from bot.settings.settings import Settings


def test_the_schedule() -> None:
    """Intervals in seconds, the limit in minutes."""
    schedule = schedule_of(Settings.of(watch_intervals_seconds=(1, 2), watch_limit_minutes=3))
    assert (timedelta(seconds=1), timedelta(seconds=2)) == schedule.intervals
    assert timedelta(minutes=3) == schedule.limit


@pytest.mark.parametrize(("wanted", "bound"), [(None, 1_500), (20, 20), (100_000, 1_500)])
def test_no_more_watches_than_the_ceiling_carries(
    log: io.StringIO, wanted: int | None, bound: int
) -> None:
    """Fewer where the operator wants fewer; more are lowered, and that is said."""
    assert bound == bounds_of(Settings.of(watch_max_open=wanted)).all
    assert (wanted == 100_000) is ("WATCH_MAX_OPEN is lowered" in log.getvalue())


@pytest.mark.parametrize(("rate", "seconds", "looks"), [(10, 10, 50), (1000, 10, 200), (0.1, 1, 1)])
def test_so_many_looks_at_once_as_come_through_in_time(
    rate: float, seconds: float, looks: int
) -> None:
    """At least one, at most what helps."""
    settings = Settings.of(gateway_requests_per_second=rate, gateway_timeout_seconds=seconds)
    assert looks == looks_at_once(settings)
