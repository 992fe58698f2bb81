"""A user's text, on any surface, parsed into one of a few queries.

The grammar: the first word may be a command word, in either language. Otherwise each word is an
IDMSG; `id:X` forces that reading. `share` and `watch` may come before or after the ids. A single
word in the form of a code or of a result, such as `failed:486`, is explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.input.message_id import (
    DRESSED_PHONE,
    SEND_PREFIX,
    IdProblem,
    InvalidMessageIdError,
    MessageId,
    folded,
    parse_typed,
    unwrap,
)

MAX_IDS: Final = 10
MAX_TEXT: Final = 4_000

_MAX_SHOWN: Final = 40
_MAX_TYPING_SLIP: Final = 2
# This many different words are compared with the command words.
_MAX_COMPARED: Final = 20
# No command word resembles it, with or without accents.
_MAX_COMMAND: Final = 40
_MAX_SUGGESTED: Final = 200
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_FORCED: Final = re.compile(r"id:(.+)", re.IGNORECASE | re.DOTALL)
# Copied along from a card or a report: "IDMSG: MPG000236180474".
_LABEL: Final = re.compile(r"idmsg(?::(.*))?", re.IGNORECASE | re.DOTALL)
# Never an IDMSG: the code or the result as a card shows it.
_CODE_OR_RESULT: Final = re.compile(
    r"(?:sip|gateway|failed|error|blocked|machine):[0-9]{3}|ok:[0-9][0-9.]*", re.IGNORECASE
)


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
    Command.BULK: ("bulk", "lista"),
    Command.SHARE: ("share", "compartilhar"),
    Command.WATCH: ("watch", "avisar", "acompanhar"),
}
COMMAND_WORDS: Final = {word: command for command, words in _WORDS.items() for word in words}
_MODIFIERS: Final = frozenset({Command.SHARE, Command.WATCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class BadWord:
    """A word that is not an IDMSG, bounded for display, and why."""

    word: str
    problem: IdProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Look these calls up.

    Attributes:
        ids: one or more, without doubles, in the order typed; may be empty if all words were bad.
        bad_words: the rejected words, and why.
        prefix_cut: at least one id lost a leading `000:`.
    """

    ids: tuple[MessageId, ...]
    bad_words: tuple[BadWord, ...] = ()
    prefix_cut: bool = False
    share: bool = False
    watch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """More ids than one command takes; a list takes them."""

    count: int
    ids: tuple[MessageId, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidYouMean:
    """A word that nearly matches a command word.

    Attributes:
        word: the word as typed.
        suggestion: the whole line to type instead; of a very long line the command word alone.
    """

    word: str
    suggestion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command word with the rest of the line.

    Attributes:
        assumed: no command word was typed; a single code or result is explained, and the answer
            says how to look it up as an IDMSG.
    """

    command: Command
    argument: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """The text has nothing to answer; the user is shown how to ask."""


Query = LookUp | TooMany | DidYouMean | Run | Nothing


def parse_query(text: str) -> Query:
    """Parse the typed text; any text yields a query, never an error."""
    typed = list(_words(text[:MAX_TEXT]))
    words = _without_label(typed)
    modifiers = [w for w in words if _command(w) in _MODIFIERS]
    rest = [w for w in words if _command(w) not in _MODIFIERS]
    if not rest:
        return Nothing()
    first, *others = map(unwrap, rest)
    if command := _command(first):
        return Run(command=command, argument=" ".join(others))
    if not others and words == typed and _CODE_OR_RESULT.fullmatch(first):
        return Run(command=Command.EXPLAIN, argument=first, assumed=True)
    return _typing_slip(words) or _look_up(rest, modifiers)


def _words(text: str) -> Iterator[str]:
    """The words of the text; a formatted phone number stays one word, spaces included."""
    position = 0
    for phone in DRESSED_PHONE.finditer(text):
        yield from filter(None, _SEPARATORS.split(text[position : phone.start()]))
        yield phone[0]
        position = phone.end()
    yield from filter(None, _SEPARATORS.split(text[position:]))


def _command(word: str) -> Command | None:
    bare = unwrap(word)
    return COMMAND_WORDS.get(folded(bare)) if len(bare) <= _MAX_COMMAND else None


def _without_label(words: list[str]) -> list[str]:
    """The words without a leading "IDMSG" or "IDMSG:"; the id follows it."""
    for position, word in enumerate(words):
        if _command(word) in _MODIFIERS:
            continue
        if label := _LABEL.fullmatch(unwrap(word)):
            after = words[position + 1 :]
            # "IDMSG : X" has its colon between two spaces.
            after = after[1:] if after[:1] == [":"] else after
            return [*words[:position], *filter(None, [label[1]]), *after]
        break
    return words


def _look_up(words: list[str], modifiers: list[str]) -> Query:
    commands = {_command(word) for word in modifiers}
    # Each with whether it lost a prefix, which the answer mentions.
    typed: dict[MessageId, bool] = {}
    bad_words: list[BadWord] = []
    for word in words:
        forced = _FORCED.fullmatch(unwrap(word))
        bare = unwrap(forced[1] if forced else word)
        try:
            one = parse_typed(bare, forced=forced is not None)
        except InvalidMessageIdError as error:
            bad_words.append(BadWord(word=word[:_MAX_SHOWN], problem=error.problem))
        else:
            typed.setdefault(one, bare.startswith(SEND_PREFIX))
    if len(typed) > MAX_IDS:
        return TooMany(count=len(typed), ids=tuple(typed))
    return LookUp(
        ids=tuple(typed),
        bad_words=tuple(bad_words[:MAX_IDS]),
        prefix_cut=any(typed.values()),
        share=Command.SHARE in commands,
        watch=Command.WATCH in commands,
    )


def _typing_slip(words: list[str]) -> DidYouMean | None:
    compared: set[str] = set()
    for position, word in enumerate(words):
        bare = folded(unwrap(word)[:_MAX_COMMAND])
        if bare in compared or not bare.isalpha() or _command(word) in _MODIFIERS:
            continue
        if len(compared) == _MAX_COMPARED:
            break
        compared.add(bare)
        distance, nearest = min((_distance(bare, known), known) for known in COMMAND_WORDS)
        if distance <= _MAX_TYPING_SLIP:
            line = _corrected(words, position, nearest)
            return DidYouMean(word=unwrap(word)[:_MAX_SHOWN], suggestion=line)
    return None


def _corrected(words: list[str], position: int, command_word: str) -> str:
    """The line with the command word in place of the typo, or moved to the front."""
    others = [unwrap(word) for word in words[:position] + words[position + 1 :]]
    place = position if COMMAND_WORDS[command_word] in _MODIFIERS else 0
    line = " ".join([*others[:place], command_word, *others[place:]])
    return line if len(line) <= _MAX_SUGGESTED else command_word


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
