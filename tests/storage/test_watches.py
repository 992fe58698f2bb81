"""The table of watches, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from bot.domain.call_status import Answer, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.jobs.watch import Bound, Bounds, Ending, State, Watch
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.jobs.watches import Owner, Watches

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLENTY = Bounds(user=100, channel=100, all=100)
ANA = Owner(team="T1", user="U1")
WATCH = Watch(
    id="w1",
    message_id=MessageId("A"),
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    started_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    due_at=NOON + timedelta(seconds=15),
)
TOLD = replace(
    WATCH,
    asked_in="D1",
    external=True,
    card=PostedCard(channel="C2", ts="2.2"),
    state=State.TOLD,
    looks=3,
    unknown=True,
    last=Answer(
        message_id=MessageId("A"), finding=read_result("ok:85.00"), checked_at=NOON, sandbox=True
    ),
    ending=Ending.STATUS,
    attempts=2,
    doubtful=True,
    worker="e1",
    decided_at=NOON,
    ended_at=NOON + SECOND,
)
FAILED = replace(
    WATCH,
    last=Answer(
        message_id=MessageId("A"),
        finding=LookupFailure(error="timeout", detail="x"),
        checked_at=NOON,
    ),
)
DIRECT = replace(WATCH, destination=Destination(team="T1", channel="U1"))


def another(number: int, **changes: object) -> Watch:
    """A watch of another call."""
    new = replace(WATCH, id=f"x{number}", message_id=MessageId(f"A{number}"))
    return replace(new, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("watch", [WATCH, TOLD, FAILED, DIRECT], ids=str)
async def test_a_watch_comes_back_as_it_was(database: Database, watch: Watch) -> None:
    """With all that belongs to it."""
    watches = Watches(database)
    assert (watch,) == await watches.add([watch], PLENTY)
    assert watch == await watches.get("w1")
    assert None is await watches.get("w2")


async def test_one_of_a_call_and_destination(database: Database) -> None:
    """The open one comes back in place of a second; one that is over is in nobody's way."""
    watches = Watches(database)
    await watches.add([TOLD], PLENTY)
    first, second = replace(WATCH, id="w2"), replace(WATCH, id="w3", user="U2")
    assert (first,) == await watches.add([first], PLENTY)
    assert (first,) == await watches.add([second], PLENTY)
    assert 1 == len(await watches.latest(9, only_open=True))


async def test_one_at_once(database: Database) -> None:
    """Also where several ask at the same time."""
    watches = Watches(database)
    asked = [replace(WATCH, id=f"w{number}") for number in range(5)]
    outcomes = await asyncio.gather(*(watches.add([one], PLENTY) for one in asked))
    assert 1 == len({watch.id for (watch,) in outcomes if isinstance(watch, Watch)})


@pytest.mark.parametrize(
    ("bounds", "bound"),
    [
        (Bounds(user=2, channel=9, all=9), Bound.USER),
        (Bounds(user=9, channel=2, all=9), Bound.CHANNEL),
        (Bounds(user=9, channel=9, all=2), Bound.ALL),
        (Bounds(user=2, channel=2, all=2), Bound.USER),
    ],
)
async def test_bounds(database: Database, bounds: Bounds, bound: Bound) -> None:
    """What goes beyond is named; one that is there already needs no room."""
    watches = Watches(database)
    first, second, third = (another(number) for number in (1, 2, 3))
    assert (first, second, bound) == await watches.add([first, second, third], bounds)
    assert (first,) == await watches.add([replace(first, id="w9")], bounds)


async def test_one_that_is_over_is_opened_again(database: Database) -> None:
    """Unless somebody else did so before."""
    watches = Watches(database)
    again = replace(TOLD, state=State.TELLING, ended_at=None)
    await watches.add([TOLD], PLENTY)
    assert again == await watches.reopen(TOLD, again)
    assert None is await watches.reopen(TOLD, replace(again, looks=9))
    assert again == await watches.get("w1")


