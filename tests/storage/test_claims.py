"""Claims: a deed is done once in so long, by one process of all, and counts when it was done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.timing import Timing
from bot.storage.claims import AlertClaims, Claim, Claims
from bot.storage.database import Database

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LASTS = 3 * SECOND


def claims(database: Database) -> Claims:
    """Those of one process."""
    return AlertClaims(database, every=HOUR, lasts=LASTS, timing=Timing(redelivery=30.0))


async def test_what_was_done_is_due_again_when_the_time_is_over(database: Database) -> None:
    """Each name by itself, and not a moment before."""
    some = claims(database)
    assert Claim.MINE is await some.claim("a", NOON)
    await some.confirm("a", NOON + SECOND)
    asked = [
        ("a", NOON + 2 * SECOND, Claim.DONE),
        ("b", NOON + 2 * SECOND, Claim.MINE),
        ("a", NOON + HOUR - 2 * LASTS, Claim.DONE),
        ("a", NOON + HOUR, Claim.TAKEN),
        ("a", NOON + HOUR + SECOND, Claim.MINE),
    ]
    for name, at, expected in asked:
        assert expected is await some.claim(name, at)


async def test_of_those_who_ask_at_once_one_has_it(database: Database) -> None:
    """The others see that it is taken."""
    found = await asyncio.gather(*(claims(database).claim("a", NOON) for _ in range(5)))
    assert (1, 4) == (found.count(Claim.MINE), found.count(Claim.TAKEN))


async def test_a_claim_that_is_not_renewed_ends(database: Database) -> None:
    """Its process has died; not a moment before, and what was meant counts as nothing."""
    some = claims(database)
    await some.claim("a", NOON)
    assert Claim.TAKEN is await some.claim("a", NOON + LASTS - SECOND)
    assert Claim.MINE is await some.claim("a", NOON + LASTS)


async def test_a_claim_that_is_renewed_lasts(database: Database) -> None:
    """From then on as long again; no other does."""
    some = claims(database)
    for name in ("a", "b"):
        await some.claim(name, NOON)
    await some.renew("a", NOON + 2 * SECOND)
    later = NOON + 2 * SECOND + LASTS - SECOND
    assert [Claim.TAKEN, Claim.MINE] == [await some.claim(name, later) for name in ("a", "b")]
    assert Claim.MINE is await some.claim("a", later + SECOND)


async def test_a_claim_that_is_released_is_free_at_once(database: Database) -> None:
    """And no other is."""
    some = claims(database)
    for name in ("a", "b"):
        await some.claim(name, NOON)
    await some.release("a", NOON)
    assert [Claim.MINE, Claim.TAKEN] == [await some.claim(name, NOON) for name in ("a", "b")]


async def test_what_another_has_done_meanwhile_stays_done(database: Database) -> None:
    """Whoever was too slow neither renews nor releases it."""
    some = claims(database)
    await some.claim("a", NOON)
    await some.confirm("a", NOON + LASTS)
    await some.renew("a", NOON + LASTS)
    await some.release("a", NOON + LASTS)
    assert Claim.DONE is await some.claim("a", NOON + 3 * LASTS)


async def test_what_was_done_without_a_claim_is_done(database: Database) -> None:
    """The claim was swept, or the clock jumped, before it was confirmed."""
    some = claims(database)
    await some.confirm("a", NOON)
    assert Claim.DONE is await some.claim("a", NOON)


async def test_a_clock_that_is_behind_sees_a_claim_as_one(database: Database) -> None:
    """Not as done, as long as it is less behind than a claim lasts."""
    some = claims(database)
    await some.claim("a", NOON)
    assert Claim.TAKEN is await some.claim("a", NOON - LASTS)
    assert Claim.DONE is await some.claim("a", NOON - LASTS - SECOND)


async def test_one_that_lies_far_in_the_future_is_due(database: Database) -> None:
    """The clock was set back since; one that lies no further ahead than the time is not."""
    some = claims(database)
    await some.confirm("a", NOON + HOUR + SECOND)
    await some.confirm("b", NOON + HOUR)
    assert [Claim.MINE, Claim.DONE] == [await some.claim(name, NOON) for name in ("a", "b")]
