"""What a watch's turn leads to: looks, the one notice, and what follows from a doubt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.call_status import CallStatus, LookupFailure
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Delivery, OnUnknownDelivery, PostedCard, Report, Trace
from bot.domain.jobs.watch import Bounds, Ending, State, Watch
from bot.storage.errors import StorageError
from bot.storage.jobs.watches import Owner, Watches
from tests.services.watch_world import NOON, UNPACED, World, WrittenSlack, watch_world
from tests.storage.holding import eventually

UNSURE = Report(delivery=Delivery.UNKNOWN)
NOT_TOLD = Report(delivery=Delivery.NOT_SENT)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A new world at noon."""
    async with watch_world() as new:
        yield new


async def crashed(world: World) -> Watch:
    """A watch whose process died after it had written down that it was going to tell."""
    watch = await world.start("SANDBOX-OK")
    world.clock.now = watch.due_at
    attempt = replace(
        watch,
        state=State.TELLING,
        ending=Ending.STATUS,
        attempts=1,
        doubtful=True,
        decided_at=world.clock.now,
    )
    assert await world.watches.replace(watch, attempt)
    return attempt


async def test_a_final_status_is_told_once(world: World) -> None:
    """With the status, to the one who asked, at the first look that finds it."""
    watch = await world.turn(await world.start("SANDBOX-BUSY"))

    (told,) = world.slack.told
    assert (watch.id, "U1", Ending.STATUS) == (told.id, told.user, told.ending)
    assert told.last is not None
    assert isinstance(told.last.finding, CallStatus)
    assert (486, True) == (told.last.finding.sip_code, told.last.sandbox)
    assert (State.TOLD, world.clock.now) == (watch.state, watch.ended_at)


async def test_a_pending_call_is_looked_at_again(world: World) -> None:
    """At the next interval; nothing is told."""
    watch = await world.turn(await world.start("SANDBOX-FOREVER"))
    assert (State.WAITING, 1, None) == (watch.state, watch.looks, watch.worker)
    assert NOON + timedelta(seconds=45) == watch.due_at
    assert [] == world.slack.told


async def test_the_limit_ends_it_without_a_look(world: World) -> None:
    """What was seen last comes along."""
    watch = await world.turn(await world.start("SANDBOX-FOREVER"))
    looks = len(world.asked)
    world.clock.now = watch.expires_at
    await world.turn(watch)

    assert looks == len(world.asked)
    (told,) = world.slack.told
    assert Ending.LIMIT is told.ending
    assert told.last is not None


async def test_a_limit_that_passed_while_nobody_was_there(world: World) -> None:
    """After a day of darkness: one notice, no look, and so nothing that was seen."""
    watch = await world.start("SANDBOX-OK")
    world.clock.forward(86_400)
    await world.turn(watch)
    assert [] == world.asked
    (told,) = world.slack.told
    assert (Ending.LIMIT, None) == (told.ending, told.last)


async def test_an_unknown_id_is_asked_twice(world: World) -> None:
    """A minute apart; then the reason is told."""
    watch = await world.turn(await world.start("SANDBOX-023"))
    assert world.clock.now + timedelta(minutes=1) == watch.due_at
    await world.turn(watch)
    assert [Ending.UNKNOWN_ID] == [told.ending for told in world.slack.told]
    assert 2 == len(world.asked)


@pytest.mark.parametrize("code", ["001", "019", "022", "900"])
async def test_a_refusal_of_this_bot_is_told(world: World, code: str) -> None:
    """At once, and it is not asked again; the alarm of the admins hears of it, too."""
    await world.turn(await world.start(f"SANDBOX-{code}"))
    (told,) = world.slack.told
    assert told.last is not None
    assert isinstance(told.last.finding, CallStatus)
    assert (Ending.REFUSED, code) == (told.ending, told.last.finding.gateway_code)
    assert [told.last.finding] == [answer.finding for answer in world.heard]


