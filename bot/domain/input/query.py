"""What a person types, anywhere, as one of a few queries.

A command word, in either language, may come first. Otherwise the text is about calls: the ids in
it that are certain, and only they; if there are none, the words that hold a digit. A word without
a digit is no id, nor is a phone number; `id:X` forces that reading. `share` and `watch` stand
before or after the ids. Words in the form of a code or of a result, such as `failed:486`, are
explained. What is left is nothing that can be read without the words of a language:
`bot.domain.texts.intents`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from bot.domain.input.commands import Command, meant
from bot.domain.input.found_ids import MAX_FOUND, FoundIds, find_ids
from bot.domain.input.id_forms import GATEWAY_FORM, MIN_DOUBTFUL, SLACK_ID, has_digit
from bot.domain.input.message_id import SEND_PREFIX, IdProblem, MessageId
from bot.domain.input.readable import MAX_READ
from bot.domain.input.words import CODE_OR_RESULT, Typed, Word

MAX_IDS: Final = 10

# A line of more words is a sentence, whose first word is no slip of a command word.
_SHORT_LINE: Final = 3
# Beside so few words of prose, a short word with a digit is meant as an id: `check 4711`.
_LITTLE_PROSE: Final = 3
_SHORTEST_BESIDE_PROSE: Final = 4
_MAX_SHOWN: Final = 40
_MOST_SAID: Final = 300
# A single id that is neither a phone, nor a code, nor a hash.
_ONE_ID: Final = re.compile(r"[A-Za-z]{2,8}[0-9]{8,20}")
_DIGITS: Final = re.compile("[0-9]+")
# MPG000236180474/475; from MPG000236180474 to 480, or to another IDMSG.
_RANGE: Final = re.compile(
    rf"(?<![\w/]){GATEWAY_FORM}"
    rf"(?:/[0-9]{{1,6}}|\s+(?:a|à|ate|até|to|until|through)\s+(?:{GATEWAY_FORM}|[0-9]{{3,6}}))(?![\w/])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadWord:
    """A word that is not an IDMSG, bounded for display, and why."""

    word: str
    problem: IdProblem

    @property
    def forceable(self) -> str:
        """The word as `id:` takes it, if it may be an IDMSG after all; else empty."""
        if self.problem is IdProblem.PHONE:
            return "".join(_DIGITS.findall(self.word))
        return self.word if self.problem is IdProblem.UNLIKE else ""


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
    """More ids than one command takes; a list takes them.

    Attributes:
        count: how many were found.
        more: there are more than these.
    """

    count: int
    ids: tuple[MessageId, ...] = field(default=(), compare=False)
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DidYouMean:
    """A first word that nearly matches a command word.

    Attributes:
        word: the word as typed.
        suggestion: the whole line to type instead.
    """

    word: str
    suggestion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command word with the rest of the line.

    Attributes:
        assumed: no command word was typed; codes or results are explained, and the answer says
            how to look such a word up as an IDMSG.
    """

    command: Command
    argument: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """The text has neither ids nor a command; the user is shown how to ask.

    Attributes:
        said: the text, bounded.
        intent: what else it says, such as `thanks`, by `bot.domain.texts.intents`.
    """

    said: str = field(default="", compare=False)
    intent: str = ""


Query = LookUp | TooMany | DidYouMean | Run | Nothing


def parse_query(text: str, beside: Iterable[str] = ()) -> Query:
    """Parse what was typed to the bot; any text yields a query, never an error.

    Args:
        text: without Slack's markup.
        beside: the other texts of the same message, in which there are only ids; they are read as
            far as the length of a message allows.
    """
    if _ONE_ID.fullmatch(text) and not SLACK_ID.fullmatch(text) and not beside:
        # What people type most. The long way gives the same, and takes a tenth of a look-up.
        return LookUp(ids=(MessageId(text),))
    typed = Typed(text)
    if run := _command(typed):
        return run
    found = find_ids([typed.text], shortest=_SHORTEST_BESIDE_PROSE)
    others = find_ids(beside, most=MAX_READ - len(typed.text))
    ids = tuple(dict.fromkeys((*found.ids, *others.ids)))
    if not (ids or typed.forced) and (slip := _slip(typed)):
        return slip
    more = found.more or others.more or len(ids) > MAX_FOUND
    return _ids(typed, replace(found, ids=ids[:MAX_FOUND], more=more))


