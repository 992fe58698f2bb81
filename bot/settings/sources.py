"""Where settings are read from: files in `/run/secrets`, `.env`, and the environment.

A value means the same wherever it is set. Docker passes on the quotes and the comment of a line in
an `--env-file`, which Compose and `.env` leave out; editors make curly quotes of straight ones. So
they are left out everywhere, and a remark names the setting.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import shlex
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from dotenv import dotenv_values

from bot.settings.names import forms

ENV_FILE: Final = ".env"
SECRETS_DIRECTORY: Final = "/run/secrets"

_PERMISSIONS: Final = ("ALLOWED_", "ALLOW_", "ADMIN_")
_PREFIXES: Final = (
    *("SLACK_", "GATEWAY_", "BOT_", "WATCH_", "BULK_", "DATABASE_"),
    *_PERMISSIONS,
)
# Kubernetes describes each service in these; a service may be called "bot" or "gateway".
_SERVICE_LINK: Final = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT.*|PORT|PORT_\d+_(TCP|UDP).*)")
# What it puts into NAME_PORT, which is a setting if the service is called "bot".
_SERVICE_ADDRESS: Final = re.compile(r"\s*(?:tcp|udp|sctp)://\S+:\d+\s*")
# Editors and web pages add the last four, which nobody sees.
_BLANKS: Final = " \t\r\n\f\v\u00a0\ufeff\u200b\u2060"
# Straight or curly, and perhaps with a comment behind.
_QUOTED: Final = re.compile(
    r"""(?:(["'`])((?:(?!\1).)*)\1"""
    r"|[\u2018-\u201f\xab\xbb]([^\u201c-\u201f\xab\xbb]*)[\u2018-\u201f\xab\xbb])(?:\s*#.*)?",
    re.DOTALL,
)
# How a SQLite file begins. https://sqlite.org/fileformat.html#magic_header_string
_SQLITE: Final = b"SQLite format 3\0"
# A value in `.env` from which python-dotenv cuts a comment; one in quotes keeps it.
_COMMENTED: Final = re.compile(
    r"^\s*(?:EXPORT\s+)?(\w+)[ \t]*=[ \t]*[^'\"\s#].*?[ \t]#", re.MULTILINE
)
_COMMENT: Final = re.compile(r"(?:^|\s+)#(?:\s.*)?$", re.DOTALL)
_BY_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH
_SIGNING_SECRET: Final = "SLACK_SIGNING_SECRET"  # noqa: S105 - the name of the setting
_AS_SLACK_SIGNS: Final = re.compile(r"[0-9a-fA-F]{32}")
# How similar two names must be to count as a typo: for a hint, and for stopping the start
# (ALLOWED_HOSTS is another program's).
_SIMILAR: Final = 0.75
_NEARLY_THE_SAME: Final = 0.8


class UnreadableSourceError(Exception):
    """A file of settings cannot be read; the text names it, and quotes nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is set, by names in capitals; blank values are not.

    Attributes:
        values: the settings.
        others: variables and files that are not settings.
        tidied: settings whose quotes or comments were left out.
        links: settings with an address that Kubernetes made for a service, which is left out.
        unread: the numbers of lines in `.env` that are neither a setting nor a comment.
        exposed: files with secrets or customers' data that every user of this machine can read.
    """

    # Some are secrets, as the texts that they were set to.
    values: Mapping[str, str] = field(repr=False)
    others: tuple[str, ...] = ()
    tidied: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()
    exposed: tuple[str, ...] = ()


class Remark(NamedTuple):
    """Something about the settings that stops nothing, and that an operator should know.

    Attributes:
        setting: the variable's name.
        detail: what was noticed, as the rest of a sentence; contains no value.
    """

    setting: str
    detail: str
    remedy: str


def read_sources(secrets_directory: str = SECRETS_DIRECTORY) -> Sources:
    """Read all places; the environment goes before `.env`, and that before the secrets.

    Raises:
        UnreadableSourceError: a file cannot be read.
    """
    text = _env_text()
    written, unread = _parsed(text)
    places = [_secrets(Path(secrets_directory)), written, os.environ]
    return _gathered(places, unread, _COMMENTED.findall(text.upper()))


def single_setting(name: str) -> str:
    """The text of one setting by its name in capitals; empty if unset or blank.

    For the commands that need no others: problems elsewhere are not reported.
    """
    try:
        sources = read_sources()
    except UnreadableSourceError:
        sources = _gathered([os.environ])
    return sources.values.get(name, "")


def _gathered(
    places: Iterable[Mapping[str, str | None]],
    unread: tuple[int, ...] = (),
    commented: Collection[str] = (),
) -> Sources:
    texts: dict[str, str] = {}
    links: set[str] = set()
    for place in places:
        for name, text in place.items():
            if _SERVICE_ADDRESS.fullmatch(text or ""):
                links.add(name.upper())
            elif text and _tidy(text):
                texts[name.upper()] = text.strip(_BLANKS)
    values = {name: _tidy(texts[name]) for name in forms() if name in texts}
    return Sources(
        values=values,
        others=tuple(sorted((texts.keys() | links) - set(forms()))),
        tidied=tuple(n for n, value in values.items() if value != texts[n] or n in commented),
        links=tuple(name for name in forms() if name in links),
        unread=unread,
        exposed=tuple(_exposed_files(values.get("DATABASE_URL", "sqlite:///voicestatus.db"))),
    )


def _exposed_files(database_url: str) -> Iterator[str]:
    # The bot makes the database and its key (bot/storage/hash_key.py) for its own user only.
    database = database_url.removeprefix("sqlite:///")
    names = [ENV_FILE]
    with suppress(OSError, ValueError), Path(database).open("rb") as file:
        # A wrong address must not lead to advice about somebody else's file.
        if file.read(len(_SQLITE)) == _SQLITE:
            names += [database, f"{database}.key"]
    for name in names:
        with suppress(OSError):
            path = Path(name)
            if path.is_file() and path.stat().st_mode & _BY_OTHERS:
                yield name


def _tidy(text: str) -> str:
    """The value that is meant: without blanks and quotes around it, and the comment after it."""
    text = text.strip(_BLANKS)
    quoted = _QUOTED.fullmatch(text)
    return (quoted[2] or quoted[3] or "" if quoted else _COMMENT.sub("", text)).strip(_BLANKS)


def _secrets(folder: Path) -> Mapping[str, str]:
    """The files of a folder, as container orchestrators mount secrets; only settings are read."""
    found, path = {}, folder
    try:
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_file():
                is_ours = path.name.upper() in forms()
                found[path.name] = path.read_text("utf-8") if is_ours else path.name
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(str(path), error) from None
    return found


class _UnreadLines(logging.Handler):
    """The numbers of lines that the parser cannot read, of which it only logs."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the number, which is the only argument."""
        self.numbers += [number for number in record.args or () if isinstance(number, int)]


def _env_text() -> str:
    try:
        # Windows' editors begin a file with a mark of its encoding.
        return Path(ENV_FILE).read_text("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(ENV_FILE, error) from None


def _parsed(text: str) -> tuple[Mapping[str, str | None], tuple[int, ...]]:
    """The values in `.env`, and the numbers of lines that cannot be read."""
    log, unread = logging.getLogger("dotenv"), _UnreadLines()
    log.addHandler(unread)
    try:
        return dotenv_values(stream=StringIO(text)), tuple(unread.numbers)
    finally:
        log.removeHandler(unread)


def _unreadable(place: str, error: OSError | UnicodeDecodeError) -> UnreadableSourceError:
    if isinstance(error, OSError):
        return UnreadableSourceError(f"{place} cannot be read ({error.strerror}).")
    return UnreadableSourceError(f"{place} is not a text file in UTF-8.")


def remarks(sources: Sources) -> Iterator[Remark]:
    """What an operator should know, although the bot starts."""
    for name in foreign_names(sources.others):
        meant = meant_by(name)
        hint = f"Did you mean {meant}? " if meant else ""
        yield Remark(name, "is set, but isn't a setting", f"{hint}Rename or unset it.")
    for number in sources.unread:
        detail = f"has a line that can't be read: line {number}"
        yield Remark(ENV_FILE, detail, "Write NAME=value, and close each quote.")
    secret = sources.values.get(_SIGNING_SECRET)
    if secret and not _AS_SLACK_SIGNS.fullmatch(secret):
        detail = "isn't 32 hexadecimal digits, as Slack's secrets are"
        place = forms()[_SIGNING_SECRET].partition(", ")[2]
        yield Remark(_SIGNING_SECRET, detail, f"Copy {place}.")
    for name in sources.tidied:
        detail = "has quotes around its value or a comment after it, which are ignored"
        yield Remark(name, detail, "Write only the value, in quotes if # belongs to it.")
    for name in sources.links:
        detail = "has an address that Kubernetes made for a service, which is ignored"
        remedy = "Set enableServiceLinks: false in the pod, or give the service another name."
        yield Remark(name, detail, remedy)
    for name in sources.exposed:
        detail = "can be read or changed by every user on this machine"
        yield Remark(name, detail, f"Run `chmod o= {shlex.quote(name)}`.")


def foreign_names(others: Iterable[str]) -> tuple[str, ...]:
    """Those with the prefix of our settings; a remark each."""
    ours = (name for name in others if name.startswith(_PREFIXES))
    return tuple(name for name in ours if not _SERVICE_LINK.fullmatch(name))


def misspelt_permissions(others: Iterable[str]) -> list[str]:
    """The problem of names that nearly match a setting which restricts access."""
    permissions = [name for name in forms() if name.startswith(_PERMISSIONS)]
    return [
        f"{name} isn't a setting, so it restricts nobody. Did you mean {meant}? Rename or unset it."
        for name in others
        if (meant := meant_by(name, permissions, _NEARLY_THE_SAME))
    ]


def meant_by(
    name: str, settings: Iterable[str] | None = None, alike: float = _SIMILAR
) -> str | None:
    """The setting that a name nearly matches; of all settings unless some are given."""
    close = difflib.get_close_matches(name, list(settings or forms()), n=1, cutoff=alike)
    return close[0] if close else None