async def test_a_gateway_that_is_away_ends_nothing(world: World) -> None:
    """The schedule goes on, and what went wrong is kept."""
    watch = await world.turn(await world.start("SANDBOX-EMPTY"))
    assert State.WAITING is watch.state
    assert watch.last is not None
    assert LookupFailure(error="empty_result", detail="text/xml") == watch.last.finding
    assert NOON + timedelta(seconds=45) == watch.due_at


async def test_a_look_is_background_work_of_its_asker(world: World) -> None:
    """In the queue for the gateway, people go first and askers take turns."""
    heard: list[dict[str, Any]] = []

    async def look_up(ids: Sequence[MessageId], **how: Any) -> object:
        heard.append(how)
        return await real(ids, **how)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    await world.turn(await world.start("SANDBOX-OK"))

    assert [{"urgency": Urgency.BACKGROUND, "asker": "U1"}] == heard


async def test_a_watch_that_is_given_up_during_a_look(world: World) -> None:
    """Is over; what the look found is not told."""
    watch = await world.start("SANDBOX-OK")

    async def look_up(ids: Sequence[MessageId], **how: Any) -> object:
        await world.watching.cancel("T1", "U1", [watch.id])
        return await real(ids, **how)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.turn(watch)
    assert (State.CANCELLED, []) == (watch.state, world.slack.told)


async def test_a_watch_that_is_given_up_during_a_look_that_finds_nothing(world: World) -> None:
    """Is over, too."""
    watch = await world.start("SANDBOX-FOREVER")

    async def look_up(ids: Sequence[MessageId], **how: Any) -> object:
        await world.watching.cancel("T1", "U1", [watch.id])
        return await real(ids, **how)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.turn(watch)
    assert State.CANCELLED is watch.state


@pytest.mark.parametrize(
    ("idmsg", "state", "told"),
    [("SANDBOX-FOREVER", State.WAITING, 0), ("SANDBOX-OK", State.TOLD, 1)],
)
async def test_a_time_that_is_chosen_during_a_look(
    world: World, idmsg: str, state: State, told: int
) -> None:
    """It stands, and what the look found counts: it is not asked again."""
    watch, longer = await world.start(idmsg), timedelta(hours=4)

    async def look_up(ids: Sequence[MessageId], **how: Any) -> object:
        await world.watching.choose_limit("T1", "U1", [watch.id], longer)
        return await real(ids, **how)

    real = world.lookups.look_up
    world.lookups.look_up = look_up  # type: ignore[method-assign, assignment]
    watch = await world.turn(watch)

    assert (state, 1, world.clock.now + longer) == (watch.state, watch.looks, watch.expires_at)
    assert (1, told) == (len(world.asked), len(world.slack.told))


class ProlongedMeanwhile(Watches):
    """A table in which a person chooses another time right before the first change of a turn."""

    prolonged = False

    async def replace_all(self, changes: Sequence[tuple[Watch, Watch]]) -> tuple[bool, ...]:
        """As ever, too late once."""
        if not self.prolonged:
            self.prolonged = True
            owner = Owner(team="T1", user="U1")
            await self.expire_at(NOON + timedelta(hours=4), [changes[0][0].id], owner)
        return await super().replace_all(changes)


async def test_a_time_that_is_chosen_at_the_end(world: World) -> None:
    """It goes on; nobody is told that the time is over."""
    watch = await world.start("SANDBOX-FOREVER")
    world.clock.now = watch.expires_at
    world.watches = ProlongedMeanwhile(world.database)
    watch = await world.turn_now(watch)

    assert (State.WAITING, 1) == (watch.state, watch.looks)
    assert NOON + timedelta(hours=4) == watch.expires_at
    assert (["SANDBOX-FOREVER"], []) == (world.asked, world.slack.told)


