"""The command words of both languages, and the slips that nearly match one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from bot.domain.input.message_id import folded

# No command word resembles it, with or without accents.
_LONGEST: Final = 40
# A word of so many letters may have one slip, a longer one two.
_SHORT: Final = 5
_MOST_SLIPS: Final = 2


class Command(StrEnum):
    """The command words, by their English name."""

    HELP = "help"
    EXPLAIN = "explain"
    LANGUAGE = "lang"
    WHOAMI = "whoami"
    WATCHES = "watches"
    HEALTH = "health"
    BULK = "bulk"
    SHARE = "share"
    WATCH = "watch"


# Written without accents.
_WORDS: Final = {
    Command.HELP: ("help", "ajuda"),
    Command.EXPLAIN: ("explain", "explicar"),
    Command.LANGUAGE: ("lang", "language", "idioma"),
    Command.WHOAMI: ("whoami", "quemsou"),
    Command.WATCHES: ("watches", "avisos", "acompanhamentos"),
    Command.HEALTH: ("health", "saude"),
    Command.BULK: ("bulk", "list", "lista"),
    Command.SHARE: ("share", "compartilhar"),
    Command.WATCH: (
        *("watch", "watching", "avisar", "avise", "avisa"),
        *("acompanhar", "acompanhe", "acompanha"),
    ),
}
COMMAND_WORDS: Final = {word: command for command, words in _WORDS.items() for word in words}
# They stand beside ids, not before an argument.
MODIFIERS: Final = frozenset({Command.SHARE, Command.WATCH})


def command_of(word: str) -> Command | None:
    """The command that a bare word names, whatever its case and accents; also `avisar-me`."""
    if len(word) > _LONGEST:
        return None
    return COMMAND_WORDS.get(folded(word).removesuffix("-me"))


def meant(word: str) -> str | None:
    """The command word that a bare word is a slip of; swapped letters are one slip."""
    typed = folded(word[:_LONGEST])
    if not typed.isalpha():
        return None
    slips, nearest = min(
        ((_distance(typed, known), known) for known in COMMAND_WORDS), key=lambda one: one[0]
    )
    return nearest if slips <= (1 if len(typed) <= _SHORT else _MOST_SLIPS) else None


def _distance(left: str, right: str) -> int:
    """How many letters were inserted, left out, replaced or swapped (optimal string alignment)."""
    if abs(len(left) - len(right)) > _MOST_SLIPS:
        return _MOST_SLIPS + 1
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left):
        rows.append([i + 1])
        for j, b in enumerate(right):
            best = min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, rows[i][j] + (a != b))
            if i and j and a == right[j - 1] and b == left[i - 1]:
                best = min(best, rows[i - 1][j - 1] + 1)
            rows[i + 1].append(best)
    return rows[-1][-1]
