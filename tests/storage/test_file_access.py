"""What a user may not do with the file of a database: who, where, and the command that helps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from bot.storage.database import open_database
from bot.storage.errors import StorageError
from bot.storage.problems import file_access
from bot.storage.problems.file_access import fault_of

IS_ROOT: Final = os.geteuid() == 0
# As in the image.
USER: Final = 10001 if IS_ROOT else os.geteuid()
ROOT_ONLY: Final = pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")

# Prints the faults of files, seen by another user; what it needs was imported before.
_PROGRAM: Final = """
import json, os, sys
from pathlib import Path
from bot.storage.problems.file_access import fault_of
user, *files = sys.argv[1:]
if int(user) != os.geteuid():
    os.setgroups([])
    os.setresgid(*[int(user)] * 3)
    os.setresuid(*[int(user)] * 3)
print(json.dumps([fault_of(Path(file)) for file in files]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with TemporaryDirectory() as made:
        path = Path(made)
        path.chmod(0o755)
        yield path
        for one in path.rglob("*"):
            if one.is_dir():
                one.chmod(0o755)


def seen(file: Path) -> tuple[str, str] | None:
    """The fault that a user without special rights meets."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(USER), str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(file_access.__file__).parents[3],
    )
    (found,) = json.loads(ended.stdout)
    return None if found is None else (found[0], found[1])


def command_of(fault: tuple[str, str] | None) -> str:
    """The command that the remedy gives."""
    assert fault is not None
    return fault[1].split("`")[1]


def given(path: Path, user: int = USER, mode: int = 0o755) -> Path:
    """The same path, as that user's."""
    if IS_ROOT:
        os.chown(path, user, user)
    path.chmod(mode)
    return path


def new_folder(path: Path, user: int = USER, mode: int = 0o755) -> Path:
    """A new folder of that user's."""
    path.mkdir()
    return given(path, user, mode)


def new_file(path: Path, user: int = USER, mode: int = 0o600) -> Path:
    """A new file of that user's."""
    path.touch()
    return given(path, user, mode)


def test_nothing_is_wrong(folder: Path) -> None:
    """Neither with a file nor without one."""
    own = new_folder(folder / "own")
    file = new_file(own / "v.db")
    assert (None, None) == (seen(file), seen(own / "new.db"))


@ROOT_ONLY
@pytest.mark.parametrize(("owner", "bits"), [(0, 0o755), (0, 0o555), (10002, 0o755)])
def test_a_folder_of_another_owner(folder: Path, owner: int, bits: int) -> None:
    """As Docker makes one for a bind mount: which folder, which user, which command."""
    other = new_folder(folder / "my data", owner, bits)
    fault = seen(other / "v.db")
    assert fault is not None
    assert (
        f"User 10001 may not write in the folder {other}, which belongs to user {owner} "
        f"(mode {bits:04o})."
    ) == fault[0]
    assert f"chown 10001 '{other}'" == command_of(fault)
    assert "of the host that is mounted there" in fault[1]


def test_an_own_folder_without_write(folder: Path) -> None:
    """Its owner needs no other owner."""
    own = new_folder(folder / "own", mode=0o555)
    fault = seen(own / "v.db")
    assert fault is not None
    assert f"may not write in the folder {own}" in fault[0]
    assert f"chmod u+rwx {own}" == command_of(fault)


@ROOT_ONLY
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_a_file_of_another_owner(folder: Path, suffix: str) -> None:
    """SQLite's own files count too: a command that was once run as root left them."""
    own = new_folder(folder / "own")
    file = new_file(own / "v.db", 0 if not suffix else USER)
    if suffix:
        new_file(own / f"v.db{suffix}", 0)
    fault = seen(file)
    assert fault is not None
    assert f"may not read and write the file {file}{suffix}, which belongs to user 0" in fault[0]
    assert f"chown 10001 {file}{suffix}" == command_of(fault)


@ROOT_ONLY
def test_one_command_mends_all(folder: Path) -> None:
    """A folder and the files in it that all belong to root."""
    other = new_folder(folder / "data", 0)
    files = [new_file(other / f"v.db{suffix}", 0) for suffix in ("", "-wal")]
    assert f"chown 10001 {other} {files[0]} {files[1]}" == command_of(seen(files[0]))


def test_a_file_that_may_only_be_read(folder: Path) -> None:
    """Its owner can change that."""
    own = new_folder(folder / "own")
    file = new_file(own / "v.db", mode=0o444)
    assert f"chmod u+rw {file}" == command_of(seen(file))


@ROOT_ONLY
def test_rights_of_the_group_count(folder: Path) -> None:
    """Kubernetes gives volumes to a group."""
    shared = folder / "shared"
    shared.mkdir()
    os.chown(shared, 0, USER)
    shared.chmod(0o775)
    assert seen(shared / "v.db") is None
    shared.chmod(0o755)
    assert f"chown 10001 {shared}" == command_of(seen(shared / "v.db"))


@ROOT_ONLY
def test_a_folder_on_the_way_that_may_not_be_entered(folder: Path) -> None:
    """As under root's home; the command does not give that folder away."""
    closed = new_folder(folder / "closed", 0, 0o700)
    (closed / "data").mkdir()
    fault = seen(closed / "data" / "v.db")
    assert fault is not None
    assert f"User 10001 may not enter the folder {closed}" in fault[0]
    assert f"chmod a+x {closed}" == command_of(fault)


@ROOT_ONLY
def test_nobody_is_told_to_give_the_root_folder_away() -> None:
    """A relative path in a container without a working directory."""
    fault = seen(Path("/voicestatus-of-a-test.db"))
    assert fault is not None
    assert "may not write in the folder /," in fault[0]
    assert "`" not in fault[1]


def test_a_missing_folder(folder: Path) -> None:
    """It may be a volume that is not mounted, so it is not made."""
    absent = folder / "a b" / "c"
    fault = fault_of(absent / "v.db")
    assert fault is not None
    assert f"The folder {absent} does not exist." == fault[0]
    assert f"mkdir -p '{absent}' && chown {os.geteuid()} '{absent}'" == command_of(fault)


def _a_file_as_folder(folder: Path) -> tuple[Path, str]:
    file = new_file(folder / "letter")
    return file / "v.db", f"{file} is a file, not a folder."


def _a_folder_as_file(folder: Path) -> tuple[Path, str]:
    return folder, f"{folder} is a folder."


def _a_pipe(folder: Path) -> tuple[Path, str]:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    return pipe, f"{pipe} is no regular file."


def _a_link_to_nowhere(folder: Path) -> tuple[Path, str]:
    link = folder / "v.db"
    link.symlink_to(folder / "absent" / "v.db")
    return link, f"The folder {folder}/absent does not exist."


@pytest.mark.parametrize(
    "make", [_a_file_as_folder, _a_folder_as_file, _a_pipe, _a_link_to_nowhere]
)
def test_what_is_no_file_of_a_database(
    folder: Path, make: Callable[[Path], tuple[Path, str]]
) -> None:
    """The problem names it, and the remedy another place."""
    path, problem = make(folder)
    fault = fault_of(path)
    assert fault is not None
    assert problem == fault[0]
    assert fault[1]


class Disk:
    """A file system, as `statvfs` describes it; one with room by default."""

    f_flag, f_frsize, f_blocks, f_bavail, f_files, f_favail = 0, 4096, 100, 16, 100, 1


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        ({}, None, ""),
        ({"f_flag": os.ST_RDONLY}, "is on a read-only file system.", "`:ro`"),
        ({"f_bavail": 15}, "The disk of the database is full.", "Free space in "),
        ({"f_favail": 0}, "The disk of the database is full.", "Free files in "),
        # Some file systems have no table of files.
        ({"f_files": 0, "f_favail": 0}, None, ""),
        # Others count no blocks.
        ({"f_blocks": 0, "f_bavail": 0}, None, ""),
    ],
)
def test_disks(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, int],
    problem: str | None,
    remedy: str,
) -> None:
    """Read-only, without space, or without room for a further file."""
    disk = type("Disk", (Disk,), changes)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    fault = fault_of(folder / "v.db")
    assert (problem is None) == (fault is None)
    if fault is not None and problem is not None:
        assert fault[0].endswith(problem)
        assert remedy in fault[1]