async def test_slack_that_refuses_is_tried_again(world: World) -> None:
    """With growing pauses, and without doubt: it certainly has no notice."""
    world.slack.reports = [NOT_TOLD, NOT_TOLD]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert (State.TELLING, None, False) == (watch.state, watch.worker, watch.doubtful)
    assert world.clock.now + timedelta(seconds=5) == watch.due_at
    watch = await world.turn(watch)
    assert world.clock.now + timedelta(seconds=15) == watch.due_at
    watch = await world.turn(watch)
    assert (State.TOLD, 3) == (watch.state, watch.attempts)
    assert [] == world.slack.traced
    assert 1 == len(world.asked)


async def test_a_rate_limit_is_no_failed_attempt(world: World) -> None:
    """The notice is the next one of its conversation, as soon as that is open."""
    world.slack.reports = [Report(delivery=Delivery.NOT_SENT, pause=timedelta(seconds=90))]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert (State.TOLD, 1, 2) == (watch.state, watch.attempts, len(world.slack.told))


async def test_a_notice_that_can_go_nowhere(world: World) -> None:
    """It is counted, left to the operator, and not tried again; the card says so."""
    world.slack.reports = [Report(delivery=Delivery.UNDELIVERABLE)]
    watch = await world.turn(await world.start("SANDBOX-OK", card=PostedCard(channel="C", ts="1")))
    assert (State.UNDELIVERED, world.clock.now) == (watch.state, watch.ended_at)
    assert [watch] == world.slack.updated
    assert ["notice"] == world.undelivered


async def test_slack_away_for_a_day(world: World) -> None:
    """Then it is left to the operator."""
    world.slack.reports = [NOT_TOLD] * 1_000
    watch = await world.turn(await world.start("SANDBOX-OK"))
    while watch.open:
        watch = await world.turn(watch)
    assert State.UNDELIVERED is watch.state
    assert timedelta(hours=24) <= world.clock.now - NOON <= timedelta(hours=25)
    assert len(world.slack.told) < 200


@pytest.mark.parametrize("fault", [UNSURE, RuntimeError("a fault of ours")])
async def test_no_answer_leaves_a_doubt(world: World, fault: Report | Exception) -> None:
    """The next attempt looks first, and finds that it was told."""
    world.slack.reports = [fault]
    world.slack.traces = [Trace.FOUND]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert (State.TELLING, True) == (watch.state, watch.doubtful)
    watch = await world.turn(watch)
    assert State.TOLD is watch.state
    assert 1 == len(world.slack.told)


class HangingSlack(WrittenSlack):
    """One that takes no notice."""

    async def tell(self, *watches: Watch) -> Report:
        """Hang."""
        del watches
        await asyncio.sleep(60)
        return NOT_TOLD


async def test_a_call_to_slack_is_bounded(world: World) -> None:
    """One that hangs leaves a doubt, and holds nothing up."""
    world.timing, world.slack = replace(UNPACED, telling=0.01), HangingSlack()
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert (State.TELLING, True) == (watch.state, watch.doubtful)


async def test_a_trace_of_nothing_is_told(world: World) -> None:
    """What did not arrive is posted."""
    world.slack.reports = [UNSURE]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    watch = await world.turn(watch)
    assert State.TOLD is watch.state
    assert (1, 2) == (len(world.slack.traced), len(world.slack.told))


async def test_nobody_answers_the_question_either(world: World) -> None:
    """The doubt stays, and nothing is posted."""
    world.slack.reports = [UNSURE]
    world.slack.traces = [Trace.AWAY]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    watch = await world.turn(watch)
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
    watch = await world.turn(await world.start("SANDBOX-OK"))
    watch = await world.turn(watch)
    assert (state, told) == (watch.state, len(world.slack.told))


