"""The tables of bulks, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.call_status import LookupFailure, Outcome, read_result
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, BulkState, Tally
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.jobs.watch import Bound, Bounds
from bot.storage.database import Database
from bot.storage.jobs.bulks import PAGE, Bulks
from bot.storage.jobs.rows import NAME_LIMIT

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLENTY = Bounds(user=100, all=100)
BULK = Bulk(
    id="b1",
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    name="ids.csv",
    file="F1",
    digest="0f",
    total=3,
    doubles=1,
    ignored=2,
    started_at=NOON,
    due_at=NOON,
)
REPORTED = replace(
    BULK,
    asked_in="",
    external=True,
    card=PostedCard(channel="C2", ts="2.2"),
    due_at=NOON + SECOND,
    state=BulkState.REPORTED,
    worker="e1",
    paused_until=NOON + 2 * SECOND,
    name="",
    file=None,
    digest=None,
    ending=BulkEnding.STOPPED,
    attempts=2,
    doubtful=True,
    decided_at=NOON,
    ended_at=NOON + SECOND,
)
DIRECT = replace(BULK, destination=Destination(team="T1", channel="U1"), name="")
IDS = tuple(map(MessageId, ("A", "B", "C")))


async def add(bulks: Bulks, bulk: Bulk = BULK, ids: Sequence[MessageId] = IDS) -> Bulk:
    """Keep one."""
    assert None is await bulks.add(bulk, ids, (), PLENTY)
    return bulk


async def items(bulks: Bulks, bulk_id: str = "b1") -> list[BulkItem]:
    """All calls of one."""
    return [item async for item in bulks.items(bulk_id)]


def answered(item: BulkItem, raw: str) -> BulkItem:
    """The call with this answer."""
    return replace(item, finding=read_result(raw), checked_at=NOON, sandbox=True)


@pytest.mark.parametrize("bulk", [BULK, REPORTED, DIRECT], ids=str)
async def test_a_bulk_comes_back_as_it_was(database: Database, bulk: Bulk) -> None:
    """With all that belongs to it."""
    bulks = Bulks(database)
    await add(bulks, bulk)
    assert bulk == await bulks.get("b1")
    assert None is await bulks.get("b2")


async def test_a_change_is_made_to_what_was_read(database: Database) -> None:
    """Whatever else was changed since: a stop must not be lost by a lease that is renewed."""
    bulks = Bulks(database)
    await add(bulks)
    stopped = replace(BULK, ending=BulkEnding.STOPPED)
    assert await bulks.replace(BULK, stopped)
    assert not await bulks.replace(BULK, replace(BULK, due_at=NOON + SECOND))
    assert await bulks.replace(BULK, stopped)
    assert stopped == await bulks.get("b1")


async def test_the_calls_in_order(database: Database) -> None:
    """As they were given, without answers."""
    bulks = Bulks(database)
    await add(bulks)
    await add(bulks, replace(BULK, id="b2"), [MessageId("D")])
    expected = [BulkItem(position=n, message_id=one) for n, one in enumerate(IDS)]
    assert expected == await items(bulks)
    assert expected[:2] == [*await bulks.unasked("b1", 2)]


async def test_answers(database: Database) -> None:
    """What has one is not to be asked any more; a failed look-up is, once, after all others."""
    bulks = Bulks(database)
    await add(bulks)
    first, second, third = await bulks.unasked("b1", 9)
    failed = replace(
        first, finding=LookupFailure(error="timeout", detail="x"), checked_at=NOON, sandbox=True
    )
    await bulks.write_answers("b1", [failed, answered(second, "ok:85.00")], once_more={0})
    assert (third, failed) == await bulks.unasked("b1", 9)
    await bulks.write_answers("b1", [failed])
    assert (third,) == await bulks.unasked("b1", 9)
    assert [failed, answered(second, "ok:85.00"), third] == await items(bulks)
    # What is over does not change: it may have been erased meanwhile.
    await bulks.write_answers("b1", [answered(second, "failed:486")])
    assert answered(second, "ok:85.00") == (await items(bulks))[1]


async def test_answers_for_a_bulk_that_was_erased(database: Database) -> None:
    """Whoever writes them learns that nobody waits for them."""
    bulks = Bulks(database)
    await add(bulks)
    first, *_ = await bulks.unasked("b1", 1)
    assert await bulks.write_answers("b1", [answered(first, "ok:1")])
    assert not await bulks.write_answers("b2", [answered(first, "ok:1")])


async def test_calls_without_an_answer_are_dropped(database: Database) -> None:
    """Of one bulk; the others keep their positions, and a failed look-up is an answer."""
    bulks = Bulks(database)
    await add(bulks)
    await add(bulks, replace(BULK, id="b2"))
    _, second, third = await bulks.unasked("b1", 9)
    failed = replace(
        third, finding=LookupFailure(error="timeout", detail=""), checked_at=NOON, sandbox=True
    )
    await bulks.write_answers("b1", [answered(second, "ok:1"), failed], once_more={2})
    await bulks.drop_unasked("b1")
    assert [answered(second, "ok:1"), failed] == await items(bulks)
    assert 3 == len(await items(bulks, "b2"))


async def test_no_answers_change_nothing(database: Database) -> None:
    """Nor does an item that has none."""
    bulks = Bulks(database)
    await add(bulks)
    await bulks.write_answers("b1", await bulks.unasked("b1", 1))
    await bulks.write_answers("b1", [])
    assert 3 == len(await bulks.unasked("b1", 9))


async def test_the_tally(database: Database) -> None:
    """Of one bulk, by our reading of what the gateway said."""
    bulks = Bulks(database)
    await add(bulks)
    await add(bulks, replace(BULK, id="b2"))
    assert Tally() == await bulks.tally("b1")
    first, second, _ = await bulks.unasked("b1", 9)
    await bulks.write_answers("b1", [answered(first, "024"), answered(second, "ok:1")])
    tally = await bulks.tally("b1")
    assert {Outcome.PENDING: 1, Outcome.ANSWERED: 1} == dict(tally.counts)
    assert (MessageId("A"),) == await bulks.pending_ids("b1")
    assert () == await bulks.pending_ids("b2")


async def test_many_calls_page_by_page(database: Database) -> None:
    """They come back in their order, also where the last page is full."""
    bulks = Bulks(database)
    ids = [MessageId(f"A{number}") for number in range(2 * PAGE)]
    await add(bulks, ids=ids)
    assert ids == [item.message_id for item in await items(bulks)]


async def test_the_longest_list(database: Database) -> None:
    """Ten thousand calls come back."""
    bulks = Bulks(database)
    await add(bulks, ids=[MessageId(f"A{number}") for number in range(10_000)])
    assert 10_000 == len(await items(bulks))
    assert 10_000 == len(await bulks.unasked("b1", 20_000))


async def test_ignored_lines(database: Database) -> None:
    """In their order, by number and reason: what is in them is not stored."""
    bulks = Bulks(database)
    lines = [
        IgnoredLine(number=7, text="Maria", problem=LineProblem.TOO_LONG),
        IgnoredLine(number=3, text="a\0b\ud800", problem=LineProblem.UNPRINTABLE),
    ]
    assert None is await bulks.add(BULK, IDS, lines, PLENTY)
    assert [replace(line, text="") for line in lines] == [
        line async for line in bulks.ignored("b1")
    ]


async def test_a_hostile_name(database: Database) -> None:
    """Is cut as well."""
    bulks = Bulks(database)
    await add(bulks, replace(BULK, name="\0\udfff" + "x" * 1_000))
    kept = await bulks.get("b1")
    assert kept is not None
    assert "?" + "x" * (NAME_LIMIT - 1) == kept.name


async def test_a_file_is_known_until_the_end(database: Database) -> None:
    """The change that ends a list takes its name, id and digest away, and can be repeated."""
    bulks = Bulks(database)
    await add(bulks)
    ended = replace(BULK, state=BulkState.REPORTED, ended_at=NOON)
    for _ in range(2):
        assert await bulks.replace(BULK, ended)
    assert replace(ended, name="", file=None, digest=None) == await bulks.get("b1")
    assert await bulks.replace(ended, replace(ended, attempts=1))


@pytest.mark.parametrize(
    ("bounds", "bound"),
    [(Bounds(user=1, all=9), Bound.USER), (Bounds(user=9, all=2), Bound.ALL)],
)
async def test_bounds(database: Database, bounds: Bounds, bound: Bound) -> None:
    """Whose lists leave no room is named, and nothing is kept; one that is over takes none."""
    bulks = Bulks(database)
    await add(bulks)
    await add(bulks, replace(BULK, id="b2", user="U2"))
    await add(bulks, replace(REPORTED, id="b3"))
    new = replace(BULK, id="b4")
    assert bound is await bulks.add(new, IDS, (), bounds)
    assert (None, []) == (await bulks.get("b4"), await items(bulks, "b4"))


@pytest.mark.parametrize(
    ("ago", "most", "fits"),
    [
        (timedelta(hours=24) - SECOND, 6, True),
        (timedelta(hours=24) - SECOND, 5, False),
        (timedelta(hours=24), 5, True),
    ],
)
async def test_calls_a_day(database: Database, ago: timedelta, most: int, *, fits: bool) -> None:
    """One's lists of 24 hours count with all their calls, also those that are over."""
    bulks, bounds = Bulks(database), Bounds(user=9, all=9, calls_a_day=most)
    await add(bulks, replace(REPORTED, started_at=NOON - ago))
    await add(bulks, replace(BULK, id="b2", user="U2"))
    elsewhere = replace(BULK.destination, team="T2")
    await add(bulks, replace(BULK, id="b3", destination=elsewhere))
    outcome = await bulks.add(replace(BULK, id="b4"), IDS, (), bounds)
    assert (None if fits else Bound.DAY) is outcome
    assert fits == (await bulks.get("b4") is not None)


