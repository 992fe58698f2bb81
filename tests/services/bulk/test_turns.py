"""What a bulk's turn leads to: the asking, the one report, and the result handed over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from bot.domain.access import AccessRules
from bot.domain.call_status import Answer, CallStatus, LookupFailure, Outcome, read_result
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, BulkState
from bot.domain.jobs.job import Delivery, OnUnknownDelivery, PostedCard, Report, Trace
from bot.domain.timing import Timing
from bot.storage.errors import StorageError
from bot.storage.jobs.bulks import Bulks
from bot.storage.personal_data import PersonalData, Subject
from bot.storage.schema import AUDIT, BULK, BULK_ITEM
from bot.storage.stores import Stores
from tests.services.bulk_world import AT_ONCE, CARD, BulkWorld, WrittenSpeaker, bulk_world
from tests.storage.holding import eventually
from tests.support.records import AUDIT_KEY

UNSURE = Report(delivery=Delivery.UNKNOWN)
NOT_TOLD = Report(delivery=Delivery.NOT_SENT)
SLOW = [f"SANDBOX-SLOW-0.2{number:02}" for number in range(30)]


@pytest.fixture
async def world() -> AsyncIterator[BulkWorld]:
    """A new world at noon."""
    async with bulk_world() as new:
        yield new


def ids(count: int, prefix: str = "SANDBOX-ok.") -> list[str]:
    """So many calls that were answered."""
    return [f"{prefix}{number + 1}" for number in range(count)]


async def test_every_call_is_asked_once_and_reported_once(world: BulkWorld) -> None:
    """Then the result is handed over, and it is over."""
    bulk = await world.start(*ids(40), "SANDBOX-BUSY", "SANDBOX-FOREVER")
    ended = await world.turn(bulk)

    assert {*ids(40), "SANDBOX-BUSY", "SANDBOX-FOREVER"} == {*world.asked}
    assert 42 == len(world.asked)
    (reported,) = world.speaker.reported
    assert (bulk.id, BulkEnding.ALL_ASKED) == (reported.id, reported.ending)
    assert world.base.clock.now == reported.decided_at
    assert [bulk.id] == [handed.id for handed in world.speaker.handed]
    assert (BulkState.REPORTED, world.base.clock.now) == (ended.state, ended.ended_at)
    tally = await world.table.tally(bulk.id)
    counts = {Outcome.ANSWERED: 40, Outcome.FAILED: 1, Outcome.PENDING: 1}
    assert (counts, 42) == (dict(tally.counts), tally.asked)


async def test_a_bulk_asks_in_the_background_for_its_owner(
    world: BulkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the queue for the gateway, people go first and askers take turns."""
    heard: list[dict[str, Any]] = []

    async def look_up(wanted: Sequence[MessageId], **how: Any) -> tuple[Answer, ...]:
        heard.append(how)
        return await real(wanted, **how)

    real = world.base.lookups.look_up
    monkeypatch.setattr(world.base.lookups, "look_up", look_up)
    bulk = await world.start(*ids(2))
    await world.turn(bulk)

    assert [{"urgency": Urgency.BACKGROUND, "asker": bulk.user}] * 2 == heard


async def test_the_results_stand_in_the_order_of_the_list(world: BulkWorld) -> None:
    """Each with what the gateway said, when, and by which gateway."""
    bulk = await world.start("SANDBOX-BUSY", "SANDBOX-ok.7", "SANDBOX-023")
    await world.turn(bulk)
    items = await world.items(bulk)
    assert ["failed:486", "ok:7", "023"] == [
        item.finding.raw for item in items if isinstance(item.finding, CallStatus)
    ]
    assert {(world.base.clock.now, True)} == {(item.checked_at, item.sandbox) for item in items}


async def test_pending_calls_can_be_watched(world: BulkWorld) -> None:
    """Those whose answer was that they are still under way."""
    bulk = await world.start("SANDBOX-FOREVER", "SANDBOX-OK", "SANDBOX-024")
    await world.turn(bulk)
    pending = (MessageId("SANDBOX-FOREVER"), MessageId("SANDBOX-024"))
    assert pending == await world.bulks.pending(bulk)