async def test_one_that_is_over_is_not_opened_beside_an_open_one(database: Database) -> None:
    """Of the same call and destination: that one comes back in its place."""
    watches = Watches(database)
    anew = replace(WATCH, id="w2")
    await watches.add([TOLD], PLENTY)
    await watches.add([anew], PLENTY)
    assert anew == await watches.reopen(TOLD, replace(TOLD, ended_at=None))
    assert TOLD == await watches.get("w1")


async def test_one_that_is_opened_again_while_it_is_watched_anew(database: Database) -> None:
    """Whoever comes first: there is one, and both see it."""
    watches = Watches(database)
    await watches.add([TOLD], PLENTY)
    again = replace(TOLD, state=State.TELLING, ended_at=None)
    anew = [replace(WATCH, id=f"w{number}") for number in (2, 3)]
    adding = asyncio.gather(*(watches.add([one], PLENTY) for one in anew))
    opened, added = await asyncio.gather(watches.reopen(TOLD, again), adding)
    assert {opened} == {watch for (watch,) in added}
    assert 1 == len(await watches.latest(9, only_open=True))


async def test_a_change_is_made_to_what_was_read(database: Database) -> None:
    """And not to what somebody else has made of it."""
    watches = Watches(database)
    await watches.add([WATCH], PLENTY)
    mine, theirs = replace(WATCH, looks=1), replace(WATCH, looks=5)
    assert await watches.replace(WATCH, theirs)
    assert not await watches.replace(WATCH, mine)
    assert theirs == await watches.get("w1")
    assert not await watches.replace(another(7), another(7, looks=1))


async def test_an_end_that_is_moved(database: Database) -> None:
    """Further away or nearer: nothing else changes of those named, in the order of the names."""
    watches = Watches(database)
    first, second, third = (another(number) for number in (1, 2, 3))
    await watches.add([first, second, third], PLENTY)
    for moment in (NOON + timedelta(hours=4), NOON + timedelta(minutes=5)):
        moved = (replace(second, expires_at=moment), replace(first, expires_at=moment))
        assert moved == await watches.expire_at(moment, ["x2", "nothing", "x1", "x2"], ANA)
        assert moved == (await watches.get("x2"), await watches.get("x1"))
    assert third == await watches.get("x3")


async def test_an_end_before_the_next_look(database: Database) -> None:
    """It is due at its end then, and not later."""
    watches = Watches(database)
    end = WATCH.due_at
    await watches.add([WATCH, another(1, due_at=end + SECOND)], PLENTY)
    changed = await watches.expire_at(end, ["w1", "x1"], ANA)
    assert [(end, end)] * 2 == [(watch.expires_at, watch.due_at) for watch in changed]


@pytest.mark.parametrize(
    "watch",
    [
        TOLD,
        replace(WATCH, state=State.TELLING, ending=Ending.LIMIT),
        replace(WATCH, user="U2"),
        replace(WATCH, destination=Destination(team="T2", channel="C1")),
    ],
    ids=("over", "being told", "of another person", "of another team"),
)
async def test_what_is_not_open_to_a_person(database: Database, watch: Watch) -> None:
    """Neither moved nor given up."""
    watches = Watches(database)
    await watches.add([watch], PLENTY)
    assert () == await watches.expire_at(NOON + SECOND, ["w1"], ANA)
    assert () == await watches.cancel(["w1"], NOON, ANA)
    assert watch == await watches.get("w1")


async def test_an_end_that_is_moved_during_a_turn(database: Database) -> None:
    """The turn does not write the old end back: it has to read the watch again."""
    watches = Watches(database)
    later = NOON + timedelta(hours=4)
    await watches.add([WATCH], PLENTY)
    read = await watches.get("w1")
    (moved,) = await watches.expire_at(later, ["w1"], ANA)
    assert read is not None
    assert not await watches.replace(read, replace(read, looks=1))
    assert moved == await watches.get("w1")
    put_off = replace(moved, looks=1)
    assert await watches.replace(moved, put_off)
    assert put_off == await watches.get("w1")
    assert later == put_off.expires_at