async def test_the_narrower_bound_is_named(database: Database) -> None:
    """Where too many lists are open, a stop helps; tomorrow is not needed."""
    bulks = Bulks(database)
    await add(bulks)
    new = replace(BULK, id="b2")
    assert Bound.USER is await bulks.add(new, IDS, (), Bounds(user=1, all=9, calls_a_day=1))


async def test_bounds_hold_where_several_start_at_once(database: Database) -> None:
    """Each counts the others'."""
    bulks, bounds = Bulks(database), Bounds(user=2, all=9)
    new = [replace(BULK, id=f"b{number}") for number in range(4)]
    outcomes = await asyncio.gather(*(bulks.add(one, IDS, (), bounds) for one in new))
    assert [None, None] == [outcome for outcome in outcomes if outcome is None]
    assert 2 == len(await bulks.latest(9, only_open=True))


async def test_lists(database: Database) -> None:
    """A person's open ones, the oldest first; everybody's, the newest first."""
    bulks = Bulks(database)
    older = replace(BULK, id="b2", started_at=NOON - SECOND)
    theirs = replace(BULK, id="b3", user="U2", started_at=NOON + SECOND)
    for bulk in (BULK, older, theirs, replace(REPORTED, id="b4", started_at=NOON + 2 * SECOND)):
        await add(bulks, bulk)
    assert (older, BULK) == await bulks.open_of("T1", "U1")
    assert (theirs, BULK, older) == await bulks.latest(9, only_open=True)
    assert ["b4"] == [bulk.id for bulk in await bulks.latest(1, only_open=False)]


