"""The alarm: the admins hear of what they must act on, once an hour and by one process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.alerts import Alert, Trouble
from bot.domain.call_status import Answer, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.services.claiming import EVERY, AdminAlerter, Claiming
from bot.storage.claims import AlertClaims
from bot.storage.database import Database, open_database
from bot.storage.schema import NOTICE

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LASTS = timedelta(seconds=3)


def answer(raw: str) -> Answer:
    """An answer of the gateway, or what was met instead of one."""
    error = raw.startswith("error=")
    failure = LookupFailure(error=raw.removeprefix("error="), detail="timeout")
    finding = failure if error else read_result(raw)
    return Answer(message_id=MessageId("MPG000000000001"), finding=finding, checked_at=NOON)


class _Office:
    """An alarm, the admins who hear it, and a clock."""

    def __init__(self, database: Database) -> None:
        self.now = NOON
        self.told: list[Alert] = []
        self.reachable = True
        self.slack = asyncio.Event()
        self.slack.set()
        self.database = database

    async def tell(self, alert: Alert) -> bool:
        self.told.append(alert)
        await self.slack.wait()
        return self.reachable

    def alarm(self, *, has_admins: bool = True) -> AdminAlerter:
        """The alarm of one more process."""
        claims = AlertClaims(self.database, every=EVERY, lasts=LASTS)
        notices = Claiming(claims, now=lambda: self.now)
        return AdminAlerter(notices=notices, tell=self.tell, has_admins=has_admins)


@pytest.fixture
async def office() -> AsyncIterator[_Office]:
    """On a database in memory."""
    async with open_database("sqlite:///:memory:") as database:
        yield _Office(database)


async def test_the_admins_hear_of_what_they_must_act_on(office: _Office) -> None:
    """Each kind of trouble once, however many meet it."""
    alarm = office.alarm()
    for _ in range(3):
        await alarm.observe([answer("001"), answer("001")])

    assert [Alert(trouble=Trouble.KEYS, code="001")] == office.told
    assert alarm.covers([answer("ok:1.00"), answer("001")])


async def test_they_hear_of_nothing_else(office: _Office) -> None:
    """A failed call is nobody's trouble."""
    alarm = office.alarm()
    await alarm.observe([answer("failed:486"), answer("error=timeout")])

    assert [] == office.told
    assert not alarm.covers([answer("failed:486"), answer("error=timeout")])


async def test_after_an_hour_they_hear_of_it_again(office: _Office) -> None:
    """And not a moment before, whichever process meets it."""
    for wait, count in ((timedelta(), 1), (EVERY / 2, 1), (EVERY / 2, 2), (EVERY / 2, 2)):
        office.now += wait
        await office.alarm().observe([answer("900")])
        assert count == len(office.told)


async def test_two_kinds_of_trouble_are_told_apart(office: _Office) -> None:
    """One does not hide the other."""
    alarm = office.alarm()
    await alarm.observe([answer("900"), answer("001")])

    assert {Trouble.SECURITY_LIMIT, Trouble.KEYS} == {alert.trouble for alert in office.told}


async def test_who_was_not_reached_is_told_by_the_next(office: _Office) -> None:
    """An hour of silence would be too long."""
    office.reachable = False
    await office.alarm().observe([answer("900")])
    office.reachable = True
    await office.alarm().observe([answer("900")])
    await office.alarm().observe([answer("900")])

    assert 2 == len(office.told)


async def test_who_broke_off_in_the_middle_leaves_it_to_the_next(office: _Office) -> None:
    """The process ends, or telling took too long: nobody was told, so somebody will be."""
    office.slack.clear()
    telling = asyncio.create_task(office.alarm().observe([answer("900")]))
    while not office.told:  # noqa: ASYNC110 - a list tells nobody
        await asyncio.sleep(0)
    await office.alarm().observe([answer("900")])
    assert 1 == len(office.told)

    telling.cancel()
    await asyncio.wait({telling})
    office.slack.set()
    await office.alarm().observe([answer("900")])
    await office.alarm().observe([answer("900")])

    assert 2 == len(office.told)


async def test_who_was_killed_in_the_middle_leaves_it_to_the_next(office: _Office) -> None:
    """Its claim ends soon, and not a moment before."""
    claims = AlertClaims(office.database, every=EVERY, lasts=LASTS)
    await claims.claim(Trouble.SECURITY_LIMIT.value, NOON)
    for wait, count in ((LASTS / 2, 0), (LASTS / 2, 1), (LASTS, 1)):
        office.now += wait
        await office.alarm().observe([answer("900")])
        assert count == len(office.told)


async def test_a_clock_that_was_set_back_silences_nobody(office: _Office) -> None:
    """What was told in the future counts as old."""
    await office.alarm().observe([answer("900")])
    office.now -= timedelta(days=1)
    await office.alarm().observe([answer("900")])

    assert 2 == len(office.told)


async def test_without_admins_nobody_is_promised_anything(office: _Office) -> None:
    """The log says it; an agent is not told that somebody knows."""
    alarm = office.alarm(has_admins=False)
    await alarm.observe([answer("900")])

    assert [] == office.told
    assert not alarm.covers([answer("900")])


async def test_a_database_that_is_away_breaks_nothing(office: _Office) -> None:
    """Better no message than one for each agent."""
    await office.database.write(lambda found: found.exec_driver_sql(f"DROP TABLE {NOTICE.name}"))
    await office.alarm().observe([answer("900")])

    assert [] == office.told


async def test_look_ups_of_one_outage_do_not_all_ask_the_database(
    office: _Office, log: io.StringIO
) -> None:
    """That an alert was sent is remembered for as long as a claim lasts."""
    alarm = office.alarm()
    for _ in range(2):
        await alarm.observe([answer("900")])
    gone = f"DROP TABLE {NOTICE.name}"
    await office.database.write(lambda connection: connection.exec_driver_sql(gone))
    told = []
    for wait in (timedelta(), LASTS):
        office.now += wait
        await alarm.observe([answer("900")])
        told.append("could not be alerted once only" in log.getvalue())

    assert [False, True] == told