async def test_an_end_that_is_moved_while_turns_write(database: Database) -> None:
    """Whoever comes first: what was chosen stands in the end."""
    watches = Watches(database)
    later = NOON + timedelta(hours=4)
    new = [another(number) for number in range(8)]
    names = [watch.id for watch in new]
    await watches.add(new, PLENTY)
    turns = asyncio.gather(*(watches.replace(watch, replace(watch, looks=1)) for watch in new))
    moved, put_off = await asyncio.gather(watches.expire_at(later, names, ANA), turns)
    assert names == [watch.id for watch in moved]
    assert [
        replace(watch, expires_at=later, looks=int(done))
        for watch, done in zip(new, put_off, strict=True)
    ] == [await watches.get(name) for name in names]


async def test_giving_up(database: Database) -> None:
    """Those of a person, or of anybody; what is returned is what they were."""
    watches = Watches(database)
    mine, theirs = another(1), another(2, user="U2")
    for watch in (mine, theirs):
        await watches.add([watch], PLENTY)
    assert (mine,) == await watches.cancel(["x2", "x1"], NOON, ANA)
    assert (theirs,) == await watches.cancel(["x2", "x1"], NOON + SECOND)
    ends = {mine: NOON, theirs: NOON + SECOND}
    for watch, end in ends.items():
        over = replace(watch, state=State.CANCELLED, ended_at=end)
        assert over == await watches.get(watch.id)


@pytest.mark.parametrize("change", ["expire_at", "cancel"])
async def test_a_change_of_several_is_one_commit(database: Database, change: str) -> None:
    """If it fails, or the process dies before it, each is as it was."""
    watches = Watches(database)
    new = [another(number) for number in (1, 2, 3)]
    names = [watch.id for watch in new]
    await watches.add(new, PLENTY)

    async def make() -> tuple[Watch, ...]:
        if change == "cancel":
            return await watches.cancel(names, NOON, ANA)
        return await watches.expire_at(NOON + SECOND, names, ANA)

    with commits_of(database, fail=True), pytest.raises(StorageError):
        await make()
    assert new == [await watches.get(name) for name in names]
    with commits_of(database) as commits:
        assert 3 == len(await make())
    assert 1 == len(commits)


@contextmanager
def commits_of(database: Database, *, fail: bool = False) -> Iterator[list[object]]:
    """The commits of the transactions that write; none of them takes place if they fail."""
    commits: list[object] = []

    def commit(connection: object) -> None:
        commits.append(connection)
        if fail:
            raise StorageError("away")

    del database
    event.listen(Engine, "commit", commit)
    try:
        yield commits
    finally:
        event.remove(Engine, "commit", commit)


async def test_a_change_whose_answer_was_lost(database: Database) -> None:
    """Is known again when it is made once more."""
    watches = Watches(database)
    await watches.add([WATCH], PLENTY)
    new = replace(WATCH, state=State.TELLING, attempts=1, worker="e1")
    assert await watches.replace(WATCH, new)
    assert await watches.replace(WATCH, new)


async def test_lists(database: Database) -> None:
    """A person's open ones, the oldest first; everybody's, the newest first."""
    watches = Watches(database)
    older = another(1, started_at=NOON - SECOND)
    theirs = another(2, user="U2", started_at=NOON + SECOND)
    elsewhere = another(3, destination=Destination(team="T2", channel="U1"))
    for watch in (replace(TOLD, id="w9"), WATCH, older, theirs, elsewhere):
        await watches.add([watch], PLENTY)
    await watches.replace(elsewhere, replace(elsewhere, state=State.CANCELLED, ended_at=NOON))
    assert (older, WATCH) == await watches.open_of("T1", "U1")
    assert () == await watches.open_of("T2", "U1")
    assert (theirs, WATCH, older) == await watches.latest(9, only_open=True)
    assert [theirs.id] == [watch.id for watch in await watches.latest(1, only_open=False)]


async def test_sweep(database: Database) -> None:
    """What ended before goes; what is open stays, however old."""
    watches = Watches(database)
    await watches.add([TOLD], PLENTY)
    await watches.add([replace(WATCH, id="w2", started_at=NOON - timedelta(days=99))], PLENTY)
    assert 0 == await watches.sweep(NOON + SECOND)
    assert 1 == await watches.sweep(NOON + 2 * SECOND)
    assert 1 == len(await watches.latest(9, only_open=True))
