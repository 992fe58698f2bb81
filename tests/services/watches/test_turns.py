"""What a watch's alarm leads to: looks, the one notice, and what follows from a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.call_status import CallStatus
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Ending, PostedCard, State, Watch
from bot.domain.texts.explanation import LookupFailure
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import LEASE, SETTLING, OnUnknownDelivery
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.storage import sqlite_connection
from bot.storage.errors import StorageError
from bot.storage.sqlite_connection import SqliteConnection
from bot.storage.watches import Bounds, Owner, Watches
from tests.services.watch_world import NOON, World, WrittenSlack, watch_world

UNSURE = Report(delivery=Delivery.UNKNOWN)
NOT_TOLD = Report(delivery=Delivery.NOT_SENT)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A new world at noon."""
    async with watch_world() as new:
        yield new


async def crashed(world: World, *, executor: str = "dead") -> Watch:
    """A watch whose process died after it had written down that it was going to tell."""
    watch = await world.start("SANDBOX-OK")
    world.slack.reports = [RuntimeError("killed")]
    world.clock.now = watch.due_at
    attempt = replace(
        watch,
        state=State.TELLING,
        ending=Ending.STATUS,
        attempts=1,
        doubtful=True,
        worker=f"{executor}/1",
        due_at=world.clock.now + LEASE,
        decided_at=world.clock.now,
    )
    assert await world.watches.replace(watch, attempt)
    world.slack.reports = []
    return attempt


async def test_a_final_status_is_told_once(world: World) -> None:
    """With the status, to the one who asked, at the first look that finds it."""
    watch = await world.ring(await world.start("SANDBOX-BUSY"))

    (told,) = world.slack.told
    assert (watch.id, "U1", Ending.STATUS) == (told.id, told.user, told.ending)
    assert told.last is not None
    assert isinstance(told.last.finding, CallStatus)
    assert (486, True) == (told.last.finding.sip_code, told.last.sandbox)
    assert (State.TOLD, world.clock.now) == (watch.state, watch.ended_at)


async def test_what_is_over_stays_over(world: World) -> None:
    """An alarm that rings once more does nothing; so does one of a watch that was swept."""
    watch = await world.ring(await world.start("SANDBOX-OK"))
    await world.turns().take_up(watch.id, watch.turn)
    await world.turns().take_up("nothing", 0)
    assert 1 == len(world.slack.told)


async def test_a_pending_call_is_looked_at_again(world: World) -> None:
    """At the next interval; nothing is told."""
    watch = await world.ring(await world.start("SANDBOX-FOREVER"))
    assert (State.WAITING, 1, 1) == (watch.state, watch.looks, watch.turn)
    assert NOON + timedelta(seconds=45) == watch.due_at
    assert f"watch:{watch.id}:1" in world.alarms.armed
    assert [] == world.slack.told


async def test_the_limit_ends_it_without_a_look(world: World) -> None:
    """What was seen last comes along."""
    watch = await world.ring(await world.start("SANDBOX-FOREVER"))
    looks = len(world.asked)
    world.clock.now = watch.expires_at
    await world.ring(watch)

    assert looks == len(world.asked)
    (told,) = world.slack.told
    assert Ending.LIMIT is told.ending
    assert told.last is not None


async def test_a_limit_that_passed_while_nobody_was_there(world: World) -> None:
    """After a day of darkness: one notice, no look, and so nothing that was seen."""
    watch = await world.start("SANDBOX-OK")
    world.clock.forward(86_400)
    await world.ring(watch)
    assert [] == world.asked
    (told,) = world.slack.told
    assert (Ending.LIMIT, None) == (told.ending, told.last)


async def test_an_unknown_id_is_asked_twice(world: World) -> None:
    """A minute apart; then the reason is told."""
    watch = await world.ring(await world.start("SANDBOX-023"))
    assert world.clock.now + timedelta(minutes=1) == watch.due_at
    await world.ring(watch)
    assert [Ending.UNKNOWN_ID] == [told.ending for told in world.slack.told]
    assert 2 == len(world.asked)


@pytest.mark.parametrize("code", ["001", "019", "022", "900"])
async def test_a_refusal_of_this_bot_is_told(world: World, code: str) -> None:
    """At once, and it is not asked again; the alarm of the admins hears of it, too."""
    await world.ring(await world.start(f"SANDBOX-{code}"))
    (told,) = world.slack.told
    assert told.last is not None
    assert isinstance(told.last.finding, CallStatus)
    assert (Ending.REFUSED, code) == (told.ending, told.last.finding.gateway_code)
    assert [told.last.finding] == [answer.finding for answer in world.heard]


