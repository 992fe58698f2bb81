"""A look-up from end to end, over real sockets: what a caller gets, and what the gateway sees."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.domain.call_status import Answer, CallStatus, Outcome, read_result
from bot.gateway.client import MAX_STATUSES, GatewayClient
from bot.gateway.protocol.errors import Busy, EmptyResult, NotSoap
from tests.gateway.gateway_loopback import (
    MOMENT,
    OK,
    ONE_ID,
    Exchange,
    after,
    always,
    client_of,
    envelope,
    first,
    hang,
    http,
    ids,
    result,
    serving,
    status_of,
)

# --- an answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_an_answer_is_a_checked_status(version: str) -> None:
    """The result as a value, with the moment of asking; `failed` and codes are answers too."""
    async with (
        serving(always(OK)) as server,
        client_of(server.url, soap_version=version) as client,
    ):
        checked = await status_of(client)
    expected = CallStatus(outcome=Outcome.ANSWERED, raw="ok:85.00", duration=Decimal("85.00"))
    assert checked == Answer(message_id=ONE_ID, finding=expected, checked_at=MOMENT)
    assert f"<IDMSG>{ONE_ID}</IDMSG>".encode() in server.requests[0].body


async def test_an_answer_of_the_sandbox_is_marked() -> None:
    """Cards mention it."""
    reply = http(result("024"), headers=("X-Voicestatus-Sandbox: 1",))
    async with serving(always(reply)) as server, client_of(server.url) as client:
        assert (await status_of(client)).sandbox


async def test_an_error_of_the_sandbox_is_marked() -> None:
    """The fault is a scripted one."""
    reply = http(b"<html>", headers=("X-Voicestatus-Sandbox: 1",))
    async with serving(always(reply)) as server, client_of(server.url) as client:
        found = await client.status(ONE_ID)
    assert isinstance(found, NotSoap)
    assert found.sandbox


# --- the cache -----------------------------------------------------------------------------------


async def test_a_final_status_is_asked_for_once() -> None:
    """The second asker gets it from memory, marked, until a day has passed."""
    moment = [datetime(2026, 11, 23, tzinfo=UTC)]
    async with (
        serving(always(OK)) as server,
        client_of(server.url, now=lambda: moment[0]) as client,
    ):
        fresh = await status_of(client)
        moment[0] += timedelta(hours=23)
        assert replace(fresh, from_cache=True) == await status_of(client)
        moment[0] += timedelta(hours=2)
        again = await status_of(client)
    assert (again.from_cache, again.checked_at, len(server.requests)) == (False, moment[0], 2)


async def test_only_a_call_with_a_kept_status_is_known_to_be_final() -> None:
    """A caller that may wait for a look-up checks this first; it sends nothing."""
    async with serving(always(OK)) as server, client_of(server.url) as client:
        before = client.is_final(ONE_ID)
        await status_of(client)
        assert (False, True) == (before, client.is_final(ONE_ID))
    assert 1 == len(server.requests)


async def test_the_oldest_status_makes_room_for_the_newest() -> None:
    """Memory is bounded, however long the process lives."""
    one, two, *more = ids(MAX_STATUSES + 1)
    async with serving(always(OK)) as server, client_of(server.url) as client:
        checked = await status_of(client, one)
        client._finals.update({each.value: checked for each in (two, *more[:-1])})
        before = client.is_final(one)
        await status_of(client, more[-1])
        assert (True, False) == (before, client.is_final(one))
        assert client.is_final(two)


@pytest.mark.parametrize("raw", ["024", "023", "022", "001", "ok", "ok:abc", "failed:", "canary"])
async def test_what_is_not_final_is_asked_for_each_time(raw: str) -> None:
    """A pending call may have ended a second later."""
    async with (
        serving(first(always(http(result(raw))), always(OK))) as server,
        client_of(server.url) as client,
    ):
        assert not (await status_of(client)).finding.final
        assert (await status_of(client)).finding.final


# --- single flight -------------------------------------------------------------------------------


async def test_two_hundred_askers_of_one_id_are_one_request() -> None:
    """All get the same answer, and none of them from memory."""
    async with serving(after(0.05)) as server, client_of(server.url) as client:
        answers = await asyncio.gather(*(status_of(client) for _ in range(200)))
    expected = Answer(message_id=ONE_ID, finding=read_result("ok:85.00"), checked_at=MOMENT)
    assert {expected} == set(answers)
    assert len(server.requests) == 1


async def test_those_who_wait_share_an_error_that_is_not_kept() -> None:
    """The next asker starts afresh."""
    async with (
        serving(first(after(0.05, http(envelope(""))), always(OK))) as server,
        client_of(server.url) as client,
    ):
        errors = await asyncio.gather(
            *(status_of(client) for _ in range(50)), return_exceptions=True
        )
        assert [EmptyResult] * 50 == [type(error) for error in errors]
        assert len(server.requests) == 1
        assert (await status_of(client)).finding.final


async def test_a_shared_error_knows_nothing_of_the_request() -> None:
    """Many callers get it; frames that refer to the keys are not attached."""
    async with serving(after(0.05, http(b""))) as server, client_of(server.url) as client:
        found = await asyncio.gather(*(client.status(ONE_ID) for _ in range(20)))
    (error,) = set(found)
    assert isinstance(error, NotSoap)
    assert error.__traceback__ is None


async def test_askers_take_turns() -> None:
    """One with many calls does not keep another with one waiting, nor one who shares a call."""
    many, last, other = ids(6)[:4], ids(6)[4], ids(6)[5]
    async with (
        serving(after(0.01)) as server,
        client_of(server.url, max_concurrency=1) as client,
    ):
        calls = [(one, "Ana") for one in (*many, last)]
        calls += [(other, "Bruno"), (last, "Carla")]
        await asyncio.gather(*(client.status(one, asker=who) for one, who in calls))
        await asyncio.gather(*(client.status(one) for one in ids(1)))
    asked = [
        next(n for n, one in enumerate(ids(6)) if one.value.encode() in each.body)
        for each in server.requests
    ]
    assert [0, 4, 5] == sorted(asked[:3])
    assert [1, 2, 3] == asked[3:]


async def test_one_who_gives_up_does_not_hurt_the_others() -> None:
    """Not even the first one, which started the look-up."""
    async with serving(after(0.1)) as server, client_of(server.url) as client:
        one, *others = [asyncio.create_task(status_of(client)) for _ in range(5)]
        await asyncio.sleep(0.03)
        one.cancel()
        answers = await asyncio.gather(*others)
    assert one.cancelled()
    assert all(answer.finding.final for answer in answers)
    assert len(server.requests) == 1


async def test_a_look_up_that_nobody_waits_for_is_given_up() -> None:
    """It frees its place in the rate limit, and the next caller does not meet its remains."""
    async with (
        serving(first(hang, always(OK))) as server,
        client_of(server.url, max_concurrency=1) as client,
    ):
        askers = [asyncio.create_task(status_of(client)) for _ in range(3)]
        await asyncio.sleep(0.05)
        for asker in askers:
            asker.cancel()
        await asyncio.wait(askers)
        async with asyncio.timeout(2):
            assert (await status_of(client)).finding.final


async def test_an_asker_in_the_moment_of_giving_up_is_served() -> None:
    """A caller between the last one's cancellation and the end of the look-up starts another."""
    async with serving(after(0.05)) as server, client_of(server.url) as client:
        leaving = asyncio.create_task(status_of(client))
        await asyncio.sleep(0.02)
        leaving.cancel()
        coming = asyncio.create_task(status_of(client))
        assert (await coming).finding.final


