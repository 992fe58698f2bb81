"""Which notices a process claims: the oldest of each conversation, with those that go along."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import MOST_TOGETHER, Bounds, Ending, State, Watch
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.jobs.notices import Notice, Notices
from bot.storage.jobs.pace import SharedPace
from bot.storage.jobs.table import LEASE, Wanted
from bot.storage.jobs.watches import Watches
from tests.storage.test_watches import FAILED, NOON, PLENTY, SECOND, WATCH

pytestmark = pytest.mark.every_database

# So long that there is one place in each conversation.
TIMING = Timing(pace=100.0, get_ready=30.0)


def decided(number: int, **changes: Any) -> Watch:
    """A watch whose notice is due; those with a lower number have waited longer."""
    values: dict[str, Any] = {
        "id": f"n{number:02}",
        "message_id": MessageId(f"A{number}"),
        "user": f"U{number}",
        "state": State.TELLING,
        "ending": Ending.STATUS,
        "decided_at": NOON + number * SECOND,
        "due_at": NOON,
        "last": FAILED.last,
    }
    return replace(WATCH, **(values | changes))


def elsewhere(channel: str, thread: str | None = None) -> Destination:
    """Another conversation."""
    return Destination(team="T1", channel=channel, thread=thread)


@dataclass
class Counter:
    """Where notices are claimed, and a clock that a test sets."""

    database: Database
    now: datetime = NOON + 60 * SECOND
    ahead: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.watches = Watches(self.database)
        self.pace = SharedPace(self.database, timing=TIMING)

    async def add(self, *watches: Watch) -> None:
        """Store them."""
        for watch in watches:
            assert (watch,) == await self.watches.add([watch], PLENTY)

    async def notices(
        self, worker: str = "e1", *, room: int = 99, in_hand: Sequence[str] = ()
    ) -> tuple[Notice, ...]:
        """What a process claims."""
        notices = Notices(
            watches=self.watches, pace=self.pace, ahead=lambda channel: self.ahead.get(channel, 0.0)
        )
        wanted = Wanted(jobs=notices, room=room, in_hand=in_hand)
        return await self.database.write(
            lambda connection: notices.claim(connection, wanted, worker=worker, now=self.now)
        )

    async def claimed(self, worker: str = "e1", **more: Any) -> list[tuple[str, ...]]:
        """The ids of each notice."""
        return [notice.ids for notice in await self.notices(worker, **more)]


@pytest.fixture
def counter(database: Database) -> Counter:
    """One without notices."""
    return Counter(database)


async def test_a_conversation_has_one_place_at_a_time(counter: Counter) -> None:
    """It goes to the notice that has waited longest; the next process gets none."""
    await counter.add(decided(2), decided(1), decided(3, destination=elsewhere("C2")))

    assert [("n01",), ("n03",)] == await counter.claimed()
    assert [] == await counter.claimed("e2")


async def test_what_is_claimed_belongs_to_the_process(counter: Counter) -> None:
    """With the wait for its place, in which its thread is checked."""
    await counter.add(decided(1))
    (notice,) = await counter.notices()

    assert (await counter.watches.get("n01"),) == notice.watches
    assert ("e1", counter.now + LEASE) == (notice.watches[0].worker, notice.watches[0].due_at)
    assert TIMING.get_ready / 2 <= notice.place - monotonic() <= TIMING.get_ready * 2


async def test_notices_for_one_user_and_thread_go_together(counter: Counter) -> None:
    """In their order; those for others wait."""
    mine = [decided(number, user="U1") for number in (1, 4, 2)]
    others = [decided(3), decided(5, user="U1", destination=elsewhere("C1", "2.2"))]
    await counter.add(*mine, *others)

    assert [("n01", "n02", "n04")] == await counter.claimed()


async def test_a_notice_takes_along_what_is_just_gathering(counter: Counter) -> None:
    """But not what waits after a failed attempt; alone, one that gathers is not claimed."""
    later = counter.now + SECOND
    await counter.add(decided(2, user="U1", due_at=later))
    assert [] == await counter.claimed()
    await counter.add(decided(1, user="U1"), decided(3, user="U1", due_at=later, attempts=1))
    assert [("n01", "n02")] == await counter.claimed()


async def test_a_message_has_so_many_calls_and_no_more(counter: Counter) -> None:
    """The others get the next place."""
    await counter.add(*(decided(number, user="U1") for number in range(MOST_TOGETHER + 2)))
    ((*ids,),) = await counter.claimed()
    assert [f"n{number:02}" for number in range(MOST_TOGETHER)] == ids


async def test_a_call_that_was_never_looked_up_is_reported_alone(counter: Counter) -> None:
    """It has nothing that a list could show."""
    await counter.add(decided(1, user="U1", last=None), decided(2, user="U1"))
    assert [("n01",)] == await counter.claimed()


async def test_all_that_is_in_doubt_in_a_conversation_is_claimed_at_once(counter: Counter) -> None:
    """For no place, because it is only read; certain notices keep theirs."""
    doubts = [
        decided(number, doubtful=True, attempts=1, destination=elsewhere("C1", f"{number}.1"))
        for number in (2, 3)
    ]
    later = decided(4, doubtful=True, attempts=1, due_at=counter.now + SECOND)
    await counter.add(decided(1), *doubts, later)

    assert [("n02", "n03"), ("n01",)] == await counter.claimed()
    await counter.add(decided(5, doubtful=True, attempts=1))
    assert [("n05",)] == await counter.claimed()


async def test_of_very_many_in_doubt_some_are_claimed(counter: Counter) -> None:
    """So that other conversations have room, too."""
    doubts = [decided(n, doubtful=True, attempts=1) for n in range(102)]
    await counter.watches.add(doubts, Bounds(user=200, channel=200, all=200))
    assert [100, 2] == [len(ids) for _ in range(2) for ids in await counter.claimed(room=500)]


async def test_room_is_kept(counter: Counter) -> None:
    """The rest is claimed when there is some again."""
    await counter.add(*(decided(n, destination=elsewhere(f"D{n}")) for n in range(3)))
    await counter.add(decided(3, user="U3"), decided(4, user="U3"))

    assert [] == await counter.claimed(room=0)
    assert [("n00",), ("n01",)] == await counter.claimed(room=2)
    assert [("n02",), ("n03",)] == await counter.claimed(room=2)


async def test_what_is_in_hand_is_nobody_elses(counter: Counter) -> None:
    """While its process lives; its own process takes it up again after its lease."""
    await counter.add(decided(1))
    assert [("n01",)] == await counter.claimed()
    counter.now += LEASE
    counter.pace = SharedPace(counter.database, timing=Timing(pace=0.0, get_ready=1_000.0))
    counter.pace._within = 2_000.0
    assert [] == await counter.claimed("e2")
    assert [] == await counter.claimed(in_hand=("n01",))
    assert [("n01",)] == await counter.claimed()


async def test_other_watches_are_claimed_by_themselves(counter: Counter) -> None:
    """Those that wait for a status, and those whose card is to be updated."""
    told = decided(2, state=State.TOLD)
    over = decided(3, ended_at=NOON)
    await counter.add(replace(WATCH, due_at=NOON), told, over, decided(4))

    assert [("n04",)] == await counter.claimed()

    def singles(connection: Any) -> tuple[Watch, ...]:
        wanted = Wanted(jobs=counter.watches, room=9, in_hand=())
        return counter.watches.claim(connection, wanted, worker="e1", now=counter.now)

    found = await counter.database.write(singles)
    assert ["n02", "w1"] == sorted(watch.id for watch in found)


async def test_answers_to_people_go_first(counter: Counter) -> None:
    """For half a minute; then a notice has waited long enough."""
    counter.ahead = {"C1": 3 * TIMING.pace}
    await counter.add(decided(40), decided(1, destination=elsewhere("C2")))
    assert [("n01",)] == await counter.claimed()
    assert monotonic() + 2 * TIMING.pace < await counter.pace.reserve("C1", 0.0)

    counter.ahead = {"C3": 3 * TIMING.pace}
    await counter.add(decided(29, destination=elsewhere("C3")))
    assert [("n29",)] == await counter.claimed()


async def test_nothing_is_claimed_while_slack_refuses_posts(counter: Counter) -> None:
    """In that conversation; doubts are."""
    await counter.add(decided(1), decided(2, doubtful=True, attempts=1))
    await counter.pace.close("C1", 3 * TIMING.pace)
    assert [("n02",)] == await counter.claimed()


async def test_processes_that_ask_at_once_do_not_share_a_place(counter: Counter) -> None:
    """One of them gets it."""
    await counter.add(*(decided(number) for number in range(6)))
    found = await asyncio.gather(*(counter.claimed(f"e{number}") for number in range(4)))
    assert [("n00",)] == [ids for claimed in found for ids in claimed]


@pytest.mark.parametrize(
    ("wait", "claimed"), [(timedelta(seconds=30), []), (timedelta(seconds=31), [("n01",)])]
)
async def test_an_overdue_notice_waits_for_no_answers(
    counter: Counter, wait: timedelta, claimed: list[tuple[str, ...]]
) -> None:
    """After more than half a minute."""
    counter.ahead = {"C1": 3 * TIMING.pace}
    await counter.add(decided(1))
    counter.now = NOON + SECOND + wait
    assert claimed == await counter.claimed()
