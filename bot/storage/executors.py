"""The running processes of the bot on one database, so that each sees when another has died."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final

# They tell a kernel, and a space of process ids in it, from every other; Linux has them.
_KERNEL: Final = "/proc/sys/kernel/random/boot_id"
_PROCESSES: Final = "/proc/self/ns/pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One process.

    Attributes:
        id: of its own at every start, so that two processes are never taken for one.
        host: where `pid` names a process; empty where that cannot be told.
        beats: how often it has said that it lives.
    """

    id: str
    host: str
    pid: int
    beats: int = 0


def this_process(kernel: str = _KERNEL) -> Executor:
    """The process that asks, under a new name; `kernel` is the file that tells its kernel."""
    host = ""
    with suppress(OSError):
        host = f"{Path(kernel).read_text().strip()} {Path(_PROCESSES).readlink()}"
    return Executor(id=token_hex(8), host=host, pid=os.getpid())


def is_surely_gone(peer: Executor, own: Executor) -> bool:
    """Whether a peer has ended or was killed, as far as that can be known at once.

    Only a process on the same host can be asked after; it is gone when its number is no process'
    any more, or has become our own.
    """
    if not own.host or peer.host != own.host:
        return False
    if peer.pid == own.pid:
        return peer.id != own.id
    try:
        os.kill(peer.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