def parse_ids(text: str) -> LookUp | TooMany | Nothing:
    """Parse the ids that were typed where there are no commands: in a form, in a terminal."""
    typed = Typed(text)
    return _ids(typed, find_ids([typed.text], shortest=_SHORTEST_BESIDE_PROSE))


def ranges_in(text: str) -> Iterator[str]:
    """Where only some of several IDMSGs are written in full; bounded for display."""
    return (one[0][:_MAX_SHOWN] for one in _RANGE.finditer(text))


def _command(typed: Typed) -> Run | None:
    if not typed.words:
        return None
    first, *others = typed.words
    argument = " ".join(word.bare for word in others)
    if first.command is Command.BULK and (not others or any(one.may_be_id for one in others)):
        return Run(command=first.command, argument=typed.after(first))
    if first.command and not _is_prose(first.command, argument):
        return Run(command=first.command, argument=argument)
    if not typed.labelled and all(CODE_OR_RESULT.fullmatch(word.bare) for word in typed.words):
        codes = " ".join(word.bare for word in typed.words)
        return Run(command=Command.EXPLAIN, argument=codes, assumed=True)
    return None


def _is_prose(command: Command, argument: str) -> bool:
    """Whether it is no command: as in "list of commands" or "explain MPG000236180474"."""
    about_call = command is Command.EXPLAIN and find_ids([argument]).ids
    return command is Command.BULK or bool(about_call)


def _slip(typed: Typed) -> DidYouMean | None:
    if not 1 <= len(typed.words) <= _SHORT_LINE:
        return None
    first, *others = typed.words
    nearest = None if first.command else meant(first.bare)
    if nearest is None:
        return None
    line = " ".join([nearest, *typed.modifiers, *(word.bare for word in others)])
    return DidYouMean(word=first.bare[:_MAX_SHOWN], suggestion=line)


def _ids(typed: Typed, found: FoundIds) -> LookUp | TooMany | Nothing:
    certain = dict.fromkeys((*found.ids, *typed.forced))
    if certain:
        # In a sentence, other words are prose, and are not reported as bad ids.
        bad = [] if typed.prose else [*_left_out(typed, certain)]
        bad += (BadWord(word=one, problem=IdProblem.RANGES) for one in ranges_in(typed.text))
        return _look_up(typed, certain, bad, more=found.more)
    if typed.prose:
        return _ids_in_prose(typed, found)
    ids: dict[MessageId, None] = {}
    bad_words: list[BadWord] = []
    for word, one in typed.ids():
        if isinstance(one, IdProblem):
            bad_words.append(_bad(word, one))
        else:
            ids[one] = None
    return _look_up(typed, ids, bad_words, more=found.more or len(ids) > MAX_FOUND)


def _left_out(typed: Typed, ids: Collection[MessageId]) -> Iterator[BadWord]:
    """The words that would be ids if they had the form of the others; phones stand beside many."""
    for word, one in typed.ids():
        if not (one is IdProblem.PHONE or one in ids or find_ids([word.raw]).ids):
            yield _bad(word, one if isinstance(one, IdProblem) else IdProblem.UNLIKE)


def _ids_in_prose(typed: Typed, found: FoundIds) -> LookUp | TooMany | Nothing:
    shortest = _SHORTEST_BESIDE_PROSE if typed.prose <= _LITTLE_PROSE else MIN_DOUBTFUL
    words = (word for word in found.doubtful if has_digit(word) and len(word) >= shortest)
    ids = dict.fromkeys(map(MessageId, words))
    surely_none = {IdProblem.PHONE, IdProblem.ROUNDED}
    bad = () if ids else (_bad(word, one) for word, one in typed.ids() if one in surely_none)
    return _look_up(typed, ids, bad, more=found.more)


def _look_up(
    typed: Typed, ids: Mapping[MessageId, None], bad_words: Iterable[BadWord], *, more: bool
) -> LookUp | TooMany | Nothing:
    if len(ids) > MAX_IDS:
        found = tuple(ids)[:MAX_FOUND]
        return TooMany(count=len(found), ids=found, more=more or typed.cut)
    bad = tuple(islice(bad_words, MAX_IDS))
    if not (ids or bad):
        return Nothing(said=typed.text[:_MOST_SAID])
    return LookUp(
        ids=tuple(ids),
        bad_words=bad,
        prefix_cut=any(f"{SEND_PREFIX}{one}" in typed.text for one in ids),
        share=typed.share,
        watch=typed.watch,
    )


def _bad(word: Word, problem: IdProblem) -> BadWord:
    return BadWord(word=word.raw[:_MAX_SHOWN], problem=problem)
