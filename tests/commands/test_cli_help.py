"""The `--help` text of each command and of its arguments."""

from __future__ import annotations

import re

from bot import __version__
from tests.support.voicestatus_process import Voicestatus

LANGUAGE, JSON, PORT = "--language en|pt-BR", "--json", "--port <int range>"
# The arguments of each command; in brackets the default, and the limits.
COMMANDS = {
    "run": [],
    "lookup": ["IDMSG... <list[str]>", "--file FILE", "--output FILE", JSON, LANGUAGE],
    "explain": ["CODE... <list[str]>", "--all", "--markdown", JSON, LANGUAGE],
    "sandbox": [
        *("--host <str> [default: 127.0.0.1]", f"{PORT} [default: 8088; 0<=x<=65535]", "--list"),
    ],
    "demo": [LANGUAGE, f"{PORT} [0<=x<=65535]", "--terminal"],
    "doctor": [JSON],
    "health": [],
    "jobs": ["list|cancel|retry <str> [default: list]", "ID <str>", "--all", JSON],
    "manifest": ["--http URL", "--command /NAME", LANGUAGE],
}


def listed(help_text: str) -> dict[str, str]:
    """The entries of a help text, with their descriptions."""
    lists = re.split("^(?:Arguments|Options):", help_text, maxsplit=1, flags=re.MULTILINE)[1]
    row = r"^  (\S+(?: (?!\[)\S+)*) *(.*?) *(\[.+\])?$"
    found = {}
    for name, said, mark in re.findall(row, lists, re.MULTILINE):
        found[f"{name} {mark}".strip()] = said
    return found


def test_each_command_names_what_may_follow_it_and_what_it_is_for(bare: Voicestatus) -> None:
    """Names, forms, defaults and limits; each command and each option has a sentence."""
    wide = bare.having(COLUMNS="100")
    commands = listed(wide.run("--help").out)
    options = {name: listed(wide.run(name, "--help").out) for name in COMMANDS}

    assert COMMANDS == {name: [*found][:-1] for name, found in options.items()}
    assert {"--help"} == {[*found][-1] for found in options.values()}
    assert [*COMMANDS] == [name for name in commands if name in COMMANDS]
    sentences = commands | {
        f"{name} {one}": said
        for name, found in options.items()
        for one, said in found.items()
        if one.startswith("--")
    }
    assert [] == [name for name, said in sentences.items() if not re.match("[A-Z].+[.]", said)]


def test_the_version_is_said(bare: Voicestatus) -> None:
    """And no command runs."""
    ended = bare.run("--version", "run")
    assert (0, f"voicestatus {__version__}\n", "") == (ended.code, ended.out, ended.err)


def test_without_a_command_the_commands_are_listed(bare: Voicestatus) -> None:
    """A word alone asks for help."""
    ended = bare.run()
    assert bare.run("--help").out == ended.out + ended.err