async def test_the_progress_is_one_card(world: BulkWorld) -> None:
    """Posted once, brought up to date, and at the end shown with all counts and the ending."""
    bulk = await world.start(*SLOW[:15])
    ended = await world.turn(bulk)
    (first, nothing), *later, (last, everything) = world.speaker.shown
    assert (None, 0, CARD) == (first.card, nothing.asked, ended.card)
    assert later
    assert {CARD} == {shown.card for shown, _ in later}
    assert (BulkEnding.ALL_ASKED, CARD, 15) == (last.ending, last.card, everything.asked)


LATER = Report(delivery=Delivery.NOT_SENT, pause=timedelta(hours=1))


async def test_a_pause_that_slack_asks_for_is_kept(world: BulkWorld) -> None:
    """Only the last state of a card that is there is shown nevertheless."""
    posted = Report(delivery=Delivery.SENT, card=CARD)
    world.speaker.showings = [posted, LATER]
    bulk = await world.start(*SLOW)
    await world.turn(bulk)
    assert [None, None, BulkEnding.ALL_ASKED] == [shown.ending for shown, _ in world.speaker.shown]


async def test_a_card_that_slack_takes_later_is_not_posted_before(world: BulkWorld) -> None:
    """Not even at the end, when the report comes anyway."""
    world.speaker.showings = [LATER]
    bulk = await world.start(*SLOW)
    ended = await world.turn(bulk)
    assert (1, None, 1) == (len(world.speaker.shown), ended.card, len(world.speaker.reported))


async def test_after_its_pause_slack_gets_the_card(world: BulkWorld) -> None:
    """Which is posted then."""
    world.speaker.showings = [Report(delivery=Delivery.NOT_SENT, pause=timedelta(seconds=0.1))]
    bulk = await world.start(*SLOW)
    ended = await world.turn(bulk)
    assert CARD == ended.card


@pytest.mark.parametrize("found", [None, PostedCard(channel="C1", ts="7.7")])
async def test_a_card_that_a_process_which_died_may_have_posted(
    world: BulkWorld, found: PostedCard | None
) -> None:
    """It is looked for once, before another is posted; the report is in no doubt for that."""
    bulk = await world.start("SANDBOX-OK")
    assert await world.table.replace(bulk, replace(bulk, doubtful=True))
    world.speaker.found = found
    ended = await world.turn(bulk)
    assert (found or CARD, 1) == (ended.card, len(world.speaker.looked_for))
    assert {found} == {shown.card for shown, _ in world.speaker.shown[:1]}
    assert (1, []) == (len(world.speaker.reported), world.speaker.traced)


async def test_a_card_is_written_down_before_it_is_posted(world: BulkWorld) -> None:
    """So whoever comes after a crash knows that there may be one; nobody looks without need."""
    world.speaker.shows.clear()
    bulk = await world.start(*SLOW)
    turn = asyncio.create_task(world.turns().take_up(await world.taken(bulk)))
    await eventually(lambda: bool(world.speaker.shown))
    assert (await world.read(bulk)).doubtful
    world.speaker.shows.set()
    await eventually(lambda: len(world.speaker.shown) > 1)
    posted = await world.read(bulk)
    assert (CARD, False) == (posted.card, posted.doubtful)
    await turn
    assert ([], []) == (world.speaker.looked_for, world.speaker.traced)


async def test_a_slow_slack_does_not_hold_the_asking(world: BulkWorld) -> None:
    """Nor is a card posted twice because the first answer came late."""
    world.speaker.shows.clear()
    bulk = await world.start(*ids(60))
    turn = asyncio.create_task(world.turns().take_up(await world.taken(bulk)))
    async with asyncio.timeout(30):
        while (await world.table.tally(bulk.id)).asked < 60:  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.01)
    # Long enough for the asking to be over.
    await asyncio.sleep(0.3)
    assert 1 == len(world.speaker.shown)
    world.speaker.shows.set()
    await turn
    first, *later = [shown.card for shown, _ in world.speaker.shown]
    assert (None, {CARD}) == (first, {*later})


async def test_nothing_is_asked_again_that_has_an_answer(world: BulkWorld) -> None:
    """A process goes on where one that died had come to, at once."""
    bulk = await world.start(*ids(30))
    known = [
        replace(item, finding=read_result("failed:486"), checked_at=world.base.clock.now)
        for item in await world.table.unasked(bulk.id, 12)
    ]
    await world.table.write_answers(bulk.id, known)
    await world.turns().take_up(await world.taken(bulk, executor="e2"))
    assert {*ids(30)[12:]} == {*world.asked}
    assert 1 == len(world.speaker.reported)
    assert 30 == (await world.table.tally(bulk.id)).asked


