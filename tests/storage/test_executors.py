"""The processes on one host, and how each sees that another has died."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.storage.executors import Executor, is_surely_gone, this_process

OWN = Executor(id="own", host="h", pid=os.getpid())


def ended_pid() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


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
        (Executor(id="e2", host="other", pid=0), False),
        (Executor(id="e2", host="h", pid=os.getpid()), True),
        (Executor(id="own", host="h", pid=os.getpid()), False),
        (Executor(id="e2", host="h", pid=os.getppid()), False),
    ],
    ids=["another host", "its number is ours", "ourselves", "it lives"],
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