@pytest.mark.parametrize(("trace", "told"), [(Trace.FOUND, 0), (Trace.NONE, 1)])
async def test_a_process_that_died_while_telling(world: World, trace: Trace, told: int) -> None:
    """Whoever comes after it looks first."""
    world.slack.traces = [trace]
    watch = await world.turn(await crashed(world))
    assert (State.TOLD, 1) == (watch.state, len(world.slack.traced))
    assert told == len(world.slack.told)


async def test_a_slow_one_whose_watch_is_no_longer_its_own(world: World) -> None:
    """Another process has gone on; what this one knows changes nothing."""
    watch = await world.start("SANDBOX-OK")

    async def tell(*watches: Watch) -> Report:
        (watch,) = watches
        taken = replace(watch, worker="e2", attempts=2)
        assert await world.watches.replace(watch, taken)
        return Report(delivery=Delivery.SENT)

    world.slack.tell = tell  # type: ignore[method-assign]
    watch = await world.turn(watch)
    assert (State.TELLING, "e2") == (watch.state, watch.worker)


async def test_a_look_whose_watch_is_no_longer_its_own(world: World) -> None:
    """The process was taken for dead; it tells nothing."""
    watch = await world.start("SANDBOX-OK")
    stale = await world.taken(watch)
    await world.taken(watch, executor="e2")
    await world.turns().take_up(stale)
    watch = await world.read(watch)
    assert (State.WAITING, "e2", []) == (watch.state, watch.worker, world.slack.told)


async def test_an_end_of_the_process_leaves_the_looks(world: World) -> None:
    """Those that are under way, and those that come after it; notices are still posted."""
    watch, late = await world.start("SANDBOX-SLOW-5"), await world.start("SANDBOX-BUSY")
    told = await crashed(world)
    turns, taken = world.turns(), await world.taken(watch)
    turn = asyncio.create_task(turns.take_up(taken))
    await eventually(lambda: bool(world.asked))
    turns.leave()
    await turn
    await turns.take_up(await world.taken(late))
    await world.tell_all(turns)
    assert taken == await world.read(watch)
    assert ["SANDBOX-SLOW-5"] == world.asked
    assert [told.id] == [one.id for one in world.slack.told]


class AwayForAWhile(Watches):
    """A table that cannot be written to when a notice was posted, a few times."""

    failures = 3

    async def replace_all(self, changes: Sequence[tuple[Watch, Watch]]) -> tuple[bool, ...]:
        """As ever, later."""
        if changes[0][1].state is State.TOLD and self.failures:
            self.failures -= 1
            raise StorageError("away")
        return await super().replace_all(changes)


async def test_a_database_that_is_away_delays_the_turn(world: World) -> None:
    """What was posted is written down when it is back, and is not posted again."""
    world.watches = table = AwayForAWhile(world.database)
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert (State.TOLD, 1, 0) == (watch.state, len(world.slack.told), table.failures)


async def test_a_person_does_not_wait_behind_a_crowd_of_turns(tmp_path: Path) -> None:
    """On a slow disk a click is kept after a few of their commits, not after all of them."""
    commits = 0

    def slow(_: object) -> None:
        nonlocal commits
        time.sleep(0.01)
        commits += 1

    async with watch_world(f"sqlite:///{tmp_path}/voicestatus.db") as world:
        first = await world.start("SANDBOX-FOREVER")
        crowd = [
            replace(first, id=f"w{n}", message_id=MessageId(f"SANDBOX-PENDING-2.{n}"), worker="e1")
            for n in range(60)
        ]
        await world.watches.add(crowd, Bounds(user=99, channel=99, all=99))
        world.clock.now = first.due_at
        turns = world.turns()
        event.listen(world.database._engine, "commit", slow)
        under_way = [asyncio.create_task(turns.take_up(one)) for one in crowd]
        await eventually(lambda: commits >= 5)
        asked = commits
        await world.watching.cancel("T1", "U1", [first.id])
        waited = commits - asked
        await asyncio.gather(*under_way)

    assert len(crowd) <= commits
    assert waited <= len(crowd) / 2