async def test_a_bulk_that_was_taken_away_is_left_alone(world: BulkWorld) -> None:
    """Its answers are kept, but this process reports nothing."""
    bulk = await world.start(*SLOW)
    turn = asyncio.create_task(world.turns().take_up(await world.taken(bulk)))
    await eventually(lambda: len(world.asked) >= 6)
    mine = await world.read(bulk)
    while not await world.table.replace(mine, replace(mine, worker="e2")):
        mine = await world.read(bulk)
    await turn
    assert ([], "e2") == (world.speaker.reported, (await world.read(bulk)).worker)
    assert len(world.asked) < 30
    assert any(item.finding for item in await world.items(bulk))


async def test_a_stop_is_seen_while_it_is_asked(world: BulkWorld) -> None:
    """No more is asked; what is known is reported."""
    bulk = await world.start(*SLOW)
    turn = asyncio.create_task(world.turns().take_up(await world.taken(bulk)))
    await eventually(lambda: len(world.asked) >= 6)
    stopped = await world.bulks.stop("T1", "U1", bulk.id)
    assert stopped is not None
    world.base.clock.forward(1)
    await turn
    (reported,) = world.speaker.reported
    assert (BulkEnding.STOPPED, stopped.decided_at) == (reported.ending, reported.decided_at)
    assert len(world.asked) < 30
    last, _ = world.speaker.shown[-1]
    assert BulkEnding.STOPPED is last.ending
    # Nobody waits for the others, so they are not stored any more.
    items = await world.items(bulk)
    assert len(items) == await world.bulks.stored(await world.read(bulk)) < 30
    assert all(item.finding for item in items)


class ErasedTable(Bulks):
    """A table whose person is erased before the first answers are stored; calls `after` then."""

    after: Callable[[], object] = bool

    async def write_answers(
        self, bulk_id: str, answered: Sequence[BulkItem], *, once_more: Collection[int] = ()
    ) -> bool:
        """As ever, later."""
        if answered:
            stores = Stores(self._database, key=AUDIT_KEY, lost=print)
            person = Subject(team="T1", user="U1")
            await PersonalData(stores, key=AUDIT_KEY, hashed=str).erase(person)
            self.after()
        return await super().write_answers(bulk_id, answered, once_more=once_more)


async def test_a_list_that_is_erased_while_it_is_asked_ends_quietly(world: BulkWorld) -> None:
    """Nothing is shown or reported any more, and nothing of it is stored, in the audit neither."""
    world.table, shown = ErasedTable(world.base.database), list[int]()
    world.table.after = lambda: shown.append(len(world.speaker.shown))
    bulk = await world.start(*SLOW)
    turns = world.turns(stop_seen=0.3, progress_every=0.02)
    await turns.take_up(await world.taken(bulk))

    assert ([], []) == (world.speaker.reported, world.speaker.handed)
    # One may have been under way.
    assert len(world.speaker.shown) <= shown[0] + 1
    assert len(world.asked) < 30
    await world.base.writer.flush()
    for table in (AUDIT, BULK, BULK_ITEM):
        counting = partial(Connection.scalar, statement=select(func.count()).select_from(table))
        assert 0 == await world.base.database.read(counting)


async def test_a_stop_before_it_was_begun(world: BulkWorld) -> None:
    """Nothing is asked at all; that is reported."""
    bulk = await world.start(*ids(3))
    stopped = await world.bulks.stop("T1", "U1", bulk.id)
    assert stopped is not None
    await world.turn(stopped)
    assert ([], 1) == (world.asked, len(world.speaker.reported))
    assert ([], 0) == (await world.items(bulk), await world.bulks.stored(await world.read(bulk)))


@pytest.mark.parametrize("code", ["001", "019", "022"])
async def test_a_gateway_that_refuses_this_bot_ends_it(world: BulkWorld, code: str) -> None:
    """To go on would be in vain; what was not asked stays so, and the admins' alarm hears of it."""
    bulk = await world.start(f"SANDBOX-{code}", *SLOW)
    await world.turn(bulk)
    assert [BulkEnding.REFUSED] == [reported.ending for reported in world.speaker.reported]
    assert len(world.asked) < 30
    assert any(item.finding is None for item in await world.items(bulk))
    codes = [a.finding.gateway_code for a in world.base.heard if isinstance(a.finding, CallStatus)]
    assert code in codes


