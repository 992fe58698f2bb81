"""What keeps this user from the file of a SQLite database, and the command that changes it.

Looked for only after something was refused, because only that shows what SQLite needs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Final, TypeAlias

# What is wrong, and what mends it: a sentence each.
Fault: TypeAlias = tuple[str, str]

_ENTER: Final = os.X_OK
_WRITE_IN: Final = os.W_OK | os.X_OK
_USE: Final = os.R_OK | os.W_OK
_VERBS: Final = {
    _ENTER: "enter the folder",
    _WRITE_IN: "write in the folder",
    _USE: "read and write the file",
}
_COMMANDS: Final = {_ENTER: "chmod a+x", _WRITE_IN: "chmod u+rwx", _USE: "chmod u+rw"}
# A disk with less than this is full: SQLite writes whole pages, and three files.
_FULL_BYTES: Final = 64 * 1024
_ELSEWHERE: Final = (
    "Use a folder of its own in DATABASE_URL, such as sqlite:////data/voicestatus.db."
)
_MOUNT: Final = (
    "Mount it writable: in Docker without `:ro`, or as a volume of its own beside `--read-only`."
)
_BEYOND_MODE: Final = (
    "Its mode allows it, so something else does not: with SELinux add `:Z` to the volume, and look "
    "at `lsattr` and `getfacl`."
)
_MISSING: Final = (
    "Check DATABASE_URL. If it is right, mount the volume that belongs there, or create the "
    "folder: `{}`."
)
_ON_HOST: Final = "For a container, do that with the folder of the host that is mounted there."


def fault_of(file: Path) -> Fault | None:
    """What the file system does not allow, if it is anything that can be seen."""
    # SQLite follows symbolic links, and puts its own files beside the target.
    file = Path(os.path.realpath(file))
    try:
        return (
            _of_way(file.parent)
            or _of_kind(file)
            or _of_disk(file.parent)
            or _of_rights((file.parent, _WRITE_IN), *((one, _USE) for one in _files(file)))
        )
    except OSError:
        return None


def _files(file: Path) -> Iterator[Path]:
    """The file, and SQLite's own beside it (sqlite.org/tempfiles.html), as far as they exist."""
    beside = (Path(f"{file}{suffix}") for suffix in ("", "-wal", "-shm", "-journal"))
    return (one for one in beside if one.exists())


def _of_way(folder: Path) -> Fault | None:
    for one in (*reversed(folder.parents), folder):
        if not os.path.lexists(one):
            path = quote(str(folder))
            command = f"mkdir -p {path} && chown {os.geteuid()} {path}"
            return f"The folder {folder} does not exist.", _MISSING.format(command)
        if not one.is_dir():
            return f"{one} is a file, not a folder.", _ELSEWHERE
        if fault := _of_rights((one, _ENTER)):
            return fault
    return None


def _of_kind(file: Path) -> Fault | None:
    if file.is_dir():
        name = file / "voicestatus.db"
        return f"{file} is a folder.", f"Name a file in DATABASE_URL, such as sqlite:///{name}."
    if file.exists() and not file.is_file():
        return f"{file} is no regular file.", _ELSEWHERE
    return None


def _of_disk(folder: Path) -> Fault | None:
    disk = os.statvfs(folder)
    if disk.f_flag & os.ST_RDONLY:
        return f"The folder {folder} is on a read-only file system.", _MOUNT
    no_inode = disk.f_files and not disk.f_favail
    # Some file systems do not count their blocks.
    if no_inode or (disk.f_blocks and disk.f_bavail * disk.f_frsize < _FULL_BYTES):
        what = "files" if no_inode else "space"
        return "The disk of the database is full.", f"Free {what} in {folder}."
    return None


def _of_rights(*wanted: tuple[Path, int]) -> Fault | None:
    """The first path on which this user lacks rights (access(2)), and what mends all of them."""
    refused = [(path, right) for path, right in wanted if not os.access(path, right)]
    if not refused:
        return None
    user, (first, right) = os.geteuid(), refused[0]
    status = first.stat()
    problem = (
        f"User {user} may not {_VERBS[right]} {first}, which belongs to user {status.st_uid} "
        f"(mode {stat.S_IMODE(status.st_mode):04o})."
    )
    if _mode_allows(status, right):
        return problem, _BEYOND_MODE
    if first.parent == first:
        return problem, _ELSEWHERE
    is_own = right == _ENTER or status.st_uid == user
    command = _COMMANDS[right] if is_own else f"chown {user}"
    paths = " ".join(quote(str(path)) for path, _ in (refused[:1] if is_own else refused))
    return problem, f"Run as root: `{command} {paths}`. {_ON_HOST}"


def _mode_allows(status: os.stat_result, wanted: int) -> bool:
    user = os.geteuid()
    if user == 0:
        return True
    groups = {os.getegid(), *os.getgroups()}
    shift = 6 if status.st_uid == user else 3 if status.st_gid in groups else 0
    return status.st_mode >> shift & wanted == wanted
