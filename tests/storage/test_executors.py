"""The processes on one database, and how each sees that another has died."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from bot.storage.database import Database
from bot.storage.executors import Executor, Executors, is_surely_gone, this_process

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWN = Executor(id="own", host="h", pid=os.getpid())


def executors(database: Database, name: str) -> Executors:
    """The table, as a process of this name uses it."""
    own = Executor(id=name, host="h", pid=1)
    return Executors(database, own=own, now=lambda: NOON)


def ended_pid() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


async def test_each_sees_the_others(database: Database) -> None:
    """And how often they have said that they live."""
    first, second = executors(database, "e1"), executors(database, "e2")
    for one in (first, second, second):
        await one.beat()
    assert (Executor(id="e2", host="h", pid=1, beats=2),) == await first.peers()
    assert (Executor(id="e1", host="h", pid=1, beats=1),) == await second.peers()


async def test_one_that_ends_says_so(database: Database) -> None:
    """Then it may be forgotten."""
    first, second = executors(database, "e1"), executors(database, "e2")
    await first.beat()
    await first.end()
    (ended,) = await second.peers()
    assert ended.ended
    await second.forget([ended.id])
    assert () == await second.peers()


def test_every_start_has_a_name_of_its_own() -> None:
    """Two processes are never taken for one; both know where they run."""
    first, second = this_process(), this_process()
    assert first.id != second.id
    assert (first.host, os.getpid()) == (second.host, first.pid)


def test_where_the_host_cannot_be_told() -> None:
    """Nothing is said of the processes there."""
    own = this_process(kernel="/no/such/file")
    assert "" == own.host
    assert not is_surely_gone(Executor(id="e2", host="", pid=ended_pid()), own)


@pytest.mark.parametrize(
    ("peer", "gone"),
    [
        (Executor(id="e2", host="other", pid=1, beats=-1), True),
        (Executor(id="e2", host="other", pid=0), False),
        (Executor(id="e2", host="h", pid=os.getpid()), True),
        (Executor(id="own", host="h", pid=os.getpid()), False),
        (Executor(id="e2", host="h", pid=os.getppid()), False),
    ],
    ids=["said so", "another host", "its number is ours", "ourselves", "it lives"],
)
def test_who_is_surely_gone(peer: Executor, gone: bool) -> None:
    """Only what can be known at once."""
    assert gone is is_surely_gone(peer, OWN)


def test_one_whose_number_is_no_process() -> None:
    """It was killed."""
    assert is_surely_gone(Executor(id="e2", host="h", pid=ended_pid()), OWN)


def test_one_of_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lives, though we may not ask it."""

    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_surely_gone(Executor(id="e2", host="h", pid=1), OWN)
