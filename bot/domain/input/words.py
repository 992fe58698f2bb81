"""The words of a typed text: commands, labels, words that may be ids, and prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from bot.domain.input.commands import COMMAND_WORDS, MODIFIERS, Command, command_of
from bot.domain.input.found_ids import PHONE_IN_PROSE, WRITTEN
from bot.domain.input.id_forms import BARE_PHONE, MIN_DOUBTFUL, SANDBOX, has_digit
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
from bot.domain.input.readable import MAX_READ, bare, readable, whole_ids, whole_words
from bot.domain.input.written_numbers import WrittenNumber, read_number

# Never an IDMSG: a code, or the result as a card shows it.
CODE_OR_RESULT: Final = re.compile(
    r"(?:(?:sip|gateway|failed|error|blocked|machine):|(?!000))[0-9]{3}|ok:[0-9][0-9.]*",
    re.IGNORECASE,
)

_MOST_WORDS: Final = 2_000
# A command word is one without a blank behind its sign too: `avisar:MPG000236180474`.
_SIGNED_COMMAND: Final = rf"(?<![^\s,;|])(?:{'|'.join(COMMAND_WORDS)})(?=[:!]+[^\W_])"
# A phone number and a number of a spreadsheet stay one word, whatever they contain.
_WORD: Final = re.compile(
    rf"{DRESSED_PHONE.pattern} | {WRITTEN.pattern}"
    rf"| (?:r?[$€£]\ ?[0-9][0-9.,]*|{PHONE_IN_PROSE.pattern})(?=[^\w\s,;|]*(?:[\s,;|]|\Z))"
    rf"| {_SIGNED_COMMAND} | [^\s,;|]+",
    re.VERBOSE | re.IGNORECASE,
)
_FORCED: Final = re.compile(r"(?:id:)+(?=[^:])(.+)", re.IGNORECASE | re.DOTALL)
# Slack's names of people, channels and emoji, as they are typed.
_NAME: Final = re.compile(r"<?@\S+|\#[^\W\d]\S*|(?::[0-9a-z_+'-]{1,100}:)+")
_LABELS: Final = frozenset({"id", "ids", "idmsg", "idmsgs"})
_NEGATIONS: Final = frozenset(
    {
        *("not", "don't", "don\u2019t", "never", "without", "stop", "cancel"),
        *("nao", "nem", "nunca", "sem", "parar", "pare", "cancelar", "cancele"),
    }
)
# So far before a word stands what negates it, within its clause: "don't ever watch".
_REACH: Final = 2
_CLAUSE_ENDS: Final = re.compile(r"[.,;:!?\n]")
# The number of an entry of a list: 1. 2) [3] 4º
_LIST_MARK: Final = re.compile(r"[(\[]?[0-9]{1,3}[.):\]]+")
_DASH: Final = re.compile(r"\s*[-\u2014]\s")
# So long are the parts of A/B, two ids.
_LONG_PART: Final = 5
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
# A small number, an address, a date, a time, an amount, a tax number as it is written.
_NO_ID: Final = re.compile(
    r"""[0-9]{1,2} | 000 | \S*(?:@|://|\\)\S* | www\.\S*
      | [0-9]{1,4}(?:[./][0-9]{1,4}){1,2} | [0-9.,]*[.,][0-9]+
      | [0-9]{4}-[0-9]{2}-[0-9]{2}\S* | [0-9]{1,2}:[0-9]{2}\S*
      | (?:[0-9]{3}\.){2}[0-9]{3}-[0-9]{2} | [0-9]{2}(?:\.[0-9]{3}){2}/[0-9]{4}-[0-9]{2}""",
    re.VERBOSE,
)
_UNIT: Final = re.compile("[%$€£]")
# Inside an id that was shortened, masked, or not read correctly; inside JSON or XML.
_DAMAGE: Final = re.compile(r"""\.{2}|\*{2}|[\u2022\ufffd"{}<>]""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a typed text.

    Attributes:
        raw: as typed.
        bare: without the signs around it.
        end: the position behind it.
        command: the command that it names.
    """

    raw: str
    bare: str
    end: int
    command: Command | None

    @property
    def may_be_id(self) -> bool:
        """Whether it is no prose: it has a digit, or is one of the sandbox's ids, or forced."""
        inner = self.bare.removeprefix(SEND_PREFIX)
        marked = SANDBOX.fullmatch(inner) or _FORCED.fullmatch(unwrap(self.raw))
        return has_digit(inner) or marked is not None


class Typed:
    """A typed text, with what its words are.

    Attributes:
        text: in plain characters, without invisible ones.
        cut: there was more of it.
        words: without labels, names, signs, and the words `share` and `watch`.
        labelled: whether a word calls the others IDMSGs.
    """

    def __init__(self, text: str) -> None:
        plain = readable(whole_words(text, MAX_READ), most=MAX_READ + 1)
        self.text = whole_ids(whole_words(plain, MAX_READ))
        self.cut = max(len(text), len(plain)) > MAX_READ
        said = list(islice(self._said(), _MOST_WORDS))
        self.words = [word for word in said if not self._is_aside(word)]
        self.labelled = any(word.bare.lower() in _LABELS for word in said)
        self._modifiers = [(at, word) for at, word in enumerate(said) if word.command in MODIFIERS]
        self._all = said

    def _said(self) -> Iterator[Word]:
        for match in _WORD.finditer(self.text):
            raw = match[0]
            if (inner := bare(raw)) and not _NAME.fullmatch(raw):
                yield Word(raw=raw, bare=inner, end=match.end(), command=command_of(inner))

    @staticmethod
    def _is_aside(word: Word) -> bool:
        return word.command in MODIFIERS or word.bare.lower() in _LABELS

    def after(self, word: Word) -> str:
        """The text behind the word, as typed."""
        return self.text[word.end :].strip()

    @property
    def modifiers(self) -> list[str]:
        """The words `share` and `watch`, as typed."""
        return [word.bare for _, word in self._modifiers]

    @property
    def watch(self) -> bool:
        """Whether the calls are to be watched: said anywhere, and not negated right there."""
        return any(
            word.command is Command.WATCH and not self._is_negated(at)
            for at, word in self._modifiers
        )

    def _is_negated(self, at: int) -> bool:
        start = self._all[at].end - len(self._all[at].raw)
        return any(
            folded(word.bare) in _NEGATIONS
            and not _CLAUSE_ENDS.search(self.text, word.end - 1, start)
            for word in self._all[max(0, at - _REACH) : at]
        )

    @property
    def share(self) -> bool:
        """Whether the answer is to be shared: said first, last, or after an id, and not negated.

        "The customers do not share MPG000236180474" shows nothing to a channel.
        """
        if any(folded(word.bare) in _NEGATIONS for word in self._all):
            return False
        last = len(self._all) - 1
        return any(
            word.command is Command.SHARE and (at in {0, last} or self._follows_id(at))
            for at, word in self._modifiers
        )

    def _follows_id(self, at: int) -> bool:
        before = self._all[at - 1]
        return before.may_be_id or before.command in MODIFIERS

    @cached_property
    def forced(self) -> list[MessageId]:
        """What the user marked as an id with `id:`, whatever its form."""
        read = (_forced(word) for word in self._all)
        return [one for one in read if isinstance(one, MessageId)]

    @cached_property
    def prose(self) -> int:
        """How many words are no ids, not counting single letters."""
        return sum(len(word.bare) > 1 and not word.may_be_id for word in self.words)

    def ids(self) -> Iterator[tuple[Word, MessageId | IdProblem]]:
        """Each word that may be an id, as an id, or why it is none."""
        words = [word for word in self.words if word.may_be_id]
        long = any(len(word.bare) >= MIN_DOUBTFUL for word in words)
        for word in words:
            if len(words) > 1 and self._is_mark(word, long=long):
                continue
            if BARE_PHONE.fullmatch(word.bare):
                yield word, IdProblem.PHONE
            else:
                yield from ((word, one) for one in _ids_in(word))

    def _is_mark(self, word: Word, *, long: bool) -> bool:
        """Whether it only numbers an entry; beside a long word, any short number does."""
        if not _SHORT_NUMBER.fullmatch(word.bare):
            return False
        marked = _LIST_MARK.fullmatch(word.raw) or _DASH.match(self.text, word.end)
        return long or marked is not None


def _forced(word: Word) -> MessageId | IdProblem | None:
    marked = _FORCED.fullmatch(unwrap(word.raw))
    return None if marked is None else _read(unwrap(marked[1]), forced=True)


def _ids_in(word: Word) -> Iterator[MessageId | IdProblem]:
    if (forced := _forced(word)) is not None:
        yield forced
        return
    if (problem := _problem(word)) is not None:
        yield problem
    elif len(digits := _written(word).digits) >= MIN_DOUBTFUL:
        yield _read(digits)
    elif not _is_something_else(word):
        parts = word.bare.split("/")
        long = all(len(part) >= _LONG_PART and has_digit(part) for part in parts)
        yield from map(_read, parts if long else [word.bare])


def _is_something_else(word: Word) -> bool:
    forms = (WRITTEN, CODE_OR_RESULT, _NO_ID)
    known = any(form.fullmatch(word.bare) for form in forms)
    return known or bool(_UNIT.search(word.raw) or _DAMAGE.search(word.bare))


def _problem(word: Word) -> IdProblem | None:
    """What the word surely is, if that is no id."""
    if _written(word).rounded:
        return IdProblem.ROUNDED
    phone = DRESSED_PHONE.fullmatch(unwrap(word.raw)) or PHONE_IN_PROSE.fullmatch(word.raw)
    return IdProblem.PHONE if phone else None


def _written(word: Word) -> WrittenNumber:
    """The number, if a spreadsheet wrote it."""
    return (WRITTEN.fullmatch(word.bare) and read_number(word.bare)) or WrittenNumber()


def _read(word: str, *, forced: bool = False) -> MessageId | IdProblem:
    try:
        return parse_typed(word, forced=forced)
    except InvalidMessageIdError as error:
        return error.problem
