"""The cache of final statuses: what is kept, for how long, and how it is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.call_status import CheckedStatus, read_result
from bot.domain.input.message_id import MessageId
from bot.gateway.status_cache import LIFETIME, MAX_STATUSES, StatusCache

ONE_ID = MessageId("MPG000000000001")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present moment."""
        return self.moment


def checked(raw: str, clock: Clock) -> CheckedStatus:
    """A status as the gateway has just given it."""
    return CheckedStatus(status=read_result(raw), checked_at=clock(), sandbox=True)


@pytest.mark.parametrize("raw", ["ok:85.00", "failed:486", "error:503", "blocked:608", "machine:1"])
def test_what_is_final_or_not_is_the_domains_word(raw: str) -> None:
    """A status is kept exactly when it says that it is final."""
    clock = Clock()
    cache = StatusCache(clock)
    fresh = checked(raw, clock)
    cache.keep(ONE_ID, fresh)
    assert fresh.status.final == (cache.get(ONE_ID) is not None)


@pytest.mark.parametrize("raw", ["024", "023", "900", "001", "ok", "ok:abc", "failed:", "canary"])
def test_what_may_change_is_not_kept(raw: str) -> None:
    """Pending, gateway codes, off-format and unreadable results are asked for again."""
    clock = Clock()
    cache = StatusCache(clock)
    cache.keep(ONE_ID, checked(raw, clock))
    assert cache.get(ONE_ID) is None


def test_a_kept_status_says_so_and_keeps_its_moment() -> None:
    """The card shows when the gateway was asked, not when memory was."""
    clock = Clock()
    cache = StatusCache(clock)
    fresh = checked("ok:85.00", clock)
    cache.keep(ONE_ID, fresh)
    clock.moment += timedelta(hours=1)
    assert replace(fresh, from_cache=True) == cache.get(ONE_ID)


def test_a_status_is_kept_for_a_day() -> None:
    """Whether the gateway dials again by itself is not documented, so nothing is kept for ever."""
    clock = Clock()
    cache = StatusCache(clock)
    cache.keep(ONE_ID, checked("ok:85.00", clock))
    clock.moment += LIFETIME - timedelta(seconds=1)
    assert cache.get(ONE_ID) is not None
    clock.moment += timedelta(seconds=1)
    assert cache.get(ONE_ID) is None


def test_the_cache_is_bounded() -> None:
    """The oldest makes room for the newest."""
    clock = Clock()
    cache = StatusCache(clock)
    ids = [MessageId(f"MPG{number:012}") for number in range(MAX_STATUSES + 1)]
    for message_id in ids:
        cache.keep(message_id, checked("ok:85.00", clock))
    assert cache.get(ids[0]) is None
    assert cache.get(ids[1]) is not None
    assert cache.get(ids[-1]) is not None
