"""`voicestatus jobs`: the watches and bulks of all people, for the operator."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import _app
from bot.domain.bulk import Bulk
from bot.domain.message_id import MessageId
from bot.domain.watch import Destination, Ending, State, Watch
from bot.storage.bulks import BulkBounds, Bulks
from bot.storage.database import open_database
from bot.storage.watches import Bounds, Watches

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


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one open watch and one that is over."""
    url = f"sqlite:///{tmp_path}/voicestatus.db"
    monkeypatch.setenv("DATABASE_URL", url)

    async def fill() -> None:
        async with open_database(url) as database:
            await Watches(database).add([OPEN, OVER], Bounds(user=9, channel=9, all=9))

    asyncio.run(fill())
    return url


def jobs(*arguments: str) -> Result:
    """`voicestatus jobs` with these arguments."""
    return CliRunner().invoke(_app, ["jobs", *arguments])


def states() -> dict[str, str]:
    """The state of every watch."""
    lines = jobs("list", "--all", "--json").stdout.splitlines()
    return {record["id"]: record["state"] for record in map(json.loads, lines)}


def test_the_open_ones_are_listed() -> None:
    """Who, where and until when; no IDMSG, which may be a phone number."""
    result = jobs()
    assert (0, True) == (result.exit_code, OPEN.id in result.stdout)
    assert "over" not in result.stdout
    assert "C1 1.1" in result.stdout
    assert "98765" not in result.stdout


def test_all_are_listed() -> None:
    """Those that are over, too."""
    assert {OPEN.id: "waiting", "over": "undelivered"} == states()


def test_one_json_object_a_line() -> None:
    """All keys always there."""
    (record,) = map(json.loads, jobs("list", "--json").stdout.splitlines())
    assert (OPEN.id, "U1", "T1", "C1", "1.1", 0) == tuple(
        record[key] for key in ("id", "user", "team", "channel", "thread", "looks")
    )
    assert ("2026-11-23T12:00:15+00:00", None) == (record["due_at"], record["ended_at"])


def test_one_is_given_up() -> None:
    """Once."""
    assert 0 == jobs("cancel", OPEN.id).exit_code
    assert "cancelled" == states()[OPEN.id]
    again = jobs("cancel", OPEN.id)
    assert (1, "") == (again.exit_code, again.stdout)
    assert "It is over" in again.stderr


def test_one_is_taken_up_again() -> None:
    """What could not be told is going to be told."""
    assert 0 == jobs("retry", "over").exit_code
    assert "telling" == states()["over"]


def test_bulks_are_listed_beside_watches(url: str) -> None:
    """And may be stopped and taken up again likewise."""
    keep_bulk(url)
    shown = jobs().stdout
    assert ("ab12" in shown, OPEN.id in shown) == (True, True)
    _, record = map(json.loads, jobs("list", "--json").stdout.splitlines())
    assert ("bulk", 3, None) == (record["kind"], record["calls"], record["looks"])
    assert 0 == jobs("retry", "ab12").exit_code
    assert 0 == jobs("cancel", "ab12").exit_code
    assert 1 == jobs("cancel", "ab12").exit_code


def keep_bulk(url: str) -> None:
    """Put a bulk into the database."""
    bulk = Bulk(
        id="ab12",
        user="U1",
        destination=Destination(team="T1", channel="C1", thread="1.1"),
        total=3,
        started_at=NOON,
        due_at=NOON,
    )

    async def fill() -> None:
        async with open_database(url) as database:
            ids = [MessageId(name) for name in "ABC"]
            await Bulks(database).add(bulk, ids, (), BulkBounds(user=9, all=9))

    asyncio.run(fill())


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_one_that_there_is_not(action: str) -> None:
    """Is said to be so."""
    result = jobs(action, "nothing")
    assert (1, "There is no watch or bulk of that id.\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize("arguments", [["list", "x"], ["cancel"], ["retry"], ["dance", "x"]])
def test_what_makes_no_sense(arguments: list[str]) -> None:
    """Is refused with exit code 2."""
    assert 2 == jobs(*arguments).exit_code


def test_a_database_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, no traceback."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such.db")
    result = jobs()
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Check DATABASE_URL." in result.stderr