async def test_a_gateway_that_is_away_ends_nothing(world: World) -> None:
    """The schedule goes on, and what went wrong is kept."""
    watch = await world.ring(await world.start("SANDBOX-EMPTY"))
    assert State.WAITING is watch.state
    assert watch.last is not None
    assert LookupFailure(error="empty_result", detail="text/xml") == watch.last.finding
    assert NOON + timedelta(seconds=45) == watch.due_at


async def test_an_alarm_of_an_earlier_turn_sets_that_of_the_present_one(world: World) -> None:
    """The process may have died between the two."""
    watch = await world.start("SANDBOX-FOREVER")
    await world.ring(watch)
    world.alarms.armed.clear()
    await world.turns().take_up(watch.id, 0)
    assert [f"watch:{watch.id}:1"] == [*world.alarms.armed]
    assert 1 == len(world.asked)


async def test_a_watch_that_is_given_up_during_a_look(world: World) -> None:
    """Is over; what the look found is not told."""
    watch = await world.start("SANDBOX-OK")

    async def look_up(ids: Sequence[MessageId], *, urgency: Urgency) -> object:
        await world.watching.cancel("T1", "U1", [watch.id])
        return await real(ids, urgency=urgency)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.ring(watch)
    assert (State.CANCELLED, []) == (watch.state, world.slack.told)


async def test_a_watch_that_is_given_up_during_a_look_that_finds_nothing(world: World) -> None:
    """Is over, too."""
    watch = await world.start("SANDBOX-FOREVER")

    async def look_up(ids: Sequence[MessageId], *, urgency: Urgency) -> object:
        await world.watching.cancel("T1", "U1", [watch.id])
        return await real(ids, urgency=urgency)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.ring(watch)
    assert State.CANCELLED is watch.state
    assert 1 == len(world.alarms.armed)


@pytest.mark.parametrize(
    ("idmsg", "state", "told"),
    [("SANDBOX-FOREVER", State.WAITING, 0), ("SANDBOX-OK", State.TOLD, 1)],
)
async def test_a_time_that_is_chosen_during_a_look(
    world: World, idmsg: str, state: State, told: int
) -> None:
    """It stands, and what the look found counts: it is not asked again."""
    watch, longer = await world.start(idmsg), timedelta(hours=4)

    async def look_up(ids: Sequence[MessageId], *, urgency: Urgency) -> object:
        await world.watching.choose_limit("T1", "U1", [watch.id], longer)
        return await real(ids, urgency=urgency)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.ring(watch)

    assert (state, 1, world.clock.now + longer) == (watch.state, watch.looks, watch.expires_at)
    assert (1, told) == (len(world.asked), len(world.slack.told))
    turns = range(2 - told)
    assert [f"watch:{watch.id}:{turn}" for turn in turns] == [*world.alarms.armed]


class ProlongedMeanwhile(Watches):
    """A table in which a person chooses another time right before the first change of a turn."""

    prolonged = False

    async def replace(self, old: Watch, new: Watch) -> bool:
        """As ever, too late once."""
        if not self.prolonged:
            self.prolonged = True
            owner = Owner(team="T1", user="U1")
            await self.expire_at(NOON + timedelta(hours=4), [old.id], owner)
        return await super().replace(old, new)


async def test_a_time_that_is_chosen_at_the_end(world: World) -> None:
    """It goes on; nobody is told that the time is over."""
    watch = await world.start("SANDBOX-FOREVER")
    world.clock.now = watch.expires_at
    world.watches = ProlongedMeanwhile(world.database)
    watch = await world.ring_now(watch)

    assert (State.WAITING, 1, 1) == (watch.state, watch.looks, watch.turn)
    assert NOON + timedelta(hours=4) == watch.expires_at
    assert (["SANDBOX-FOREVER"], []) == (world.asked, world.slack.told)


async def test_the_card_is_brought_up_to_date(world: World) -> None:
    """After the notice, where there is one that can be."""
    card = PostedCard(channel="C1", ts="2.2")
    await world.ring(await world.start("SANDBOX-OK", card=card))
    await world.ring(await world.start("SANDBOX-BUSY"))
    assert [card] == [watch.card for watch in world.slack.updated]
    assert 2 == len(world.slack.told)


