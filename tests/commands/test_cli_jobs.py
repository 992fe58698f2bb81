"""`voicestatus jobs`: the watches and bulks of all people, for the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bounds, Ending, State, Watch
from bot.storage.database import Database, open_database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from tests.support.voicestatus_process import Voicestatus

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OPEN = Watch(
    id="0123456789abcdef",
    message_id=MessageId("5511987654321"),
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    started_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    due_at=NOON + timedelta(seconds=15),
)
OVER = replace(
    OPEN,
    id="over",
    message_id=MessageId("B"),
    destination=Destination(team="T1", channel="U1"),
    state=State.UNDELIVERED,
    ending=Ending.LIMIT,
    ended_at=NOON,
)


BULK = Bulk(
    id="ab12",
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    total=3,
    started_at=NOON,
    due_at=NOON,
)


def fill(url: str, add: Callable[[Database], Awaitable[object]]) -> None:
    """Put something into the database."""

    async def open_and_add() -> None:
        async with open_database(url) as database:
            await add(database)

    asyncio.run(open_and_add())


@pytest.fixture
def stored(bare: Voicestatus, sqlite_url: str) -> Voicestatus:
    """The command line beside a database with one open watch and one that is over."""
    bounds = Bounds(user=9, channel=9, all=9)
    fill(sqlite_url, lambda database: Watches(database).add([OPEN, OVER], bounds))
    return bare.having(DATABASE_URL=sqlite_url)


def states(stored: Voicestatus) -> dict[str, str]:
    """The state of every watch."""
    return {
        one["id"]: one["state"] for one in stored.run("jobs", "list", "--all", "--json").records
    }


def test_the_open_ones_are_listed(stored: Voicestatus) -> None:
    """User, place and end; no IDMSG, which may be a phone number."""
    listed = stored.run("jobs")
    assert (0, True) == (listed.code, OPEN.id in listed.out)
    assert "over" not in listed.out
    assert "C1 1.1" in listed.out
    assert "98765" not in listed.out


def test_in_a_pipe_each_job_is_one_line(stored: Voicestatus) -> None:
    """With its whole place and all times, below one heading."""
    _, line = stored.run("jobs").out.splitlines()
    (record,) = stored.run("jobs", "list", "--json").records
    assert {OPEN.id, record["due_at"], record["expires_at"]} <= set(line.split())


def test_all_are_listed(stored: Voicestatus) -> None:
    """Finished ones are included."""
    assert {OPEN.id: "waiting", "over": "undelivered"} == states(stored)


def test_one_json_object_a_line(stored: Voicestatus) -> None:
    """All keys always there."""
    (record,) = stored.run("jobs", "list", "--json").records
    assert (OPEN.id, "U1", "T1", "C1", "1.1", 0) == tuple(
        record[key] for key in ("id", "user", "team", "channel", "thread", "looks")
    )
    assert ("2026-11-23T12:00:15+00:00", None) == (record["due_at"], record["ended_at"])


def test_one_is_given_up(stored: Voicestatus) -> None:
    """Once."""
    assert 0 == stored.run("jobs", "cancel", OPEN.id).code
    assert "cancelled" == states(stored)[OPEN.id]
    again = stored.run("jobs", "cancel", OPEN.id)
    assert (1, "") == (again.code, again.out)
    assert "It is finished" in again.err


def test_one_is_taken_up_again(stored: Voicestatus) -> None:
    """An undelivered notice becomes due again."""
    assert 0 == stored.run("jobs", "retry", "over").code
    assert "telling" == states(stored)["over"]


def test_bulks_are_listed_beside_watches(stored: Voicestatus, sqlite_url: str) -> None:
    """And may be stopped and retried in the same way."""
    ids, bounds = [MessageId(name) for name in "ABC"], Bounds(user=9, all=9)
    fill(sqlite_url, lambda database: Bulks(database).add(BULK, ids, (), bounds))

    listed = stored.run("jobs").out
    _, record = stored.run("jobs", "list", "--json").records
    codes = [stored.run("jobs", action, "ab12").code for action in ("retry", "cancel", "cancel")]

    assert (True, True) == ("ab12" in listed, OPEN.id in listed)
    assert ("bulk", 3, None) == (record["kind"], record["calls"], record["looks"])
    assert [0, 0, 1] == codes


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_one_that_there_is_not(stored: Voicestatus, action: str) -> None:
    """Is reported."""
    ended = stored.run("jobs", action, "nothing")
    assert (1, "No watch or list has that id.\n") == (ended.code, ended.err)


@pytest.mark.parametrize("arguments", [["list", "x"], ["cancel"], ["retry"], ["dance", "x"]])
def test_what_makes_no_sense(bare: Voicestatus, arguments: list[str]) -> None:
    """Is refused with exit code 2."""
    assert 2 == bare.run("jobs", *arguments).code


def test_a_database_that_cannot_be_used(bare: Voicestatus) -> None:
    """One sentence, no traceback."""
    ended = bare.having(DATABASE_URL="sqlite:////no/such/folder.db").run("jobs")
    assert (1, "") == (ended.code, ended.out)
    assert ended.err.startswith("The folder /no/such does not exist. ")
    assert ended.err.endswith("[ENOENT]\n")