@pytest.mark.parametrize("state", [BulkState.REPORTED, BulkState.SHARED])
async def test_one_whose_result_is_being_handed_over(database: Database, state: BulkState) -> None:
    """It is open, but its person waits for it no more, and it takes no room."""
    bulks, bounds = Bulks(database), Bounds(user=1, all=1)
    handing = replace(REPORTED, state=state, ended_at=None)
    await add(bulks, handing)
    assert () == await bulks.open_of("T1", "U1")
    assert (handing,) == await bulks.latest(9, only_open=True)
    assert None is await bulks.add(replace(BULK, id="b2"), IDS, (), bounds)
    assert Bound.USER is await bulks.add(replace(BULK, id="b3"), IDS, (), bounds)


async def test_the_old_are_swept_with_all_that_belongs_to_them(database: Database) -> None:
    """And nothing else is."""
    bulks = Bulks(database)
    line = IgnoredLine(number=1, text="x", problem=LineProblem.PHONE)
    assert None is await bulks.add(REPORTED, IDS, [line], PLENTY)
    young = replace(REPORTED, id="b2", ended_at=NOON + 9 * SECOND)
    await add(bulks, young)
    await add(bulks, replace(BULK, id="b3"))
    await add(bulks, replace(REPORTED, id="b4"))
    assert 9 == await bulks.sweep(NOON + 2 * SECOND)
    assert (None, young) == (await bulks.get("b1"), await bulks.get("b2"))
    assert [0, 3, 3, 0] == [len(await items(bulks, f"b{number}")) for number in range(1, 5)]
    assert [] == [line async for line in bulks.ignored("b1")]


@pytest.mark.parametrize("first", [True, False], ids=("before it goes", "after the first commit"))
async def test_one_that_is_taken_up_again_during_a_sweep(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    """It stays with all its calls, or is gone with all of them."""
    bulks = Bulks(database)
    undelivered = replace(REPORTED, state=BulkState.UNDELIVERED)
    again = replace(undelivered, state=BulkState.REPORTING, ended_at=None)
    await add(bulks, undelivered)
    write = database.write

    async def meanwhile(*args: Any, **more: Any) -> Any:
        monkeypatch.undo()
        if first:
            assert await bulks.replace(undelivered, again)
            return await write(*args, **more)
        done = await write(*args, **more)
        assert not await bulks.replace(undelivered, again)
        return done

    monkeypatch.setattr(database, "write", meanwhile)
    assert (0 if first else 4) == await bulks.sweep(NOON + 2 * SECOND)
    assert (3 if first else 0) == len(await items(bulks))
