"""What people do with their lists: start, stop, look at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import IdList, IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkState
from bot.domain.jobs.watch import Bound
from bot.storage.jobs.bulks import Bulks
from tests.services.bulk_world import BulkWorld, bulk_world
from tests.services.watch_world import NOON, THREAD

LINES = (IgnoredLine(number=2, text="telefone", problem=LineProblem.PHONE),)


@pytest.fixture
async def world() -> AsyncIterator[BulkWorld]:
    """A new world at noon."""
    async with bulk_world() as new:
        yield new


async def start(world: BulkWorld, user: str = "U1") -> Bulk | Bound:
    """Start a list of two with a double and a line that has no id."""
    given = IdList(ids=(MessageId("A"), MessageId("B")), doubles=1, ignored=LINES)
    asker = Asker(user=user, channel="C1", team="T1")
    return await world.bulks.start(given, asker=asker, destination=THREAD, name="ids.csv")


async def test_a_list_is_kept_and_due_at_once(world: BulkWorld) -> None:
    """With all that was said about it, and somebody is woken for it."""
    bulk = await start(world)
    assert isinstance(bulk, Bulk)
    assert (2, 1, 1, "ids.csv", NOON) == (
        bulk.total,
        bulk.doubles,
        bulk.ignored,
        bulk.name,
        bulk.due_at,
    )
    assert bulk == await world.bulks.get("T1", "U1", bulk.id)
    assert (bulk,) == await world.table.open_of("T1", "U1")
    lines = [line async for line in world.table.ignored(bulk.id)]
    assert [replace(line, text="") for line in LINES] == lines
    assert 1 == len(world.base.wakes)


@pytest.mark.parametrize(
    ("file", "width", "kept"),
    [("F1", 2, ("F1", "0f")), ("F1", 1, (None,) * 2), ("", 2, (None,) * 2)],
)
async def test_a_file_with_several_columns_is_remembered(
    world: BulkWorld, file: str, width: int, kept: tuple[str | None, ...]
) -> None:
    """Rows that were pasted come from none."""
    given = IdList(ids=(MessageId("A"),), width=width)
    asker = Asker(user="U1", channel="C1", team="T1")
    bulk = await world.bulks.start(given, asker=asker, destination=THREAD, file=file, digest="0f")
    assert isinstance(bulk, Bulk)
    assert kept == (bulk.file, bulk.digest)


async def test_there_is_room_for_so_many(world: BulkWorld) -> None:
    """Of one person, and of all; nothing is kept of one more."""
    for _ in range(3):
        assert isinstance(await start(world), Bulk)
    assert Bound.USER is await start(world)
    assert isinstance(await start(world, "U2"), Bulk)
    assert Bound.ALL is await start(world, "U3")
    assert 3 == len(await world.table.open_of("T1", "U1"))


async def test_a_list_that_nobody_works_on_is_stopped_at_once(world: BulkWorld) -> None:
    """It is taken up now, to be reported."""
    bulk = await world.start("A", "B")
    later = replace(bulk, due_at=NOON.replace(hour=13))
    assert await world.table.replace(bulk, later)
    stopped = await world.bulks.stop("T1", "U1", bulk.id)
    assert stopped is not None
    assert (BulkEnding.STOPPED, NOON, 2) == (
        stopped.ending,
        stopped.due_at,
        len(world.base.wakes),
    )


class LateTable(Bulks):
    """A table in which somebody else changes a bulk right before it is changed here."""

    meanwhile: Bulk | None = None

    async def replace(self, old: Bulk, new: Bulk) -> bool:
        """The other change first, once."""
        first, self.meanwhile = self.meanwhile, None
        if first is not None:
            assert await super().replace(old, first)
        return await super().replace(old, new)


async def test_a_stop_holds_although_somebody_works_on_it(world: BulkWorld) -> None:
    """What is written down in the same moment is not lost either."""
    bulk = await world.start("A", "B")
    meanwhile = replace(bulk, worker="e1", due_at=NOON.replace(minute=1))
    world.table = table = LateTable(world.base.database)
    table.meanwhile = meanwhile
    stopped = await world.bulks.stop("T1", "U1", bulk.id)
    assert replace(meanwhile, ending=BulkEnding.STOPPED, decided_at=NOON) == stopped
    assert stopped == await world.read(bulk)


async def test_only_who_asked_may_stop_or_see_it(world: BulkWorld) -> None:
    """Others have none of that id."""
    bulk = await world.start("A", "B")
    for team, user, bulk_id in (("T1", "U2", bulk.id), ("T2", "U1", bulk.id), ("T1", "U1", "no")):
        assert None is await world.bulks.stop(team, user, bulk_id)
        assert None is await world.bulks.get(team, user, bulk_id)
    assert None is (await world.read(bulk)).ending


async def test_what_does_not_ask_any_more_is_not_stopped(world: BulkWorld) -> None:
    """It was stopped before, or is being reported."""
    bulk = await world.start("A", "B")
    assert await world.bulks.stop("T1", "U1", bulk.id) is not None
    assert None is await world.bulks.stop("T1", "U1", bulk.id)
    other = await world.start("A", "B")
    assert await world.table.replace(other, replace(other, state=BulkState.REPORTING))
    assert None is await world.bulks.stop("T1", "U1", other.id)
