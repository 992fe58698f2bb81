"""Notices: given once in so long, by one process of all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.database import Database
from bot.storage.notices import Notices

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def test_due_once_in_so_long(database: Database) -> None:
    """Each name by itself; due again when the time is over, and not a moment before."""
    notices = Notices(database)
    asked = [("a", NOON), ("a", NOON + HOUR - SECOND), ("b", NOON), ("a", NOON + HOUR)]
    assert [True, False, True, True] == [
        await notices.is_due(name, at, every=HOUR) for name, at in asked
    ]


async def test_due_for_one_of_those_who_ask_at_once(database: Database) -> None:
    """The others give nothing."""
    due = await asyncio.gather(*(Notices(database).is_due("a", NOON, every=HOUR) for _ in range(5)))
    assert [False] * 4 + [True] == sorted(due)


async def test_due_again_after_it_was_forgotten(database: Database) -> None:
    """And no other is."""
    notices = Notices(database)
    for name in ("a", "b"):
        await notices.is_due(name, NOON, every=HOUR)
    await notices.forget("a")
    assert [True, False] == [await notices.is_due(name, NOON, every=HOUR) for name in ("a", "b")]


async def test_one_that_lies_far_in_the_future_is_old(database: Database) -> None:
    """The clock was set back since; one that lies no further ahead than the time is not."""
    notices = Notices(database)
    await notices.is_due("a", NOON + HOUR + SECOND, every=HOUR)
    await notices.is_due("b", NOON + HOUR, every=HOUR)
    assert [True, False] == [await notices.is_due(name, NOON, every=HOUR) for name in ("a", "b")]
