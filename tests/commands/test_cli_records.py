"""`voicestatus audit` and `voicestatus data`: what operators hand out and erase."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.audit import AuditEntry, AuditKey
from bot.storage.database import open_database
from bot.storage.records import RecentLookup
from bot.storage.stores import Stores
from bot.telemetry import Telemetry
from tests.support.scene import HASH_KEY
from tests.support.voicestatus_process import Voicestatus

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HASHED = Telemetry(HASH_KEY.encode()).hashed("MPG1")


async def _fill(url: str) -> None:
    async with open_database(url) as database:
        key = AuditKey(HASH_KEY.encode())
        stores = Stores(database, key=key, lost=print)
        for day, user in enumerate(("U1", "U2")):
            at = NOON + timedelta(days=day)
            stores.records.add(
                RecentLookup(team="T1", user=user, idmsg="MPG1", outcome="answered", at=at),
                AuditEntry(
                    at=at,
                    team="T1",
                    user=user,
                    channel="C1",
                    surface="list",
                    action="lookup",
                    idmsg_hash=f"{HASHED} {'0' * 16}",
                    outcome="answered failed",
                ),
            )
        await stores.records.flush()


@pytest.fixture
def stored(bare: Voicestatus, sqlite_url: str) -> Voicestatus:
    """The command line beside a database with what two people did."""
    asyncio.run(_fill(sqlite_url))
    return bare.having(DATABASE_URL=sqlite_url, BOT_HASH_KEY=HASH_KEY)


def test_the_audit_is_exported_as_csv(stored: Voicestatus) -> None:
    """One line for each call, oldest first, with a heading."""
    exported = stored.run("audit", "export")
    lines = [*csv.DictReader(io.StringIO(exported.out))]
    assert 0 == exported.code
    assert [("U1", HASHED, "answered"), ("U1", "0" * 16, "failed")] == [
        (line["user"], line["idmsg_hash"], line["outcome"]) for line in lines[:2]
    ]
    assert 4 == len(lines)


@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-24T00:00:00", "2026-11-23T21:00:00-03:00"])
def test_the_audit_is_exported_as_json_since_a_day(stored: Voicestatus, day: str) -> None:
    """In UTC, or the zone that is given; the export itself is in the audit after it."""
    since = ("--since", day, "--format", "jsonl")
    assert ["U2", "U2"] == [line["user"] for line in stored.run("audit", "export", *since).records]
    assert "export" == stored.run("audit", "export", *since).records[-1]["action"]


def test_a_person_is_exported_and_erased(stored: Voicestatus) -> None:
    """What is left in the audit has an alias."""
    person = ("--team", "T1", "--user", "U1")
    exported = stored.run("data", "export", *person)
    assert {"audit", "recent"} == {line["table"] for line in exported.records}
    erased = {
        line["table"]: line["erased"] for line in stored.run("data", "erase", *person).records
    }
    assert (1, 1, 0) == (erased["audit"], erased["recent"], erased["watch"])
    rest = stored.run("data", "export", *person)
    assert [True] == [line["user_id"].startswith("#") for line in rest.records]


def test_who_is_not_known_is_no_empty_export(stored: Voicestatus) -> None:
    """A sentence says so, for a script the exit code."""
    exported = stored.run("data", "export", "--team", "T1", "--user", "U9")
    assert (1, "", 1) == (exported.code, exported.out, len(exported.err.splitlines()))


def test_a_call_is_exported(stored: Voicestatus) -> None:
    """In the audit by its hash."""
    exported = stored.run("data", "export", "--team", "T1", "--idmsg", "MPG1")
    assert ["recent", "recent", "audit", "audit"] == [line["table"] for line in exported.records]


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "import"),
        ("audit", "export", "--format", "xml"),
        ("data", "erase", "--team", "T1"),
        ("data", "erase", "--team", "T1", "--user", "U1", "--idmsg", "MPG1"),
        ("data", "show", "--team", "T1", "--user", "U1"),
        ("data", "erase", "--team", "T1", "--user", "%"),
        ("data", "erase", "--team", "", "--user", "U1"),
        ("data", "erase", "--team", "T1", "--idmsg", "x" * 200),
    ],
)
def test_wrong_arguments(stored: Voicestatus, arguments: tuple[str, ...]) -> None:
    """Exit code 2, with what is right, and nothing is erased."""
    ended = stored.run(*arguments)
    assert (2, "") == (ended.code, ended.out)
    assert ended.err


def test_without_a_database_none_is_created(bare: Voicestatus, tmp_path: Path) -> None:
    """In the wrong folder a command says so, and leaves nothing there."""
    file = tmp_path / "none.db"
    ended = bare.having(DATABASE_URL=f"sqlite:///{file}").run("audit", "export")
    assert 1 == ended.code
    assert str(file) in ended.err
    assert not file.exists()
