"""Access that was taken away ends the watches and lists that were begun with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.access import AccessRules, Asker
from bot.domain.id_lists.id_list import IdList
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkState
from bot.domain.jobs.job import LONGEST_PAUSE, Destination, Job, PostedCard
from bot.domain.jobs.watch import Ending, State
from bot.domain.timing import Timing
from bot.services.claiming import Claiming, EventDeduplicator
from bot.services.farewell import Farewell
from bot.services.watches.service import Started
from bot.storage.claims import ClickClaims, SeenEvents
from bot.storage.schema import AUDIT
from tests.services.bulk_world import BulkWorld, bulk_world
from tests.services.watch_world import ANA, THREAD, World
from tests.storage.holding import eventually

ONLY_BRUNO = AccessRules(users=frozenset({"U2"}))
ELSEWHERE = AccessRules(channels=frozenset({"C2"}))
RULES = pytest.mark.parametrize("rules", [ONLY_BRUNO, ELSEWHERE], ids=["user", "channel"])


@pytest.fixture
async def world() -> AsyncIterator[BulkWorld]:
    """A new world at noon."""
    async with bulk_world() as new:
        yield new


async def refusals(base: World) -> list[tuple[str, str | None]]:
    """The refusals in the audit: where, and why."""
    await base.writer.flush()
    found = select(AUDIT.c.surface, AUDIT.c.reason).where(AUDIT.c.action == "refusal")
    rows = await base.database.read(lambda connection: connection.execute(found).all())
    return [(row.surface, row.reason) for row in rows]


@RULES
async def test_a_watch_is_over_before_its_next_look(world: BulkWorld, rules: AccessRules) -> None:
    """The gateway is not asked, nothing is posted in the thread, and the audit has the refusal."""
    base = world.base
    watch = await base.start("SANDBOX-FOREVER", card=PostedCard(channel="C1", ts="2.2"))
    base.lookups.now_valid = rules

    over = await base.turn(watch)

    assert (State.REVOKED, base.clock.now) == (over.state, over.ended_at)
    assert ([], [], []) == (base.asked, base.slack.told, base.slack.updated)
    assert [watch.id] == [job.id for job in base.dismissed]
    ((surface, reason),) = await refusals(base)
    assert ("watch", "user" if rules is ONLY_BRUNO else "channel") == (surface, reason)


async def test_a_status_that_was_found_before_is_not_told(world: BulkWorld) -> None:
    """Access is checked again right before the notice."""
    base = world.base
    watch = await base.start("SANDBOX-BUSY")
    base.clock.now = watch.due_at
    told = replace(watch, state=State.TELLING, ending=Ending.STATUS, decided_at=watch.due_at)
    assert await base.watches.replace(watch, told)
    base.lookups.now_valid = ONLY_BRUNO

    await base.tell_all(base.turns())

    assert (State.REVOKED, []) == ((await base.read(watch)).state, base.slack.told)


async def test_a_notice_in_doubt_is_not_searched_for(world: BulkWorld) -> None:
    """Neither its card nor another attempt follows."""
    base = world.base
    watch = await base.start("SANDBOX-BUSY", card=PostedCard(channel="C1", ts="2.2"))
    told = replace(watch, state=State.TELLING, ending=Ending.STATUS, doubtful=True)
    assert await base.watches.replace(watch, replace(told, decided_at=watch.due_at))
    base.clock.now, base.lookups.now_valid = watch.due_at, ONLY_BRUNO

    await base.tell_all(base.turns())

    assert State.REVOKED is (await base.read(watch)).state
    assert ([], [], []) == (base.slack.traced, base.slack.told, base.slack.updated)


@pytest.mark.parametrize("state", [BulkState.ASKING, BulkState.REPORTING, BulkState.REPORTED])
async def test_a_list_is_over_in_every_state(world: BulkWorld, state: BulkState) -> None:
    """No call is looked up; no progress, report or file is posted."""
    bulk = await world.start("SANDBOX-OK")
    base, speaker = world.base, world.speaker
    assert await world.table.replace(bulk, replace(bulk, state=state))
    base.lookups.now_valid = ONLY_BRUNO

    over = await world.turn(bulk)

    assert (BulkState.REVOKED, False) == (over.state, over.open)
    assert ([], []) == (base.asked, speaker.shown + speaker.reported + speaker.handed)
    assert ([bulk.id], [("list", "user")]) == (
        [job.id for job in base.dismissed],
        await refusals(base),
    )


async def test_a_list_that_ends_meanwhile_is_not_reported(world: BulkWorld) -> None:
    """Access is checked again right before the report."""
    bulk = await world.start("SANDBOX-OK")
    stopped = replace(bulk, ending=BulkEnding.STOPPED, decided_at=world.base.clock.now)
    assert await world.table.replace(bulk, stopped)
    world.base.lookups.now_valid = ELSEWHERE

    over = await world.turn(bulk)

    assert (BulkState.REVOKED, []) == (over.state, world.speaker.shown + world.speaker.reported)


async def test_what_could_not_be_said_is_said_later(world: BulkWorld) -> None:
    """Until then the job stays open and does nothing."""
    base = world.base
    watch = await base.start("SANDBOX-OK")
    base.lookups.now_valid, base.dismissing = ONLY_BRUNO, False
    waiting = await base.turn(watch)
    base.dismissing = True
    over = await base.turn(watch)

    assert (State.WAITING, None) == (waiting.state, waiting.worker)
    assert (LONGEST_PAUSE, []) == (waiting.due_at - watch.due_at, base.asked)
    assert State.REVOKED is over.state


async def test_others_go_on(world: BulkWorld) -> None:
    """Also in the same message as somebody's who may not ask any more."""
    base = world.base
    asker = Asker(user="U2", channel="C9", team="T1")
    (mine,) = await base.watching.start([MessageId("SANDBOX-OK")], asker=asker, destination=THREAD)
    assert isinstance(mine, Started)
    base.lookups.now_valid = ONLY_BRUNO

    assert State.TOLD is (await base.turn(mine.watch)).state