async def test_a_failed_look_up_is_repeated_once_at_the_end(world: BulkWorld) -> None:
    """It counts as failed if that fails too, whatever the call may be."""
    bulk = await world.start("SANDBOX-EMPTY", *ids(20))
    await world.turn(bulk)
    assert "SANDBOX-EMPTY" == world.asked[-1]
    assert 2 == Counter(world.asked)["SANDBOX-EMPTY"]
    first, *_ = await world.items(bulk)
    assert LookupFailure(error="empty_result", detail="text/xml") == first.finding
    assert 1 == (await world.table.tally(bulk.id)).of(Outcome.LOOKUP_FAILED)


async def test_a_pause_of_the_gateway_is_said_and_that_id_is_asked_again(world: BulkWorld) -> None:
    """The code 900 is no call's answer."""
    bulk = await world.start("SANDBOX-900", *ids(10))
    turn = asyncio.create_task(world.turns(progress_every=60.0).take_up(await world.taken(bulk)))
    await eventually(lambda: any(shown.paused_until for shown, _ in world.speaker.shown))
    while Counter(world.asked)["SANDBOX-900"] < 2:
        world.base.clock.forward(1)
        await asyncio.sleep(0.05)
    assert await world.bulks.stop("T1", "U1", bulk.id) is not None
    await turn
    assert ids(10) == [item.message_id.value for item in await world.items(bulk)]
    assert 0 == (await world.table.tally(bulk.id)).of(Outcome.GATEWAY_ERROR)
    last, _ = world.speaker.shown[-1]
    assert last.paused_until is None


