"""What a person typed, on any surface, read as one of a few questions.

The grammar: the first word may be a command word, in either language. Else each word is an IDMSG;
`id:X` says so by force. `share` and `watch` may stand before or after the ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.dictionary import folded
from bot.domain.message_id import (
    DRESSED_PHONE,
    IdProblem,
    InvalidMessageIdError,
    MessageId,
    TypedId,
    parse_typed,
    unwrap,
)

MAX_IDS: Final = 10
MAX_TEXT: Final = 4_000

_MAX_SHOWN: Final = 40
_MAX_TYPING_SLIP: Final = 2
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_FORCED: Final = re.compile(r"id:(.+)", re.IGNORECASE | re.DOTALL)


class Command(StrEnum):
    """The command words, by their English name."""

    HELP = "help"
    EXPLAIN = "explain"
    LANGUAGE = "lang"
    WHOAMI = "whoami"
    WATCHES = "watches"
    HEALTH = "health"
    SHARE = "share"
    WATCH = "watch"


COMMAND_WORDS: Final = {
    "help": Command.HELP,
    "ajuda": Command.HELP,
    "explain": Command.EXPLAIN,
    "explicar": Command.EXPLAIN,
    "lang": Command.LANGUAGE,
    "language": Command.LANGUAGE,
    "idioma": Command.LANGUAGE,
    "whoami": Command.WHOAMI,
    "quemsou": Command.WHOAMI,
    "watches": Command.WATCHES,
    "avisos": Command.WATCHES,
    "health": Command.HEALTH,
    "saude": Command.HEALTH,
    "share": Command.SHARE,
    "compartilhar": Command.SHARE,
    "watch": Command.WATCH,
    "avisar": Command.WATCH,
}
_MODIFIERS: Final = frozenset({Command.SHARE, Command.WATCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class BadWord:
    """A word that cannot be an IDMSG, bounded for display, and why."""

    word: str
    problem: IdProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Ask the gateway about these calls.

    Attributes:
        ids: one or more, without doubles, in the order typed; may be empty if all words were bad.
        bad_words: what was left out, and why.
        prefix_cut: at least one id lost a leading `000:`.
    """

    ids: tuple[MessageId, ...]
    bad_words: tuple[BadWord, ...] = ()
    prefix_cut: bool = False
    share: bool = False
    watch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """More ids than one command takes."""

    count: int
    limit: int = MAX_IDS


@dataclass(frozen=True, slots=True, kw_only=True)
class DidYouMean:
    """A word that is nearly a command word."""

    word: str
    suggestion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command word with the rest of the line."""

    command: Command
    argument: str = ""
    share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing was typed that could be answered; the person is shown how to ask."""


Query = LookUp | TooMany | DidYouMean | Run | Nothing


def parse_query(text: str) -> Query:
    """Read what was typed; any text gives a query, never an error."""
    words = list(_words(text[:MAX_TEXT]))
    modifiers = {c for w in words if (c := _command(w)) in _MODIFIERS}
    rest = [w for w in words if _command(w) not in _MODIFIERS]
    share = Command.SHARE in modifiers
    if not rest:
        return Nothing()
    first = _command(rest[0])
    if first is not None:
        return Run(command=first, argument=" ".join(unwrap(w) for w in rest[1:]), share=share)
    if slip := _typing_slip(rest):
        return slip
    return _look_up(rest, share=share, watch=Command.WATCH in modifiers)


def _words(text: str) -> Iterator[str]:
    """The words of the text; a dressed phone number stays one word whatever spaces it holds."""
    position = 0
    for phone in DRESSED_PHONE.finditer(text):
        yield from filter(None, _SEPARATORS.split(text[position : phone.start()]))
        yield phone[0]
        position = phone.end()
    yield from filter(None, _SEPARATORS.split(text[position:]))


def _command(word: str) -> Command | None:
    return COMMAND_WORDS.get(folded(unwrap(word)))


def _look_up(words: list[str], *, share: bool, watch: bool) -> Query:
    typed: dict[MessageId, TypedId] = {}
    bad_words: list[BadWord] = []
    for word in words:
        forced = _FORCED.fullmatch(unwrap(word))
        try:
            one = parse_typed(forced[1] if forced else word, forced=forced is not None)
        except InvalidMessageIdError as error:
            bad_words.append(BadWord(word=word[:_MAX_SHOWN], problem=error.problem))
        else:
            typed.setdefault(one.message_id, one)
    if len(typed) > MAX_IDS:
        return TooMany(count=len(typed))
    return LookUp(
        ids=tuple(typed),
        bad_words=tuple(bad_words[:MAX_IDS]),
        prefix_cut=any(one.prefix_cut for one in typed.values()),
        share=share,
        watch=watch,
    )


def _typing_slip(words: list[str]) -> DidYouMean | None:
    for word in words:
        bare = folded(unwrap(word))
        if not bare.isalpha():
            continue
        distance, nearest = min((_distance(bare, known), known) for known in COMMAND_WORDS)
        if distance <= _MAX_TYPING_SLIP:
            return DidYouMean(word=unwrap(word)[:_MAX_SHOWN], suggestion=nearest)
    return None


def _distance(left: str, right: str) -> int:
    """The edit distance (Levenshtein): insertions, deletions and replacements of one letter."""
    if abs(len(left) - len(right)) > _MAX_TYPING_SLIP:
        return _MAX_TYPING_SLIP + 1
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