async def test_the_place_of_the_question_decides(world: BulkWorld) -> None:
    """Not that of the answer, which may be a direct message."""
    base = world.base
    direct = Destination(team="T1", channel="U1")
    (mine,) = await base.watching.start([MessageId("SANDBOX-OK")], asker=ANA, destination=direct)
    assert isinstance(mine, Started)
    base.lookups.now_valid = AccessRules(channels=frozenset({"C1"}))

    assert State.TOLD is (await base.turn(mine.watch)).state


async def test_people_of_other_organisations_are_remembered_as_such(world: BulkWorld) -> None:
    """So what they began ends once they are not allowed any more."""
    base = world.base
    base.lookups.now_valid = AccessRules(external_users=True)
    asker = Asker(user="UX", channel="C1", team="T1", external=True)
    (one,) = await base.watching.start([MessageId("SANDBOX-OK")], asker=asker, destination=THREAD)
    ids = IdList(ids=(MessageId("SANDBOX-OK"),))
    bulk = await world.bulks.start(ids, asker=asker, destination=THREAD)
    assert isinstance(one, Started)
    assert isinstance(bulk, Bulk)
    base.lookups.now_valid = AccessRules()

    over = (await base.turn(one.watch)).state, (await world.turn(bulk)).state
    assert (State.REVOKED, BulkState.REVOKED) == over
    assert [("watch", "external"), ("list", "external")] == await refusals(base)


async def test_a_job_of_an_older_version_depends_on_the_user_alone(world: BulkWorld) -> None:
    """It is not known where they asked."""
    base = world.base
    first, second = [await base.start(f"SANDBOX-OK.{n}") for n in range(2)]
    for watch in (first, second):
        assert await base.watches.replace(watch, replace(watch, asked_in=None))
    base.lookups.now_valid = ELSEWHERE
    elsewhere = await base.turn(first)
    base.lookups.now_valid = ONLY_BRUNO

    assert (State.TOLD, State.REVOKED) == (elsewhere.state, (await base.turn(second)).state)


async def test_a_running_list_ends_too(world: BulkWorld) -> None:
    """It is given back, and its next turn ends it."""
    bulk = await world.start(*[f"SANDBOX-SLOW-0.2{n:02}" for n in range(30)])
    turns = world.turns()
    turn = asyncio.create_task(turns.take_up(await world.taken(bulk)))
    await eventually(lambda: bool(world.asked))
    world.base.lookups.now_valid = ONLY_BRUNO
    await turn
    asked = len(world.asked)

    over = await world.turn(bulk)

    assert (BulkState.REVOKED, []) == (over.state, world.speaker.reported)
    assert asked == len(world.asked) < 30


async def test_each_user_is_informed_once_for_all_jobs(world: BulkWorld) -> None:
    """Whichever process finds it out, and again if it certainly failed."""
    told, outcomes, database = list[str](), [False, True], world.base.database

    async def tell(job: Job) -> bool:
        told.append(job.user)
        return outcomes.pop(0) if outcomes else True

    def farewell() -> Farewell:
        claims = ClickClaims(database, every=timedelta(hours=25), lasts=timedelta(seconds=3))
        deliveries = EventDeduplicator(
            seen=SeenEvents(database),
            clicks=Claiming(claims, now=world.base.clock, timing=Timing(claim_look=0.01)),
            now=world.base.clock,
        )
        return Farewell(deliveries=deliveries, tell=tell)

    ana, bruno = [await world.start("SANDBOX-OK", user=user) for user in ("U1", "U2")]
    one, other = farewell(), farewell()
    done = [await one.dismiss(ana), await one.dismiss(ana), await other.dismiss(ana)]

    assert await other.dismiss(bruno)
    assert ([False, True, True], ["U1", "U1", "U2"]) == (done, told)
