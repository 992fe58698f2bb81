"""The running processes of the bot on one database, so that each notices when another has died."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final

# On Linux these identify the boot and the PID namespace, in which a pid is unique.
_KERNEL: Final = "/proc/sys/kernel/random/boot_id"
_PROCESSES: Final = "/proc/self/ns/pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One process.

    Attributes:
        id: random at every start, so that two processes are never mistaken for one.
        host: where `pid` is valid; empty where that is unknown.
        beats: the number of its heartbeats.
    """

    id: str
    host: str
    pid: int
    beats: int = 0


def this_process(kernel: str = _KERNEL) -> Executor:
    """The calling process, under a new id; `kernel` is the file with the boot id."""
    host = ""
    with suppress(OSError):
        host = f"{Path(kernel).read_text().strip()} {Path(_PROCESSES).readlink()}"
    return Executor(id=token_hex(8), host=host, pid=os.getpid())


def is_surely_gone(peer: Executor, own: Executor) -> bool:
    """Whether a peer has certainly ended, without waiting for its heartbeat.

    That can be checked only on the same host: its pid no longer exists, or is now our own.
    """
    if not own.host or peer.host != own.host:
        return False
    if peer.pid == own.pid:
        return peer.id != own.id
    try:
        # Signal 0 checks that the process exists, and sends nothing (kill(2)).
        os.kill(peer.pid, 0)
    except OSError as error:
        # Otherwise it exists, and belongs to another user.
        return isinstance(error, ProcessLookupError)
    return False
