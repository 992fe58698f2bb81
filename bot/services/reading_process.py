"""The process in which one file is read.

Its arguments are the most ids, whether all columns are wanted, and the most seconds and MiB.

The file comes by standard input; the list, or what is wrong with the file, goes to standard output.
The sender of the file decides how long that takes, so the process sets limits to itself first; it
knows no secret, has no environment, and may be killed at any time.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Final

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import MAX_BYTES, IdList, UnreadableListError
from bot.domain.id_lists.list_lines import to_lines

_POLITE: Final = 5
_MIB: Final = 1 << 20


def main() -> None:
    """Read the file on standard input."""
    max_ids, columns, seconds, mib = map(int, sys.argv[1:])
    # They are meant for the bot, which lets running work finish.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    limit(seconds, mib)
    read: IdList | UnreadableListError
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        read = read_file(data, max_ids=max_ids, columns=bool(columns))
    except UnreadableListError as error:
        read = error
    sys.stdout.buffer.writelines(to_lines(read))


def limit(seconds: int, mib: int) -> None:
    """Limit the processor time and the memory, and lower the priority, if the system can."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415 - there is none on Windows

        limits = {
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_AS: mib * _MIB,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: 0,
        }
        for kind, most in limits.items():
            # macOS refuses some of them.
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
        os.nice(_POLITE)