async def test_slack_that_refuses_is_tried_again(world: World) -> None:
    """With growing pauses, and without doubt: it certainly has no notice."""
    world.slack.reports = [NOT_TOLD, NOT_TOLD]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    assert (State.TELLING, None, False) == (watch.state, watch.worker, watch.doubtful)
    assert world.clock.now + timedelta(seconds=5) == watch.due_at
    watch = await world.ring(watch)
    assert world.clock.now + timedelta(seconds=15) == watch.due_at
    watch = await world.ring(watch)
    assert (State.TOLD, 3) == (watch.state, watch.attempts)
    assert [] == world.slack.traced
    assert 1 == len(world.asked)


async def test_the_pause_that_slack_asks_for(world: World) -> None:
    """It is kept."""
    pause = timedelta(seconds=90)
    world.slack.reports = [Report(delivery=Delivery.NOT_SENT, pause=pause)]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    assert world.clock.now + pause == watch.due_at


async def test_a_notice_that_can_go_nowhere(world: World) -> None:
    """It is left to the operator, and not tried again."""
    world.slack.reports = [Report(delivery=Delivery.UNDELIVERABLE)]
    watch = await world.ring(await world.start("SANDBOX-OK", card=PostedCard(channel="C", ts="1")))
    assert (State.UNDELIVERED, world.clock.now) == (watch.state, watch.ended_at)
    assert [] == world.slack.updated


async def test_slack_away_for_a_day(world: World) -> None:
    """Then it is left to the operator."""
    world.slack.reports = [NOT_TOLD] * 1_000
    watch = await world.ring(await world.start("SANDBOX-OK"))
    while watch.open:
        watch = await world.ring(watch)
    assert State.UNDELIVERED is watch.state
    assert timedelta(hours=24) <= world.clock.now - NOON <= timedelta(hours=25)
    assert len(world.slack.told) < 200


@pytest.mark.parametrize("fault", [UNSURE, RuntimeError("a fault of ours")])
async def test_no_answer_leaves_a_doubt(world: World, fault: Report | Exception) -> None:
    """The next attempt looks first, and finds that it was told."""
    world.slack.reports = [fault]
    world.slack.traces = [Trace.FOUND]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    assert (State.TELLING, True) == (watch.state, watch.doubtful)
    watch = await world.ring(watch)
    assert State.TOLD is watch.state
    assert 1 == len(world.slack.told)


class HangingSlack(WrittenSlack):
    """One that takes no notice."""

    async def tell(self, watch: Watch) -> Report:
        """Hang."""
        del watch
        await asyncio.sleep(60)
        return NOT_TOLD


async def test_a_call_to_slack_is_bounded(world: World) -> None:
    """One that hangs leaves a doubt, and holds nothing up."""
    world.timing, world.slack = Timing(telling=0.01), HangingSlack()
    watch = await world.ring(await world.start("SANDBOX-OK"))
    assert (State.TELLING, True) == (watch.state, watch.doubtful)


async def test_a_trace_of_nothing_is_told(world: World) -> None:
    """What did not arrive is posted."""
    world.slack.reports = [UNSURE]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    watch = await world.ring(watch)
    assert State.TOLD is watch.state
    assert (1, 2) == (len(world.slack.traced), len(world.slack.told))


async def test_nobody_answers_the_question_either(world: World) -> None:
    """The doubt stays, and nothing is posted."""
    world.slack.reports = [UNSURE]
    world.slack.traces = [Trace.AWAY]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    watch = await world.ring(watch)
    assert (State.TELLING, True, 1) == (watch.state, watch.doubtful, len(world.slack.told))


@pytest.mark.parametrize(
    ("choice", "state", "told"),
    [(OnUnknownDelivery.RESEND, State.TOLD, 2), (OnUnknownDelivery.SKIP, State.UNDELIVERED, 1)],
)
async def test_where_nobody_can_see_the_operator_has_chosen(
    world: World, choice: OnUnknownDelivery, state: State, told: int
) -> None:
    """Maybe twice, or maybe never."""
    world.in_doubt = choice
    world.slack.reports = [UNSURE]
    world.slack.traces = [Trace.UNREADABLE]
    watch = await world.ring(await world.start("SANDBOX-OK"))
    watch = await world.ring(watch)
    assert (state, told) == (watch.state, len(world.slack.told))


async def test_a_process_that_died_while_telling(world: World) -> None:
    """Whoever takes over looks first, once Slack has had a moment to show what it took."""
    world.gone.add("dead")
    world.slack.traces = [Trace.FOUND]
    attempt = await crashed(world)
    watch = await world.ring_now(attempt)
    assert world.clock.now + SETTLING == watch.due_at
    assert [] == world.slack.traced
    watch = await world.ring(watch)
    assert (State.TOLD, []) == (watch.state, world.slack.told)


