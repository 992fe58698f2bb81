"""Watches as people ask for them: started, refused, listed, given up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.access import Asker
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.jobs.watch import Bound, Ending, State
from bot.services.watches.service import (
    AlreadyWatched,
    NoRoom,
    Started,
    StartOutcome,
)
from tests.services.watch_world import BOUNDS, NOON, THREAD, World, watch_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A new world at noon."""
    async with watch_world() as new:
        yield new


def direct(user: str) -> Destination:
    """A direct message to a person."""
    return Destination(team="T1", channel=user)


async def start(
    world: World, *idmsgs: str, user: str = "U1", destination: Destination = THREAD
) -> tuple[StartOutcome, ...]:
    """Ask for watches."""
    message_ids = tuple(map(MessageId, idmsgs))
    asker = Asker(user=user, channel="C1", team="T1")
    return await world.watching.start(message_ids, asker=asker, destination=destination)


async def test_a_watch_starts(world: World) -> None:
    """It is kept, due for its first look after fifteen seconds, and somebody is woken for it."""
    card = PostedCard(channel="C1", ts="2.2")
    watch = await world.start("A", card=card)

    assert (State.WAITING, card, THREAD) == (watch.state, watch.card, watch.destination)
    assert NOON + timedelta(seconds=15) == watch.due_at
    assert NOON + timedelta(minutes=30) == watch.expires_at
    assert watch == await world.read(watch)
    assert 1 == len(world.wakes)


async def test_nothing_asked_for(world: World) -> None:
    """No id, no watch."""
    assert () == await start(world)


async def test_one_watch_for_each_id_and_destination(world: World) -> None:
    """Whoever asks again is told which watch there is; an id given twice is one."""
    (first,) = await start(world, "A")
    (again,) = await start(world, "A", user="U2")
    assert isinstance(first, Started)
    assert AlreadyWatched(watch=first.watch) == again
    outcomes = await start(world, "B", "B")
    assert [Started, AlreadyWatched] == [type(outcome) for outcome in outcomes]


async def test_elsewhere_it_is_another_watch(world: World) -> None:
    """In another thread, in a direct message, in another case of letters."""
    for destination in (
        THREAD,
        Destination(team="T1", channel="C1", thread="1.2"),
        Destination(team="T1", channel="U1"),
    ):
        (outcome,) = await start(world, "A", user=str(destination), destination=destination)
        assert isinstance(outcome, Started)
    (outcome,) = await start(world, "a", user="U9")
    assert isinstance(outcome, Started)


async def test_the_bound_of_a_person(world: World) -> None:
    """What goes beyond is refused and named; what came before it is kept."""
    *started, refused = await start(world, "A", "B", "C", "D")
    assert BOUNDS.user == sum(isinstance(outcome, Started) for outcome in started)
    assert NoRoom(message_id=MessageId("D"), bound=Bound.USER, most=BOUNDS.user) == refused
    assert BOUNDS.user == len(await world.watching.of("T1", "U1"))


async def test_the_bound_of_a_channel(world: World) -> None:
    """Whoever asks."""
    await start(world, "A", "B", "C")
    _, refused = await start(world, "D", "E", user="U2")
    assert (
        NoRoom(message_id=MessageId("E"), bound=Bound.CHANNEL, most=BOUNDS.each[Bound.CHANNEL])
        == refused
    )


async def test_the_bound_of_all(world: World) -> None:
    """Wherever they are; it is what the gateway's ceiling carries."""
    await start(world, "A", "B", "C")
    await start(world, "A", "B", user="U2", destination=direct("U2"))
    (refused,) = await start(world, "A", user="U3", destination=direct("U3"))
    assert NoRoom(message_id=MessageId("A"), bound=Bound.ALL, most=BOUNDS.all) == refused