async def test_an_asker_in_the_moment_of_landing_starts_another_look_up() -> None:
    """A finished look-up accepts no caller, and its end is not that of the next one."""
    late: list[asyncio.Task[Answer]] = []
    answered = False

    def come_late() -> None:
        late.append(asyncio.create_task(status_of(client)))

    def now() -> datetime:
        # Asked at the very end of a look-up, before its waiting callers have woken.
        nonlocal answered
        if answered:
            answered = False
            asyncio.get_running_loop().call_soon(come_late)
        return MOMENT

    async def pending(exchange: Exchange) -> None:
        nonlocal answered
        await exchange.send(http(result("024")))
        answered = True

    async with (
        serving(first(pending, after(0.05))) as server,
        client_of(server.url, now=now) as client,
    ):
        assert (await status_of(client)).finding.outcome is Outcome.PENDING
        answers = await asyncio.gather(status_of(client), *late)
    assert [Outcome.ANSWERED] * 2 == [answer.finding.outcome for answer in answers]
    assert len(server.requests) == 2


async def test_closing_gives_up_what_is_on_its_way() -> None:
    """No task is left running, and waiting callers are cancelled."""
    async with serving(hang) as server:
        async with client_of(server.url) as client:
            asker = asyncio.create_task(status_of(client))
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await asker
    assert not client._tasks


# --- connections ---------------------------------------------------------------------------------


async def test_look_ups_in_a_row_share_one_connection() -> None:
    """In steady state a look-up opens no new connection."""
    async with serving(always(OK)) as server, client_of(server.url) as client:
        for message_id in ids(50):
            await status_of(client, message_id)
    assert (len(server.requests), server.connections) == (50, 1)


async def test_look_ups_side_by_side_open_no_more_than_the_ceiling() -> None:
    """Twenty connections serve the first wave and every later one."""
    many = iter(ids(300))
    async with serving(after(0.005)) as server, client_of(server.url, max_concurrency=20) as client:
        await asyncio.gather(*(status_of(client, next(many)) for _ in range(100)))
        opened = server.connections
        for _ in range(2):
            await asyncio.gather(*(status_of(client, next(many)) for _ in range(100)))
    assert opened <= 20
    assert opened == server.connections
    assert len(server.requests) == 300


# --- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"url": "canary"}, {"proxy": "canary"}], ids=str)
async def test_an_unusable_address_stops_the_start_unquoted(wrong: dict[str, str]) -> None:
    """Before the first look-up, and without the value in the message."""
    opening = client_of(wrong.get("url", "http://127.0.0.1/"), proxy=wrong.get("proxy"))
    with pytest.raises(ValueError, match=r".") as caught:
        await opening.__aenter__()
    assert "canary" not in str(caught.value)


def test_a_client_shows_no_key() -> None:
    """Its `repr()` is that of any object."""
    assert GatewayClient.__repr__ is object.__repr__


async def test_a_request_that_could_not_be_answered_in_time_is_not_sent() -> None:
    """The bot was busy; the gateway was not even asked, and does not count as down."""
    release = asyncio.Event()

    async def answer_late(exchange: Exchange) -> None:
        await release.wait()
        await exchange.send(OK)

    async with (
        serving(answer_late) as server,
        client_of(server.url, max_concurrency=1, timeout_seconds=60) as client,
        asyncio.TaskGroup() as group,
    ):
        one, two = [group.create_task(client.status(each)) for each in ids(2)]
        while not (server.requests and client._queue._line):  # noqa: ASYNC110 - both are lists
            await asyncio.sleep(0.01)
        # As after replies that took longer than the whole time limit.
        client._queue._takes = client._queue._most_reserved = 600
        release.set()

        assert [Answer, Busy] == [type(await each) for each in (one, two)]
        assert (1, 0) == (len(server.requests), client.health.failures)