async def test_a_process_that_may_be_telling_is_waited_for(world: World) -> None:
    """Until its lease is over; then whoever comes looks first."""
    attempt = await crashed(world, executor="silent")
    watch = await world.ring_now(attempt)
    assert (attempt.due_at, 1) == (watch.due_at, watch.turn)
    assert [] == world.slack.traced
    watch = await world.ring(watch)
    assert State.TOLD is watch.state
    assert (1, 1) == (len(world.slack.traced), len(world.slack.told))


async def test_a_lease_beyond_all_leases(world: World) -> None:
    """The clock was set back; nobody waits for that long."""
    attempt = await crashed(world, executor="silent")
    world.clock.forward(-3_600)
    watch = await world.ring_now(attempt)
    assert (State.TOLD, 1) == (watch.state, len(world.slack.traced))


async def test_two_processes_take_up_one_turn(world: World) -> None:
    """One goes on; the other sees that it has been overtaken."""
    watch = await world.start("SANDBOX-OK")
    world.clock.now = watch.due_at
    stale = await world.read(watch)
    await world.turns("e1")._look(stale)
    await world.turns("e2")._look(stale)
    assert 1 == len(world.slack.told)


async def test_a_slow_one_that_is_put_off_by_another(world: World) -> None:
    """Its notice counts all the same: nobody posts it again."""
    watch = await world.start("SANDBOX-OK")

    async def tell(watch: Watch) -> Report:
        await world.ring_now(await world.read(watch), executor="e2")
        return await real(watch)

    real = world.slack.tell
    world.slack.tell = tell  # type: ignore[method-assign]
    watch = await world.ring(watch)
    assert (State.TOLD, 1) == (watch.state, len(world.slack.told))


async def test_a_slow_one_whose_watch_is_no_longer_its_own(world: World) -> None:
    """Another process has gone on; what this one knows changes nothing."""
    watch = await world.start("SANDBOX-OK")

    async def tell(watch: Watch) -> Report:
        taken = replace(watch, worker="e2/1", attempts=2)
        assert await world.watches.replace(watch, taken)
        return Report(delivery=Delivery.SENT)

    world.slack.tell = tell  # type: ignore[method-assign]
    watch = await world.ring(watch)
    assert (State.TELLING, "e2/1") == (watch.state, watch.worker)


class AwayForAWhile(Watches):
    """A table that cannot be written to when a notice was posted, a few times."""

    failures = 3

    async def replace(self, old: Watch, new: Watch) -> bool:
        """As ever, later."""
        if new.state is State.TOLD and self.failures:
            self.failures -= 1
            raise StorageError("away")
        return await super().replace(old, new)


async def test_a_database_that_is_away_delays_the_turn(world: World) -> None:
    """What was posted is written down when it is back, and is not posted again."""
    world.watches = table = AwayForAWhile(world.database)
    watch = await world.ring(await world.start("SANDBOX-OK"))
    assert (State.TOLD, 1, 0) == (watch.state, len(world.slack.told), table.failures)


class SlowDisk(SqliteConnection):
    """A connection to a file on a disk that takes a while to make a commit safe."""

    commits = 0

    async def commit(self) -> None:
        """As ever, later."""
        await asyncio.sleep(0.01)
        SlowDisk.commits += 1
        await super().commit()


async def test_a_person_does_not_wait_behind_a_crowd_of_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk a click is kept after a few of their commits, not after all of them."""
    monkeypatch.setattr(sqlite_connection, "SqliteConnection", SlowDisk)
    async with watch_world(f"sqlite:///{tmp_path}/voicestatus.db") as world:
        first = await world.start("SANDBOX-FOREVER")
        crowd = [
            replace(first, id=f"w{n}", message_id=MessageId(f"SANDBOX-PENDING-2.{n}"))
            for n in range(60)
        ]
        await world.watches.add(crowd, Bounds(user=99, channel=99, all=99))
        world.clock.now = first.due_at
        turns, before = world.turns(), SlowDisk.commits
        under_way = [asyncio.create_task(turns.take_up(one.id, one.turn)) for one in crowd]
        while SlowDisk.commits < before + 5:  # noqa: ASYNC110 - a count tells nobody
            await asyncio.sleep(0.001)
        asked = SlowDisk.commits
        await world.watching.cancel("T1", "U1", [first.id])
        waited = SlowDisk.commits - asked
        await asyncio.gather(*under_way)

    assert len(crowd) <= SlowDisk.commits - before
    assert waited <= len(crowd) / 2