async def test_what_is_over_takes_no_room(world: World) -> None:
    """Nor does it stand in the way of the same watch again."""
    watch = await world.start("A")
    assert (watch,) == await world.watching.cancel("T1", "U1", [watch.id])
    *others, _ = await start(world, "A", "B", "C")
    assert all(isinstance(outcome, Started) for outcome in others)


async def test_a_person_sees_their_own(world: World) -> None:
    """The oldest first; not those of others, also of the same name in another team."""
    await start(world, "A")
    world.clock.forward(1)
    await start(world, "B")
    await start(world, "C", user="U2")
    await start(world, "D", destination=Destination(team="T2", channel="U1"))
    mine = await world.watching.of("T1", "U1")
    assert ["A", "B"] == [watch.message_id.value for watch in mine]


async def test_giving_up(world: World) -> None:
    """A watch that is given up is over; nothing is looked up and nothing told."""
    watch = await world.start("SANDBOX-OK")
    assert (watch,) == await world.watching.cancel("T1", "U1", [watch.id])
    assert () == await world.watching.of("T1", "U1")
    over = await world.read(watch)
    assert (State.CANCELLED, NOON) == (over.state, over.ended_at)


@pytest.mark.parametrize(("team", "user"), [("T1", "U2"), ("T2", "U1")])
async def test_only_ones_own_can_be_given_up(world: World, team: str, user: str) -> None:
    """Nor one that there is not."""
    watch = await world.start("A")
    assert () == await world.watching.cancel(team, user, [watch.id])
    assert () == await world.watching.cancel("T1", "U1", ["nothing"])
    assert (watch,) == await world.watching.of("T1", "U1")


async def test_what_is_being_told_cannot_be_given_up(world: World) -> None:
    """Nor what was given up already."""
    watch = await world.start("A")
    await world.watching.cancel("T1", "U1", [watch.id])
    assert () == await world.watching.cancel("T1", "U1", [watch.id])


async def test_a_longer_time_can_be_chosen(world: World) -> None:
    """From now on, and nothing else changes."""
    watch, other = await world.start("A"), await world.start("B")
    world.clock.forward(10)
    (changed,) = await world.watching.choose_limit("T1", "U1", [watch.id], timedelta(hours=4))

    assert replace(watch, expires_at=world.clock.now + timedelta(hours=4)) == changed
    assert [changed, other] == [await world.read(watch), await world.read(other)]


async def test_a_shorter_time_can_be_chosen(world: World) -> None:
    """Its end comes on time also where the next look would have been later."""
    watch = await world.start("SANDBOX-FOREVER")
    late = replace(watch, due_at=NOON + timedelta(minutes=20))
    assert await world.watches.replace(watch, late)
    (changed,) = await world.watching.choose_limit("T1", "U1", [watch.id], timedelta(minutes=5))

    end = NOON + timedelta(minutes=5)
    assert (end, end, 2) == (changed.expires_at, changed.due_at, len(world.wakes))
    told = await world.turn(changed)
    assert (State.TOLD, Ending.LIMIT, end) == (told.state, told.ending, told.ended_at)
    assert [] == world.asked


async def test_a_time_is_brought_into_the_bounds_of_choice(world: World) -> None:
    """As it is at the start."""
    watch = await world.start("A")
    (changed,) = await world.watching.choose_limit("T1", "U1", [watch.id], timedelta(days=9))
    assert NOON + timedelta(hours=24) == changed.expires_at


async def test_a_time_is_chosen_for_what_waits(world: World) -> None:
    """What is over stays over, and what is somebody else's theirs; the rest goes on."""
    over, watch = await world.start("A"), await world.start("B")
    await world.watching.cancel("T1", "U1", [over.id])
    names, limit = [over.id, "nothing", watch.id], timedelta(hours=1)
    assert () == await world.watching.choose_limit("T1", "U2", names, limit)
    assert () == await world.watching.choose_limit("T2", "U1", names, limit)
    (changed,) = await world.watching.choose_limit("T1", "U1", names, limit)
    assert watch.id == changed.id
    assert State.CANCELLED is (await world.read(over)).state