@pytest.mark.parametrize("user", [0, 4711])
def test_what_the_mode_allows_and_the_system_refuses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    """SELinux, an ACL, or an attribute: no owner and no mode would help."""
    own = new_folder(folder / "own", user, 0o777)
    monkeypatch.setattr(os, "access", lambda path, _: path != own)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    fault = fault_of(own / "v.db")
    assert fault is not None
    assert "SELinux" in fault[1]
    assert "chown" not in fault[1]


@pytest.mark.parametrize(
    ("user", "bits", "command"),
    [
        # Of the owner, of the group and of all others.
        (4711, 0o577, "chmod u+rwx {0}"),
        (4712, 0o757, "chown 4712 {0}"),
        (4713, 0o775, "chown 4713 {0}"),
    ],
)
def test_whose_right_is_lacking(
    folder: Path, monkeypatch: pytest.MonkeyPatch, user: int, bits: int, command: str
) -> None:
    """The first of owner, group and others that a user is decides, as the system does it."""
    own = folder / "own"
    status = os.stat_result((bits, 0, 0, 0, 4711, 4712, *(0,) * 4))
    monkeypatch.setattr(os, "access", lambda path, right: path != own or right == os.X_OK)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getegid", lambda: 4712 if user == 4712 else 1)
    monkeypatch.setattr(os, "getgroups", list)
    own.mkdir()
    stat = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda path, **more: status if path == own else stat(path, **more)
    )
    monkeypatch.setattr(Path, "is_dir", os.path.isdir)
    assert command.format(own) == command_of(fault_of(own / "v.db"))


def test_the_root_folder_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command for it."""
    root = Path("/")
    monkeypatch.setattr(os, "access", lambda path, right: path != root or right == os.X_OK)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    fault = fault_of(Path("/voicestatus-of-a-test.db"))
    assert fault is not None
    assert "`" not in fault[1]


def test_a_file_system_that_does_not_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the error itself is all there is."""

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "statvfs", fail)
    assert fault_of(folder / "v.db") is None


async def test_a_start_says_it(folder: Path) -> None:
    """The error of a start is the fault that was seen, with the system's name of it."""
    file = new_file(folder / "letter")
    with pytest.raises(StorageError) as caught:
        async with open_database(f"sqlite:///{file}/v.db"):
            pass
    assert f"{file} is a file, not a folder." == caught.value.problem
    assert "ENOTDIR" == caught.value.fact