async def away(world: BulkWorld, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """A gateway that nobody reaches for so many look-ups; the ids that were asked for."""
    ask, asked = world.base.lookups.look_up, list[str]()

    async def look_up(wanted: Sequence[MessageId], **how: Any) -> tuple[Answer, ...]:
        asked.append(wanted[0].value)
        if len(asked) > times:
            return await ask(wanted, **how)
        down = LookupFailure(error="gateway_down")
        return (Answer(message_id=wanted[0], finding=down, checked_at=world.base.clock.now),)

    monkeypatch.setattr(world.base.lookups, "look_up", look_up)
    return asked


async def test_a_gateway_that_nobody_reaches_is_waited_for(
    world: BulkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call counts as failed for it."""
    asked = await away(world, monkeypatch, 12)
    bulk = await world.start(*ids(20))
    await world.turn(bulk)
    assert 32 == len(asked)
    assert {Outcome.ANSWERED: 20} == dict((await world.table.tally(bulk.id)).counts)


async def test_a_gateway_that_nobody_reaches_is_not_pressed(
    world: BulkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All wait together, and a stop is seen meanwhile."""
    asked = await away(world, monkeypatch, 1_000_000)
    bulk = await world.start(*ids(20))
    turn = asyncio.create_task(world.turns(down_rest=60.0).take_up(await world.taken(bulk)))
    await eventually(lambda: bool(asked))
    await asyncio.sleep(0.3)
    assert len(asked) <= AT_ONCE
    assert await world.bulks.stop("T1", "U1", bulk.id) is not None
    await turn
    assert 0 == (await world.table.tally(bulk.id)).asked


async def test_two_bulks_share(world: BulkWorld) -> None:
    """One that comes second has its answers long before the first is done."""
    first = await world.start(*SLOW)
    second = await world.start(*[f"SANDBOX-SLOW-0.3{n:02}" for n in range(5)], user="U2")
    turns = world.turns()
    asking = asyncio.create_task(turns.take_up(await world.taken(first)))
    await eventually(lambda: len(world.asked) >= 5)
    await turns.take_up(await world.taken(second))
    assert [second.id] == [reported.id for reported in world.speaker.reported]
    await asking
    assert 35 == len(world.asked)


async def test_the_lists_of_one_user_have_one_share(world: BulkWorld) -> None:
    """When another's list is done, three of one user have had about as many look-ups together."""
    turns = world.turns(at_once=4)
    lists = [await world.start(*SLOW[start : start + 10]) for start in (0, 10, 20)]
    asking = [asyncio.create_task(turns.take_up(await world.taken(bulk))) for bulk in lists]
    await eventually(lambda: len(world.asked) >= 4)
    other = await world.start(*[f"SANDBOX-SLOW-0.2{n:02}1" for n in range(10)], user="U2")
    await turns.take_up(await world.taken(other))
    assert len(world.asked) <= 20 + 2 * 4
    await asyncio.gather(*asking)


async def test_no_more_is_asked_at_once_than_all_bulks_may(
    world: BulkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By both together."""
    turns = world.turns(at_once=3)
    asked = world.base.lookups.look_up
    most = under_way = 0

    async def counted(*args: object, **kwargs: object) -> object:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        try:
            return await asked(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            under_way -= 1

    bulks = [await world.start(*SLOW[:6]), await world.start(*SLOW[6:12])]
    monkeypatch.setattr(world.base.lookups, "look_up", counted)
    await asyncio.gather(*[turns.take_up(await world.taken(bulk)) for bulk in bulks])
    assert 3 == most


async def test_a_person_goes_before(world: BulkWorld) -> None:
    """They are told at once, although a long list is being asked about."""
    bulk = await world.start(*SLOW)
    turns = world.turns(at_once=20)
    asking = asyncio.create_task(turns.take_up(await world.taken(bulk)))
    await eventually(lambda: len(world.asked) >= 10)
    await world.base.lookups.look_up([MessageId("SANDBOX-OK")], urgency=Urgency.PERSON)
    assert world.asked.index("SANDBOX-OK") < 25
    await asking


async def test_an_end_of_the_process_leaves_it_to_the_next(world: BulkWorld) -> None:
    """At once, with all answers that have come; whoever comes next asks the rest."""
    bulk = await world.start(*SLOW)
    turns = world.turns()
    turn = asyncio.create_task(turns.take_up(await world.taken(bulk)))
    await eventually(lambda: len(world.asked) >= 6)
    turns.leave()
    await turn
    left = await world.read(bulk)
    assert (BulkState.ASKING, None, []) == (left.state, left.ending, world.speaker.reported)
    assert (None, world.base.clock.now, False) == (left.worker, left.due_at, left.doubtful)
    late = await world.start("SANDBOX-BUSY")
    await turns.take_up(await world.taken(late))
    assert "SANDBOX-BUSY" not in world.asked
    known = {item.message_id for item in await world.items(bulk) if item.finding is not None}
    before = len(world.asked)
    ended = await world.turn(left)
    assert (BulkEnding.ALL_ASKED, set()) == (ended.ending, known & {*world.asked[before:]})
    assert len(SLOW) == (await world.table.tally(bulk.id)).asked


async def test_an_end_of_the_process_while_a_card_is_posted(world: BulkWorld) -> None:
    """Whoever comes next looks for it first."""
    world.base.timing = Timing(last_progress=0.01)
    world.speaker.shows.clear()
    bulk = await world.start(*SLOW)
    turns = world.turns()
    turn = asyncio.create_task(turns.take_up(await world.taken(bulk)))
    await eventually(lambda: bool(world.speaker.shown and world.asked))
    turns.leave()
    await turn
    left = await world.read(bulk)
    assert (None, None, True) == (left.worker, left.card, left.doubtful)


async def reporting(world: BulkWorld) -> Bulk:
    """A bulk whose process died after it had written down that it was going to report."""
    bulk = await world.start("SANDBOX-OK")
    attempt = replace(
        bulk,
        state=BulkState.REPORTING,
        ending=BulkEnding.ALL_ASKED,
        attempts=1,
        doubtful=True,
        decided_at=world.base.clock.now,
    )
    assert await world.table.replace(bulk, attempt)
    return attempt


async def test_a_report_that_stands_there_is_not_made_again(world: BulkWorld) -> None:
    """Only the result is handed over."""
    bulk = await reporting(world)
    world.speaker.traces = [Trace.FOUND]
    await world.turns().take_up(await world.taken(bulk))
    assert ([], 1) == (world.speaker.reported, len(world.speaker.handed))
    assert BulkState.REPORTED is (await world.read(bulk)).state


async def test_a_report_that_can_go_nowhere(world: BulkWorld) -> None:
    """It is counted and left to the operator; the card says so, and no file is tried."""
    world.speaker.reports = [Report(delivery=Delivery.UNDELIVERABLE)]
    ended = await world.turn(await world.start("SANDBOX-OK"))
    assert (BulkState.UNDELIVERED, False, []) == (ended.state, ended.open, world.speaker.handed)
    assert ("report", ["report"]) == (world.speaker.missing[-1], world.base.undelivered)
    last, tally = world.speaker.shown[-1]
    assert (ended.id, BulkState.UNDELIVERED, 1) == (last.id, last.state, tally.asked)


async def test_a_report_in_doubt_that_nobody_may_look_for(world: BulkWorld) -> None:
    """Where the operator would rather have none than two."""
    world.base.in_doubt = OnUnknownDelivery.SKIP
    bulk = await reporting(world)
    world.speaker.traces = [Trace.UNREADABLE]
    ended = await world.turn(bulk)
    assert (BulkState.UNDELIVERED, [], []) == (
        ended.state,
        world.speaker.reported,
        world.speaker.handed,
    )


async def test_a_report_that_was_not_taken_is_made_later(world: BulkWorld) -> None:
    """By the same pauses as a watch's notice; nothing is asked again for it."""
    world.speaker.reports = [NOT_TOLD, UNSURE]
    bulk = await world.start("SANDBOX-OK")
    first = await world.turn(bulk)
    assert (BulkState.REPORTING, False) == (first.state, first.doubtful)
    assert world.base.clock.now + timedelta(seconds=5) == first.due_at
    second = await world.turn(first)
    assert second.doubtful
    ended = await world.turn(second)
    assert (BulkState.REPORTED, 3) == (ended.state, len(world.speaker.reported))
    assert (1, 1) == (len(world.asked), len(world.speaker.traced))


async def test_what_follows_a_report_that_had_to_go_elsewhere_belongs_to_it(
    world: BulkWorld,
) -> None:
    """It is kept as the message of the list; any other report leaves that as it is."""
    moved = PostedCard(channel="D1", ts="9.9")
    world.speaker.reports = [Report(delivery=Delivery.SENT, card=moved)]
    ended = [await world.turn(await world.start("SANDBOX-OK")) for _ in range(2)]

    assert [moved, CARD] == [bulk.card for bulk in ended]
    assert [moved, CARD] == [bulk.card for bulk in world.speaker.handed]


@pytest.mark.parametrize(("trace", "handed"), [(Trace.NONE, 1), (Trace.FOUND, 0)])
async def test_a_result_that_was_being_handed_over(
    world: BulkWorld, trace: Trace, handed: int
) -> None:
    """Whoever comes after the process that died looks for it first."""
    bulk = await reporting(world)
    doubtful = replace(bulk.sent(world.base.clock.now), doubtful=True)
    assert await world.table.replace(bulk, doubtful)
    world.speaker.result_traces = [trace]
    ended = await world.turn(bulk)
    assert ([], handed) == (world.speaker.reported, len(world.speaker.handed))
    assert (1, world.base.clock.now) == (len(world.speaker.results_traced), ended.ended_at)


async def test_a_result_that_slack_does_not_take_is_handed_over_later(world: BulkWorld) -> None:
    """By the pauses of a report, which is not made again; in doubt it is looked for."""
    world.speaker.handovers = [NOT_TOLD, UNSURE, RuntimeError("a fault of ours")]
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    for seconds in (5, 15, 30):
        assert (BulkState.REPORTED, True, None) == (bulk.state, bulk.open, bulk.worker)
        assert world.base.clock.now + timedelta(seconds=seconds) == bulk.due_at
        bulk = await world.turn(bulk)
    assert (False, 1, 4) == (bulk.open, len(world.speaker.reported), len(world.speaker.handed))
    assert (1, 2) == (len(world.asked), len(world.speaker.results_traced))


@pytest.mark.parametrize(("width", "own"), [(1, 0), (2, 1)])
async def test_the_columns_of_a_file_follow_its_result(
    world: BulkWorld, width: int, own: int
) -> None:
    """If it has several; then its id and its digest are stored no more."""
    ended = await world.turn(await world.start("SANDBOX-OK", width=width))
    (handed,) = world.speaker.handed
    assert [("F1", "0f")] * own == [(one.file, one.digest) for one in world.speaker.own]
    assert ([], own, None) == (world.speaker.own_traced, int(handed.file is not None), ended.file)
    assert (None, world.base.clock.now) == (ended.digest, ended.ended_at)


async def test_columns_that_slack_does_not_take_are_sent_later(world: BulkWorld) -> None:
    """Neither the report nor the result is; in doubt they are looked for."""
    world.speaker.columns = [NOT_TOLD, UNSURE]
    world.speaker.own_traces = [Trace.FOUND]
    bulk = await world.turn(await world.start("SANDBOX-OK", width=2))
    for seconds in (5, 15):
        assert (BulkState.SHARED, True, None) == (bulk.state, bulk.open, bulk.worker)
        assert world.base.clock.now + timedelta(seconds=seconds) == bulk.due_at
        bulk = await world.turn(bulk)
    assert (False, 2, 1) == (bulk.open, len(world.speaker.own), len(world.speaker.own_traced))
    assert (1, 1) == (len(world.speaker.reported), len(world.speaker.handed))


async def test_columns_that_slack_does_not_take_at_all(world: BulkWorld) -> None:
    """The results were delivered, so the card says nothing."""
    world.speaker.columns = [Report(delivery=Delivery.UNDELIVERABLE)]
    ended = await world.turn(await world.start("SANDBOX-OK", width=2))
    assert (BulkState.SHARED, False) == (ended.state, ended.open)
    assert {""} == {*world.speaker.missing}


async def test_who_may_no_longer_ask_gets_no_columns(world: BulkWorld) -> None:
    """Also if that was decided after the result."""
    world.speaker.columns = [NOT_TOLD]
    bulk = await world.turn(await world.start("SANDBOX-OK", width=2))
    world.base.lookups.now_valid = AccessRules(users=frozenset({"U2"}))
    ended = await world.turn(bulk)
    assert (BulkState.REVOKED, 1) == (ended.state, len(world.speaker.own))


async def test_a_result_that_slack_does_not_take_for_a_day(world: BulkWorld) -> None:
    """Then it is left to the operator, and the card says so."""
    world.speaker.handovers = [NOT_TOLD] * 1_000
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    began = world.base.clock.now
    while bulk.open:
        bulk = await world.turn(bulk)
    assert BulkState.UNDELIVERED is bulk.state
    assert timedelta(hours=24) <= world.base.clock.now - began <= timedelta(hours=25)
    last, tally = world.speaker.shown[-1]
    assert (BulkState.UNDELIVERED, CARD, 1) == (last.state, last.card, tally.asked)
    assert ("file", ["file"]) == (world.speaker.missing[-1], world.base.undelivered)


class HangingSpeaker(WrittenSpeaker):
    """One whose report is never taken."""

    async def report(self, bulk: Bulk) -> Report:
        """Hang."""
        del bulk
        await asyncio.sleep(60)
        return NOT_TOLD


async def test_a_slack_that_hangs_while_it_reports(world: BulkWorld) -> None:
    """Nobody knows what became of the report."""
    world.base.timing, world.speaker = Timing(telling=0.05), HangingSpeaker()
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    assert (BulkState.REPORTING, True) == (bulk.state, bulk.doubtful)


class AwayTable(Bulks):
    """A table that can be read, and takes no answer while it is away."""

    away = True
    failures = 0

    async def write_answers(
        self, bulk_id: str, answered: Sequence[BulkItem], *, once_more: Collection[int] = ()
    ) -> bool:
        """As ever, later."""
        if self.away:
            self.failures += 1
            raise StorageError("away")
        return await super().write_answers(bulk_id, answered, once_more=once_more)


async def test_a_database_that_is_away_for_a_while(world: BulkWorld) -> None:
    """No answer is lost, no id is asked again, and no more is asked meanwhile."""
    world.table = table = AwayTable(world.base.database)
    bulk = await world.start(*SLOW)
    turn = asyncio.create_task(world.turns().take_up(await world.taken(bulk)))
    await eventually(lambda: bool(table.failures))
    failed_at = len(world.asked)
    await eventually(lambda: table.failures >= 3)
    most = len(world.asked)
    table.away = False
    await turn
    # Nothing but what was under way when the first answers could not be written.
    assert most <= failed_at + AT_ONCE
    assert 30 == len(world.asked)
    assert 30 == (await world.table.tally(bulk.id)).asked
